"""Run the command that a script in this folder stands for. Any Python 3 may run the script."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def run(command: str) -> None:
    """Replace this process by `refsheet models COMMAND` with the script's arguments."""
    program = Path(__file__).resolve().parent / "run"
    os.execv(program, [str(program), "models", command, *sys.argv[1:]])
