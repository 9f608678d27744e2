"""Start, talk to and end the engine process, from the client's side."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

import refsheet_tui
from refsheet_tui.engine import logfile, wire
from refsheet_tui.engine.ipc_messages import Envelope
from refsheet_tui.engine.pixel_folder import PixelFolder
from refsheet_tui.engine.wire import WireError
from refsheet_tui.errors import EngineDiedError, EngineError
from refsheet_tui.i18n import N_, _, language

_MODULE = "refsheet_tui.engine.native"
# Variables that count only if a process starts with them. What the user has set comes first.
DEFAULT_ENVIRONMENT = {
    # How often a thread of GNU OpenMP looks whether the others are done before it sleeps. By
    # default it looks for milliseconds. If another program wants a core, too, all threads wait for
    # the one that was suspended: two engines on two cores took 20 s for what each does in 0.4 s.
    # With no other program, the lower value costs nothing.
    "GOMP_SPINCOUNT": "1000",
    # Put weights in pages of 2 MiB, where Linux gives them on request: on a virtual machine a 4B
    # model with its projector loads in 0.8 to 2 s instead of 3.2 to 5, and its memory is freed
    # faster after a crash.
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}
# Bytes of one message from the engine; the longest are tokenized prompts.
_LINE_LIMIT = 64 * 1024 * 1024
# Seconds. A busy engine ends within milliseconds of being asked; an idle one first saves what it
# read, which takes 1.2 s for 4,096 tokens of a 4B model.
_EXIT_TIMEOUT_S = 2.0
_KILL_TIMEOUT_S = 1.0
_RECHECK_S = 0.5


class _ExitReason(NamedTuple):
    """The reason why the process ended. `detail` fills the placeholder in `template`."""

    template: str
    detail: str = ""


class EngineProcess:
    """A child process with pipes, a log and a folder for pixels."""

    def __init__(self, process: Process, folder: tempfile.TemporaryDirectory[str], log: Path):
        self._process = process
        self._folder = folder
        self._pixels = PixelFolder(Path(folder.name))
        self._is_terminated = False
        self.log = log

    @classmethod
    async def start(cls, log_dir: Path) -> EngineProcess:
        """Start an engine process. Raises `EngineError` when the system won't start it."""
        try:
            with ExitStack() as undo:
                folder = tempfile.TemporaryDirectory(prefix="refsheet-")
                undo.callback(folder.cleanup)
                log = logfile.create_log(log_dir)
                with log.open("ab") as stderr:
                    process = await _spawn(Path(folder.name), stderr)
                undo.pop_all()
        except OSError as error:
            raise EngineError(
                _("Can't start the engine: {reason}.").format(reason=error.strerror),
                _("Free up some memory and disk space, then try again."),
            ) from error
        return cls(process, folder, log)

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def send(self, envelope: Envelope) -> None:
        """Send a message without waiting. `receive` notices when the process is dead.

        Raises `EngineError` when pixels can't be written.
        """
        try:
            line = wire.encode(envelope, self._pixels)
        except OSError as error:
            raise EngineError(
                _("Can't pass the picture to the engine: {reason}.").format(reason=error.strerror),
                _("Free up some disk space, then try again."),
            ) from error
        stdin = self._process.stdin
        if stdin is not None and not stdin.is_closing():
            stdin.write(line)

    @property
    def has_exited(self) -> bool:
        """True if the process has ended."""
        return self._process.returncode is not None

    async def receive(self, timeout_s: float) -> Envelope:
        """Return the next message, for which it waits at most `timeout_s` seconds.

        Raises `EngineDiedError` when the process has ended or nothing comes in time; then this
        process can't be used any more. Raises `EngineError` when `terminate` was called meanwhile.
        """
        stdout = self._process.stdout
        assert stdout is not None
        try:
            line = await self._read_line(stdout, timeout_s)
            if line:
                return wire.decode(line, self._pixels)
            reason = None
        except TimeoutError:
            reason = _ExitReason(N_("no response for {what} s"), f"{timeout_s:.0f}")
            with suppress(ProcessLookupError):
                self._process.kill()
        except (WireError, OSError, ValueError):
            reason = _ExitReason(N_("invalid message received"))
        if self._is_terminated:
            raise EngineError(_("The engine has shut down."), _("Load a model to continue."))
        await self.terminate()
        raise self._make_died_error(reason or _exit_reason(self._process.returncode))

    async def _read_line(self, stdout: asyncio.StreamReader, timeout_s: float) -> bytes:
        """Read a line. Raises `TimeoutError`.

        This does not use `wait_for`: up to Python 3.11 that can swallow the cancelling of its task,
        from 3.12 on it gives up although a line has come. A client that was itself stopped for a
        while (ctrl+z) finds its clock run out and the lines waiting, so there is a second, short
        look.
        """
        read_task = asyncio.ensure_future(stdout.readline())
        try:
            for seconds in (timeout_s, _RECHECK_S):
                if (await asyncio.wait({read_task}, timeout=seconds))[0]:
                    return read_task.result()
        finally:
            read_task.cancel()
        raise TimeoutError

    async def terminate(self) -> None:
        """Ask the process to end, and kill it if it doesn't. Safe to call twice."""
        self._is_terminated = True
        stdin = self._process.stdin
        if stdin is not None:
            stdin.close()
        if not await self._wait_for_exit(_EXIT_TIMEOUT_S):
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._wait_for_exit(_KILL_TIMEOUT_S)
        self._folder.cleanup()

    async def _wait_for_exit(self, timeout_s: float) -> bool:
        try:
            await asyncio.wait_for(self._process.wait(), timeout_s)
        except TimeoutError:
            return False
        return True

    def _make_died_error(self, reason: _ExitReason) -> EngineDiedError:
        last_errors = logfile.last_errors(self.log)
        template = (
            N_("The engine stopped: {how}. Last output: {last} Log: {log}.")
            if last_errors
            else N_("The engine stopped: {how}. Log: {log}.")
        )
        english_reason = reason.template.format(what=reason.detail)
        translated_reason = _(reason.template).format(what=reason.detail)
        return EngineDiedError(
            _(template).format(how=translated_reason, last=last_errors, log=self.log),
            _("Try again."),
            template.format(how=english_reason, last=last_errors, log=self.log),
        )


