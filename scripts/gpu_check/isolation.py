"""Run a function in a process of its own, because a driver may end the process it computes in."""

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

from gpu_check.report import CheckRow
from refsheet_tui.engine import last_errors
from refsheet_tui.errors import RefsheetError

T = TypeVar("T")


def run_isolated(where: str, function: Callable[..., T], *arguments: object) -> T | CheckRow:
    """Return the result of `function`, or a failed check if it or its process fails."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "native.log"
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, context, initializer=_redirect_stderr, initargs=(log,)) as pool:
            try:
                return pool.submit(function, *arguments).result()
            except BrokenProcessPool:
                reason = last_errors(log) or "it said nothing"
                return CheckRow(where, "computes to the end", f"died: {reason}", "", False)
            except RefsheetError as error:
                return CheckRow(where, "computes to the end", str(error), "", False)


def _redirect_stderr(log: Path) -> None:
    """Keep the output of the native libraries out of the table."""
    with log.open("ab") as file:
        os.dup2(file.fileno(), sys.stderr.fileno())
