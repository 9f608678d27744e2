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

    def __init__(self, process: EngineProcess, timeout_s: float) -> None:
        """Talk to `process`, which may show no sign of life for `timeout_s` seconds."""
        self.process = process
        self.phase = "load"
        self.has_response = False
        self.has_ever_responded = False
        self._timeout_s = timeout_s
        self._request_ids = count(1)
        self._current_request: Envelope | None = None

    async def send_request(self, request: EngineRequest) -> AsyncGenerator[EngineResponse, None]:
        """Send a request and yield the responses. Closing the generator early cancels the request.

        Raises `EngineDiedError`, or the error that the request failed with.
        """
        request_id = next(self._request_ids)
        self._current_request = Envelope(request_id, request)
        self.phase = "load" if isinstance(request, LoadRequest) else "read"
        self.has_response = False
        is_answered = False
        try:
            self.process.send(self._current_request)
            while not is_answered:
                envelope = await self.process.receive(self._timeout_s)
                # Responses to an earlier request, which nobody listens to any more, are dropped.
                response = envelope.body
                if envelope.id != request_id or not isinstance(response, EngineResponse):
                    continue
                self.has_response = self.has_ever_responded = True
                self.phase = PHASE_BY_EVENT.get(type(response), self.phase)
                is_answered = isinstance(response, _FINAL_RESPONSES)
                if isinstance(response, RequestFailed):
                    raise response.to_error()
                if not isinstance(response, Heartbeat):
                    yield response
        except EngineDiedError:
            is_answered = True
            raise
        finally:
            self._current_request = None
            if not is_answered:
                self.process.send(Envelope(request_id, CancelRequest()))

    def cancel(self, request: EngineRequest) -> None:
        """Cancel `request`, if it is the one that the engine works on."""
        current = self._current_request
        if current is not None and current.body is request:
            self.process.send(Envelope(current.id, CancelRequest()))
