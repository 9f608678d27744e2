"""A request on its way through the engine process."""

from __future__ import annotations

import threading
from collections.abc import Callable

from refsheet_tui.engine.ipc_messages import (
    EngineRequest,
    EngineResponse,
    Envelope,
    GenerateRequest,
    PrewarmRequest,
    RequestDone,
    RequestFailed,
)
from refsheet_tui.engine.native.cancel_token import CancelToken
from refsheet_tui.engine.native.reply_stats import ReplyStats
from refsheet_tui.errors import StoppedError
from refsheet_tui.i18n import _


class Job:
    """A request that is answered once.

    After its answer it sends nothing, even if work on it continues.

    So a cancel is answered at once in every phase, by the thread that listens, while the thread
    that works may be inside of llama.cpp and can't be interrupted.
    """

    def __init__(self, id: int, request: EngineRequest, send: Callable[[Envelope], None]) -> None:
        self.id = id
        self.request = request
        self.cancel_token = CancelToken()
        self.stats = ReplyStats()
        self._send = send
        self._lock = threading.Lock()
        self._is_answered = False

    def send_progress(self, response: EngineResponse) -> None:
        """Send a response that does not end the answer."""
        self._send_once(response, last=False)

    def send_answer(self, response: EngineResponse) -> None:
        """Send the response that ends the answer."""
        self._send_once(response, last=True)

    def cancel(self) -> None:
        self.cancel_token.cancel()
        if isinstance(self.request, GenerateRequest):
            self.send_answer(self.stats.make_finished_event("cancelled"))
        elif isinstance(self.request, PrewarmRequest):
            self.send_answer(RequestDone())
        else:
            self.send_answer(
                RequestFailed.from_error(
                    StoppedError(_("The request was canceled."), _("Try again."))
                )
            )

    def abandon(self) -> None:
        """Cancel the request without an answer, because nobody listens any more."""
        with self._lock:
            self._is_answered = True
        self.cancel_token.cancel()

    def _send_once(self, response: EngineResponse, *, last: bool) -> None:
        with self._lock:
            if not self._is_answered:
                self._is_answered = last
                self._send(Envelope(self.id, response))
