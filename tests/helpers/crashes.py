"""Ending a program in the middle of its work on files, as a power cut would."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

_EVENTS = ("os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "os.truncate", "os.fsync")
_CRASHED, _FAILED = 41, 42


def crashes_of(prepare: Callable[[int], Path], work: Callable[[Path], object]) -> Iterator[Path]:
    """Run `work` in processes that end before their first, second, … change to the file system.

    Nothing is cleaned up in them: no `finally` and no `with` block ends. The changes are those that
    Python reports to audit hooks: renaming, linking and removing files, and folders that are made
    and removed; and the moments at which a file is written to the disk.

    Args:
        prepare: Returns a folder for the process of a number, from 1.
        work: What to do with that folder.

    Yields:
        The folder of each process, when it has ended. The last one has done all of its work.
    """
    number, has_crashed = 0, True
    while has_crashed:
        number += 1
        folder = prepare(number)
        has_crashed = _run_until(number, partial(work, folder))
        yield folder


def _run_until(number: int, work: Callable[[], object]) -> bool:
    """Return True if the process has ended early. Raises `AssertionError` if `work` failed."""
    process = os.fork()
    if process == 0:
        left = number

        def count(event: str, _arguments: object) -> None:
            nonlocal left
            if event in _EVENTS:
                left -= 1
                if left == 0:
                    os._exit(_CRASHED)

        sys.addaudithook(count)
        write_to_disk = os.fsync

        def fsync(descriptor: int) -> None:
            count("os.fsync", ())
            write_to_disk(descriptor)

        os.fsync = fsync  # type: ignore[assignment]  # audit hooks don't report it
        try:
            work()
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(_FAILED)
        os._exit(0)
    _, status = os.waitpid(process, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, _CRASHED), f"ended with {code}"
    return code == _CRASHED
