"""The engine on this machine: llama.cpp in a child process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

from refsheet_tui.engine.engine import TokenizedPart
from refsheet_tui.engine.events import (
    Event,
    Finished,
    Loading,
    Looking,
    ModelInfo,
    Reading,
    TextDelta,
)
from refsheet_tui.engine.messages import (
    Alive,
    Cancel,
    Done,
    Envelope,
    Failed,
    Generate,
    Load,
    Prewarm,
    Reply,
    Request,
    Snapshot,
    Tokenize,
    Tokenized,
)
from refsheet_tui.engine.process import EngineProcess
from refsheet_tui.engine.settings import GenerationSettings, LoadSettings
from refsheet_tui.errors import EngineDiedError, EngineError, RefsheetError
from refsheet_tui.paths import log_dir
from refsheet_tui.prompting import Prompt

_LAST = (ModelInfo, Tokenized, Finished, Done, Failed)


class LocalEngine:
    """An `Engine`. A second request waits until the first is answered."""

    def __init__(self, logs: Path | None = None) -> None:
        """`logs` is where the engine process's logs go, the program's log folder by default."""
        self._logs = logs
        self._process: EngineProcess | None = None
        self._turn = asyncio.Lock()
        self._ids = count(1)
        self._running: Envelope | None = None
        self._prewarm: Prewarm | None = None
        self._closings = 0

    @property
    def pid(self) -> int | None:
        """The process that llama.cpp runs in, while there is one."""
        return self._process.pid if self._process else None

    async def load(
        self, settings: LoadSettings, on_progress: Callable[[Loading], None] = lambda _: None
    ) -> ModelInfo:
        """See `Engine.load`. A `cancel` meanwhile ends it with `EngineError`."""
        async with aclosing(self._ask(Load(_absolute(settings)), start=True)) as replies:
            async for reply in replies:
                if isinstance(reply, Loading):
                    on_progress(reply)
                elif isinstance(reply, ModelInfo):
                    return reply
        raise AssertionError("a request ends with an answer or an error")

    async def generate(
        self, prompt: Prompt, settings: GenerationSettings
    ) -> AsyncGenerator[Event, None]:
        """See `Engine.generate`."""
        async with aclosing(self._ask(Generate(prompt, settings))) as replies:
            async for reply in replies:
                if isinstance(reply, Looking | Reading | TextDelta | Finished):
                    yield reply

    async def tokenize(self, prompt: Prompt) -> tuple[TokenizedPart, ...]:
        """See `Engine.tokenize`."""
        async with aclosing(self._ask(Tokenize(prompt))) as replies:
            async for reply in replies:
                if isinstance(reply, Tokenized):
                    return reply.parts
        raise AssertionError("a request ends with an answer or an error")

    async def prewarm(self, prompt: Prompt) -> None:
        """See `Engine.prewarm`. A later call takes the place of an earlier one."""
        request = Prewarm(prompt)
        self._end_prewarm()
        self._prewarm = request
        with suppress(RefsheetError):
            await self._done(request)

    async def snapshot(self) -> None:
        """See `Engine.snapshot`."""
        await self._done(Snapshot())

    async def cancel(self) -> None:
        """See `Engine.cancel`."""
        if self._running is not None and self._process is not None:
            self._process.send(Envelope(self._running.id, Cancel()))

    async def close(self) -> None:
        """See `Engine.close`. A request that is running ends with `EngineError`."""
        self._closings += 1
        process, self._process = self._process, None
        if process is not None:
            await process.end()

    async def _ask(self, request: Request, *, start: bool = False) -> AsyncGenerator[Reply, None]:
        """What the engine process answers. Whoever stops listening early cancels."""
        if not isinstance(request, Prewarm):
            self._end_prewarm()
        async with self._turn:
            if isinstance(request, Prewarm) and request is not self._prewarm:
                return
            process = await self._running_process(start=start)
            id = next(self._ids)
            self._running = Envelope(id, request)
            process.send(self._running)
            answered = False
            try:
                while not answered:
                    envelope = await process.receive()
                    # Replies to a request that nobody listens to any more are let go.
                    reply = envelope.body
                    if envelope.id != id or not isinstance(reply, Reply):
                        continue
                    if isinstance(reply, Alive):
                        continue
                    answered = isinstance(reply, _LAST)
                    if isinstance(reply, Failed):
                        raise reply.error()
                    yield reply
            except EngineDiedError:
                answered = True
                self._process = None
                raise
            finally:
                self._running = None
                if not answered:
                    process.send(Envelope(id, Cancel()))

    async def _done(self, request: Request) -> None:
        async with aclosing(self._ask(request)) as replies:
            async for _ in replies:
                pass

    def _end_prewarm(self) -> None:
        """Something else is wanted now: end a prewarm that runs, forget one that waits."""
        running, self._prewarm = self._prewarm, None
        if (
            self._running is not None
            and self._running.body is running
            and self._process is not None
        ):
            self._process.send(Envelope(self._running.id, Cancel()))

    async def _running_process(self, *, start: bool) -> EngineProcess:
        if self._process is None:
            if not start:
                raise EngineError("No model is loaded.", "Load one first.")
            closings = self._closings
            process = await EngineProcess.start(self._logs or log_dir())
            if self._closings != closings:
                await process.end()
                raise EngineError("The engine was closed.", "Load a model to go on.")
            self._process = process
        return self._process


def _absolute(settings: LoadSettings) -> LoadSettings:
    """The engine process runs in another folder."""
    mmproj = settings.mmproj.absolute() if settings.mmproj else None
    return replace(settings, model=settings.model.absolute(), mmproj=mmproj)
