"""Ctrl+C handling: stop the reply that is being written, or end the command."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from refsheet_tui.engine import Engine

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """A handler for SIGINT and SIGTERM.

    While a reply is written, a signal cancels the reply. At any other time it cancels the task
    that created this object.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._command_task = asyncio.current_task()
        self._is_replying = False
        self._cancel_task: asyncio.Task[None] | None = None
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._on_signal)

    @property
    def stopped_reply(self) -> bool:
        """True if the last reply was stopped."""
        return self._cancel_task is not None

    @contextmanager
    def reply(self) -> Iterator[None]:
        """Let signals stop the reply, instead of the command, inside the `with` block."""
        self._is_replying, self._cancel_task = True, None
        try:
            yield
        finally:
            self._is_replying = False

    def ignore_signals(self) -> None:
        """Ignore all further signals, so that nothing interrupts closing the engine.

        With the loop's handlers, a signal would write to a pipe that the loop has just closed.
        """
        self._command_task = None
        if sys.platform == "win32":
            return
        loop = asyncio.get_running_loop()
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def _on_signal(self) -> None:
        if self._is_replying and self._cancel_task is None:
            self._cancel_task = asyncio.ensure_future(self._engine.cancel())
        elif self._command_task is not None:
            self._command_task.cancel()


def restore_signals() -> None:
    """Let signals end the program again, after `Interrupts.ignore_signals`."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGTERM) is signal.SIG_IGN:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
