"""The engine process and the one request that it works on."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from itertools import count

from refsheet_tui.engine.events import (
    PHASE_BY_EVENT,
    ModelInfo,
    ReplyFinished,
)
from refsheet_tui.engine.ipc_messages import (
    CancelRequest,
    EngineRequest,
    EngineResponse,
    Envelope,
    Heartbeat,
    LoadRequest,
    RequestDone,
    RequestFailed,
    TokenizeResult,
)
from refsheet_tui.engine.process import EngineProcess
from refsheet_tui.errors import EngineDiedError

_FINAL_RESPONSES = (ModelInfo, TokenizeResult, ReplyFinished, RequestDone, RequestFailed)


class RequestChannel:
    """A channel to an engine process, for one request at a time.

    `phase` is what the engine did last: `load`, `look`, `read` or `write`. `has_response` is True
    if the engine has responded to the latest request, `has_ever_responded` if it has to any.
    """

    def __init__(self, process: EngineProcess, patience_s: float) -> None:
        """Talk to `process`, which may show no sign of life for `patience_s` seconds."""
        self.process = process
        self.phase = "load"
        self.has_response = False
        self.has_ever_responded = False
        self._timeout_s = patience_s
        self._request_ids = count(1)
        self._current_request: Envelope | None = None

    async def send_request(self, request: EngineRequest) -> AsyncGenerator[EngineResponse, None]:
        """Send a request and yield the responses. Closing the generator early cancels the request.

        Raises `EngineDiedError`, or the error that the request failed with.
        """
        id = next(self._request_ids)
        self._current_request = Envelope(id, request)
        self.phase = "load" if isinstance(request, LoadRequest) else "read"
        self.has_response = False
        answered = False
        try:
            self.process.send(self._current_request)
            while not answered:
                envelope = await self.process.receive(self._timeout_s)
                # Responses to an earlier request, which nobody listens to any more, are dropped.
                reply = envelope.body
                if envelope.id != id or not isinstance(reply, EngineResponse):
                    continue
                self.has_response = self.has_ever_responded = True
                self.phase = PHASE_BY_EVENT.get(type(reply), self.phase)
                answered = isinstance(reply, _FINAL_RESPONSES)
                if isinstance(reply, RequestFailed):
                    raise reply.to_error()
                if not isinstance(reply, Heartbeat):
                    yield reply
        except EngineDiedError:
            answered = True
            raise
        finally:
            self._current_request = None
            if not answered:
                self.process.send(Envelope(id, CancelRequest()))

    def cancel(self, request: EngineRequest) -> None:
        """Cancel `request`, if it is the one that the engine works on."""
        running = self._current_request
        if running is not None and running.body is request:
            self.process.send(Envelope(running.id, CancelRequest()))
