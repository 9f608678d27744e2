"""Start the program's processes from one that has already imported it.

Starting Python and importing the program takes most of the processor time of a short command, and
the tests start more than a thousand. So a fork server (of `multiprocessing`) imports it once, and
every command and every engine process is forked from there: a process of its own, with its own
arguments, environment, folder and file descriptors. Tests of how processes start, die and get
signals start real ones.

Only on Linux: elsewhere system libraries may not survive a fork.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import runpy
import sys
from asyncio import StreamReader, StreamReaderProtocol, StreamWriter
from asyncio.streams import FlowControlMixin
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from io import FileIO
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerProcess
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import Any, BinaryIO
from unittest.mock import patch

from refsheet_tui.engine import process as engine_process
from refsheet_tui.i18n import language

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["helpers.forked_modules"])


def start_server() -> None:
    """Start the fork server if it is not running, with the variables that matter at a start."""
    # If the server can't find the module, it silently imports nothing.
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
    with patch.dict(os.environ, {**engine_process.DEFAULT_ENVIRONMENT, **paths}):
        resource_tracker.ensure_running()
        forkserver.ensure_running()


def fork_module(
    module: str,
    arguments: Sequence[str],
    descriptors: Sequence[int],
    *,
    folder: Path,
    environment: dict[str, str],
    is_daemon: bool = False,
) -> ForkServerProcess:
    """Fork a process that runs `python -m module`.

    Args:
        module: The module.
        arguments: Its arguments.
        descriptors: Its standard input, output and error.
        folder: The folder that it runs in.
        environment: All its environment variables.
        is_daemon: It gets a session of its own, and ends with this process at the latest.
    """
    process = _CONTEXT.Process(
        target=_run_module,
        kwargs={
            "module": module,
            "arguments": list(arguments),
            "descriptors": _Descriptors(descriptors),
            "folder": str(folder),
            "environment": environment,
            "is_daemon": is_daemon,
        },
        daemon=is_daemon,
    )
    process.start()
    return process


class _Descriptors:
    """File descriptors that are passed to the forked process.

    They are duplicated when they are pickled, because `DupFd` works only while a process starts.
    """

    def __init__(self, numbers: Sequence[int]) -> None:
        self._numbers = numbers

    def __reduce__(self) -> tuple[Any, ...]:
        return _detach, ([DupFd(number) for number in self._numbers],)


def _detach(duplicates: Sequence[Any]) -> list[int]:
    return [each.detach() for each in duplicates]


def _run_module(
    module: str,
    arguments: list[str],
    descriptors: list[int],
    folder: str,
    environment: dict[str, str],
    is_daemon: bool,
) -> None:
    if is_daemon:
        os.setsid()
    for target, descriptor in enumerate(descriptors):
        os.dup2(descriptor, target)
    for descriptor in descriptors:
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    random.seed()  # the server's state would give every process the same numbers
    sys.stdin = os.fdopen(0, encoding="utf-8", errors="surrogateescape")
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="surrogateescape")
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1)
    engine_process._spawn = spawn_engine
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__")


class ForkedEngine:
    """The part of `asyncio.subprocess.Process` that `EngineProcess` uses."""

    def __init__(self, process: ForkServerProcess, stdin: StreamWriter, stdout: StreamReader):
        self._process = process
        self._has_exited = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(process.sentinel, self._on_exit)
        self.stdin = stdin
        self.stdout = stdout
        self.pid = process.pid

    def _on_exit(self) -> None:
        self._loop.remove_reader(self._process.sentinel)
        self._process.join()
        self._has_exited.set()

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode if self._has_exited.is_set() else None

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()

    async def wait(self) -> int | None:
        await self._has_exited.wait()
        return self.returncode


async def spawn_engine(folder: Path, stderr: BinaryIO) -> Any:
    """Start an engine process as `refsheet_tui.engine.process` does."""
    loop = asyncio.get_running_loop()
    stdout = StreamReader(engine_process._LINE_LIMIT)
    with ExitStack() as on_error:
        inbox, to_engine = map(on_error.enter_context, _open_pipe())
        from_engine, outbox = map(on_error.enter_context, _open_pipe())
        process = fork_module(
            engine_process._MODULE,
            [str(folder), language()],
            [inbox.fileno(), outbox.fileno(), stderr.fileno()],
            folder=folder,
            environment=engine_process.child_environment(),
            is_daemon=True,
        )
        on_error.callback(process.kill)
        transport, protocol = await loop.connect_write_pipe(FlowControlMixin, to_engine)
        await loop.connect_read_pipe(lambda: StreamReaderProtocol(stdout), from_engine)
        on_error.pop_all()
    inbox.close()
    outbox.close()
    return ForkedEngine(process, StreamWriter(transport, protocol, None, loop), stdout)


def _open_pipe() -> tuple[FileIO, FileIO]:
    reader, writer = os.pipe()
    return FileIO(reader, "rb"), FileIO(writer, "wb")
