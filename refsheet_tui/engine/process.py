"""The engine process as the client sees it: started, spoken to, ended, and mourned."""

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
from refsheet_tui.engine.messages import Envelope
from refsheet_tui.engine.pixels import PixelFolder
from refsheet_tui.engine.wire import WireError
from refsheet_tui.errors import EngineDiedError, EngineError
from refsheet_tui.i18n import N_, _, language

_MODULE = "refsheet_tui.engine.native"
# What only counts when a process starts with it; the person's own value comes first.
TUNED = {
    # How often a thread of GNU OpenMP looks whether the others are done before it sleeps. Usually
    # for milliseconds, and where another program wants a core too, all wait for the one that was
    # put aside: two engines on two cores took 20 s for what each does in 0.4 s. Alone it costs
    # nothing.
    "GOMP_SPINCOUNT": "1000",
    # Weights in pages of 2 MiB, where Linux gives them to who asks: on a virtual machine a 4B model
    # with its projector loads in 0.8 to 2 s instead of 3.2 to 5, and its memory is freed faster
    # after a crash.
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}
# Bytes of one message from the engine; the longest are tokenized prompts.
_LINE_LIMIT = 64 * 1024 * 1024
# Seconds. A busy engine ends within milliseconds of being asked; an idle one keeps what it read
# first, which takes 1.2 s for 4,096 tokens of a 4B model.
_GRACE = 2.0
_AFTER_KILL = 1.0
_SECOND_LOOK_S = 0.5


class _End(NamedTuple):
    """How it ended: `words` as the code has them, and `what` is put into them."""

    words: str
    what: str = ""


class EngineProcess:
    """One child process with pipes, a log and a folder for pixels."""

    def __init__(self, process: Process, folder: tempfile.TemporaryDirectory[str], log: Path):
        self._process = process
        self._folder = folder
        self._pixels = PixelFolder(Path(folder.name))
        self._ended = False
        self.log = log

    @classmethod
    async def start(cls, log_dir: Path) -> EngineProcess:
        """Raises `EngineError` when the system won't start it."""
        try:
            with ExitStack() as undo:
                folder = tempfile.TemporaryDirectory(prefix="refsheet-")
                undo.callback(folder.cleanup)
                log = logfile.create(log_dir)
                with log.open("ab") as stderr:
                    process = await _spawn(Path(folder.name), stderr)
                undo.pop_all()
        except OSError as error:
            raise EngineError(
                _("The engine process can't be started: {reason}.").format(reason=error.strerror),
                _("Free some memory and disk space, then try again."),
            ) from error
        return cls(process, folder, log)

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, envelope: Envelope) -> None:
        """Hand a message over without waiting. A dead process is noticed by `receive`.

        Raises `EngineError` when pixels can't be written.
        """
        try:
            line = wire.encode(envelope, self._pixels)
        except OSError as error:
            raise EngineError(
                _("A picture can't be handed to the engine: {reason}.").format(
                    reason=error.strerror
                ),
                _("Free some disk space, then try again."),
            ) from error
        stdin = self._process.stdin
        if stdin is not None and not stdin.is_closing():
            stdin.write(line)

    @property
    def has_ended(self) -> bool:
        return self._process.returncode is not None

    async def receive(self, patience_s: float) -> Envelope:
        """The next message. Raises `EngineDiedError`, after which this process is of no more
        use, also when nothing comes for so long; `EngineError` when `end` was called meanwhile."""
        stdout = self._process.stdout
        assert stdout is not None
        try:
            line = await self._line(stdout, patience_s)
            if line:
                return wire.decode(line, self._pixels)
            how = None
        except TimeoutError:
            how = _End(N_("it did not move for {what} s"), f"{patience_s:.0f}")
            with suppress(ProcessLookupError):
                self._process.kill()
        except (WireError, OSError, ValueError):
            how = _End(N_("it sent something that is not a message"))
        if self._ended:
            raise EngineError(_("The engine was closed."), _("Load a model to go on."))
        await self.end()
        raise self._died(how or _how(self._process.returncode))

    async def _line(self, stdout: asyncio.StreamReader, patience_s: float) -> bytes:
        """Raises `TimeoutError`.

        Not `wait_for`: up to Python 3.11 it can swallow the cancelling of its task, from 3.12 on it
        gives up although a line has come. A client that was itself stopped for a while (ctrl+z)
        finds its clock run out and the lines waiting, so there is a second, short look.
        """
        reading = asyncio.ensure_future(stdout.readline())
        try:
            for seconds in (patience_s, _SECOND_LOOK_S):
                if (await asyncio.wait({reading}, timeout=seconds))[0]:
                    return reading.result()
        finally:
            reading.cancel()
        raise TimeoutError

    async def end(self) -> None:
        """Ask the process to end, and kill it when it doesn't at once. Safe to call twice."""
        self._ended = True
        stdin = self._process.stdin
        if stdin is not None:
            stdin.close()
        if not await self._exited(_GRACE):
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._exited(_AFTER_KILL)
        self._folder.cleanup()

    async def _exited(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._process.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def _died(self, how: _End) -> EngineDiedError:
        last = logfile.last_complaints(self.log)
        words = (
            N_("The engine process ended: {how}. Its last words: {last} Its log is {log}.")
            if last
            else N_("The engine process ended: {how}. Its log is {log}.")
        )
        english = how.words.format(what=how.what)
        told = _(how.words).format(what=how.what)
        return EngineDiedError(
            _(words).format(how=told, last=last, log=self.log),
            _("It is started again by itself: go on, or try once more."),
            words.format(how=english, last=last, log=self.log),
        )


async def _spawn(folder: Path, stderr: BinaryIO) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", _MODULE, str(folder), language()),
        stdin=PIPE,
        stdout=PIPE,
        stderr=stderr,
        # An empty folder of our own: Python imports from where a module is started.
        cwd=folder,
        env=environment(),
        limit=_LINE_LIMIT,
        # ctrl+c in the terminal is for the client.
        start_new_session=True,
    )


def environment() -> dict[str, str]:
    """Ours, and what makes the child import the same code and die fast."""
    root = str(Path(refsheet_tui.__file__).resolve().parent.parent)
    given = os.environ.get("PYTHONPATH", "")
    # The child starts in another folder, where a relative path leads elsewhere.
    paths = [str(Path(path).absolute()) for path in given.split(os.pathsep) if path]
    return {
        **TUNED,
        **os.environ,
        "PYTHONPATH": os.pathsep.join([*paths, root]),
        # Without this ggml starts a debugger on itself when it aborts.
        "GGML_NO_BACKTRACE": "1",
    }


def _how(status: int | None) -> _End:
    if status is None:
        return _End(N_("it closed its pipe"))
    if status >= 0:
        return _End(N_("it exited with status {what}"), str(status))
    try:
        name = signal.Signals(-status).name
    except ValueError:
        return _End(N_("it was ended by signal {what}"), str(-status))
    if -status == signal.SIGKILL:
        return _End(N_("it was ended by {what}, perhaps because memory ran out"), name)
    return _End(N_("it was ended by {what}"), name)
