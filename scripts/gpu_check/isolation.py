"""Run a function in a process of its own: a driver may end the process that it computes in."""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TypeVar

from gpu_check.report import Check
from refsheet_tui.engine.logfile import last_complaints
from refsheet_tui.errors import RefsheetError

T = TypeVar("T")


def isolated(where: str, function: Callable[..., T], *arguments: object) -> T | Check:
    """Return what `function` returns, or a check that failed where it, or its process, ended."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "native.log"
        spawning = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, spawning, initializer=_log_to, initargs=(log,)) as pool:
            try:
                return pool.submit(function, *arguments).result()
            except BrokenProcessPool:
                reason = last_complaints(log) or "it said nothing"
                return Check(where, "computes to the end", f"died: {reason}", "", False)
            except RefsheetError as error:
                return Check(where, "computes to the end", str(error), "", False)


def _log_to(log: Path) -> None:
    """Keep what the native libraries print out of the table."""
    with log.open("ab") as file:
        os.dup2(file.fileno(), sys.stderr.fileno())
