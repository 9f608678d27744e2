"""One request on its way through the engine process."""

from __future__ import annotations

import threading
from collections.abc import Callable

from refsheet_tui.engine.messages import Done, Envelope, Failed, Generate, Prewarm, Reply, Request
from refsheet_tui.engine.native.meter import Meter
from refsheet_tui.engine.native.stop import Stop
from refsheet_tui.errors import StoppedError
from refsheet_tui.i18n import _


class Job:
    """Answers once. After its answer it is silent, whatever is still being done for it.

    So a cancel is answered at once in every phase, by the thread that listens, while the thread
    that works may be inside of llama.cpp and can't be interrupted.
    """

    def __init__(self, id: int, request: Request, send: Callable[[Envelope], None]) -> None:
        self.id = id
        self.request = request
        self.stop = Stop()
        self.meter = Meter()
        self._send = send
        self._lock = threading.Lock()
        self._answered = False

    def report(self, reply: Reply) -> None:
        """Send what is not the end of the answer."""
        self._reply(reply, last=False)

    def answer(self, reply: Reply) -> None:
        """Send the end of the answer."""
        self._reply(reply, last=True)

    def cancel(self) -> None:
        self.stop.set()
        if isinstance(self.request, Generate):
            self.answer(self.meter.finished("cancelled"))
        elif isinstance(self.request, Prewarm):
            self.answer(Done())
        else:
            self.answer(Failed.of(StoppedError(_("The request was stopped."), _("Try it again."))))

    def abandon(self) -> None:
        """Stop, and say nothing: nobody listens any more."""
        with self._lock:
            self._answered = True
        self.stop.set()

    def _reply(self, reply: Reply, *, last: bool) -> None:
        with self._lock:
            if not self._answered:
                self._answered = last
                self._send(Envelope(self.id, reply))