async def _spawn(folder: Path, stderr: BinaryIO) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", _MODULE, str(folder), language()),
        stdin=PIPE,
        stdout=PIPE,
        stderr=stderr,
        # An empty folder, because Python imports from where a module is started.
        cwd=folder,
        env=child_environment(),
        limit=_LINE_LIMIT,
        # ctrl+c in the terminal is for the client.
        start_new_session=True,
    )


def child_environment() -> dict[str, str]:
    """Return the environment of the child process.

    It is this process's, and makes the child import the same code and die fast.
    """
    root = str(Path(refsheet_tui.__file__).resolve().parent.parent)
    python_path = os.environ.get("PYTHONPATH", "")
    # The child starts in another folder, where a relative path leads elsewhere.
    paths = [str(Path(path).absolute()) for path in python_path.split(os.pathsep) if path]
    return {
        **DEFAULT_ENVIRONMENT,
        **os.environ,
        "PYTHONPATH": os.pathsep.join([*paths, root]),
        # Without this ggml starts a debugger on itself when it aborts.
        "GGML_NO_BACKTRACE": "1",
    }


def _exit_reason(status: int | None) -> _ExitReason:
    if status is None:
        return _ExitReason(N_("connection closed"))
    if status >= 0:
        return _ExitReason(N_("exited with status {what}"), str(status))
    try:
        name = signal.Signals(-status).name
    except ValueError:
        return _ExitReason(N_("killed by signal {what}"), str(-status))
    if name == "SIGKILL":  # a signal that Windows does not have
        return _ExitReason(N_("killed by {what} (memory may have run out)"), name)
    return _ExitReason(N_("killed by {what}"), name)
