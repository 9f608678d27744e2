"""The engine process and the one request that it works on."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from itertools import count

from refsheet_tui.engine.events import Finished, Loading, Looking, ModelInfo, Reading, TextDelta
from refsheet_tui.engine.messages import (
    Alive,
    Cancel,
    Done,
    Envelope,
    Failed,
    Load,
    Reply,
    Request,
    Tokenized,
)
from refsheet_tui.engine.process import EngineProcess
from refsheet_tui.errors import EngineDiedError

_LAST = (ModelInfo, Tokenized, Finished, Done, Failed)
_PLACES: dict[type, str] = {Loading: "load", Looking: "look", Reading: "read", TextDelta: "write"}


class Channel:
    """Asks one thing at a time, and remembers how far the engine came with it.

    `place` is where it is by what it told last (`load`, `look`, `read`, `write`); `was_heard`
    whether it told anything of the latest request, `has_spoken` of any.
    """

    def __init__(self, process: EngineProcess, patience_s: float) -> None:
        """`patience_s`: how long the process may show no sign of life."""
        self.process = process
        self.place = "load"
        self.was_heard = False
        self.has_spoken = False
        self._patience_s = patience_s
        self._ids = count(1)
        self._running: Envelope | None = None

    async def ask(self, request: Request) -> AsyncGenerator[Reply, None]:
        """The answers. Whoever stops listening early cancels.

        Raises what the request failed with, `EngineDiedError`.
        """
        id = next(self._ids)
        self._running = Envelope(id, request)
        self.place = "load" if isinstance(request, Load) else "read"
        self.was_heard = False
        answered = False
        try:
            self.process.send(self._running)
            while not answered:
                envelope = await self.process.receive(self._patience_s)
                # Replies to a request that nobody listens to any more are let go.
                reply = envelope.body
                if envelope.id != id or not isinstance(reply, Reply):
                    continue
                self.was_heard = self.has_spoken = True
                self.place = _PLACES.get(type(reply), self.place)
                answered = isinstance(reply, _LAST)
                if isinstance(reply, Failed):
                    raise reply.error()
                if not isinstance(reply, Alive):
                    yield reply
        except EngineDiedError:
            answered = True
            raise
        finally:
            self._running = None
            if not answered:
                self.process.send(Envelope(id, Cancel()))

    def cancel(self, request: Request) -> None:
        """Stop `request`, if it is what the engine works on."""
        running = self._running
        if running is not None and running.body is request:
            self.process.send(Envelope(running.id, Cancel()))
