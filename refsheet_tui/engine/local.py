"""The engine on this machine: llama.cpp in a child process, started again whenever it dies."""

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
from refsheet_tui.engine.ladder import Ladder, SafeModes
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
from refsheet_tui.paths import log_dir, state_dir
from refsheet_tui.prompting import Prompt

_LAST = (ModelInfo, Tokenized, Finished, Done, Failed)
# Where the engine is, by what it told last; before that it takes a request in.
_PLACES: dict[type, str] = {Loading: "load", Looking: "look", Reading: "read", TextDelta: "write"}
# Seconds without a sign of life until it is taken for dead. A picture takes the slowest machines a
# minute to read.
_PATIENCE_S = 180.0


class LocalEngine:
    """An `Engine`. A second request waits until the first is answered."""

    def __init__(self, logs: Path | None = None, patience_s: float = _PATIENCE_S) -> None:
        """`logs` is where the engine process's logs go, the program's log folder by default.
        `patience_s`: how long it may show no sign of life."""
        self._logs = logs
        self._patience_s = patience_s
        self._process: EngineProcess | None = None
        self._ladder: Ladder | None = None
        self._turn = asyncio.Lock()
        self._ids = count(1)
        self._running: Envelope | None = None
        self._place = "load"
        self._was_heard = False
        self._prewarm: Prewarm | None = None
        self._closings = 0

    @property
    def pid(self) -> int | None:
        """The process that llama.cpp runs in, while there is one."""
        return self._process.pid if self._process else None

    async def load(
        self, settings: LoadSettings, on_progress: Callable[[Loading], None] = lambda _: None
    ) -> ModelInfo:
        """See `Engine.load`. A `cancel` meanwhile ends it with `EngineError`.

        Where the engine dies of it, safer settings are tried; those that were needed are
        remembered for this model on this machine.
        """
        self._end_prewarm()
        async with self._turn:
            asked, ladder = _absolute(settings), self._ladder
            if ladder is None or ladder.asked != asked:
                ladder = Ladder(asked, SafeModes(state_dir() / "safe-mode.json"))
            self._ladder = ladder
            async with aclosing(self._load(ladder)) as replies:
                async for reply in replies:
                    if isinstance(reply, ModelInfo):
                        return reply
                    on_progress(reply)
        raise AssertionError("loading ends with a model or an error")

    async def generate(
        self, prompt: Prompt, settings: GenerationSettings
    ) -> AsyncGenerator[Event, None]:
        """See `Engine.generate`."""
        async with aclosing(self._ask(Generate(prompt, settings))) as replies:
            async for reply in replies:
                if isinstance(reply, Loading | Looking | Reading | TextDelta | Finished):
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
        self._ladder = None
        process, self._process = self._process, None
        if process is not None:
            await process.end()

    async def _ask(self, request: Request) -> AsyncGenerator[Reply, None]:
        """What the engine process answers. Whoever stops listening early cancels.

        A process that died unnoticed is replaced first: nobody has lost anything by that.
        """
        if not isinstance(request, Prewarm):
            self._end_prewarm()
        async with self._turn:
            if isinstance(request, Prewarm) and request is not self._prewarm:
                return
            ladder = self._ladder
            if ladder is None:
                raise EngineError("No model is loaded.", "Load one first.")
            may_be_dead = self._process is not None
            while True:
                try:
                    async with aclosing(self._answers(ladder, request)) as replies:
                        async for reply in replies:
                            yield reply
                    return
                except EngineDiedError as error:
                    if self._was_heard or not may_be_dead:
                        ladder.died(self._place, error.problem)
                        raise
                    may_be_dead = False

    async def _answers(self, ladder: Ladder, request: Request) -> AsyncGenerator[Reply, None]:
        """Of a process that is loaded, or is loaded first."""
        if self._process is None or self._process.has_ended:
            async with aclosing(self._load(ladder)) as loading:
                async for progress in loading:
                    if isinstance(progress, Loading):
                        yield progress
        assert self._process is not None, "loading leaves a process or raises"
        async with aclosing(self._exchange(self._process, request)) as replies:
            async for reply in replies:
                yield reply
        if isinstance(request, Generate):
            ladder.went_well()

    async def _load(self, ladder: Ladder) -> AsyncGenerator[Loading | ModelInfo, None]:
        """Down the ladder until it holds."""
        while True:
            if self._ladder is not ladder:
                raise EngineError("The engine was closed.", "Load a model to go on.")
            process = await self._running_process()
            request = Load(ladder.settings)
            try:
                async with aclosing(self._exchange(process, request)) as replies:
                    async for reply in replies:
                        if isinstance(reply, ModelInfo):
                            ladder.loaded(reply.device)
                            yield replace(reply, safe_mode=ladder.words)
                        elif isinstance(reply, Loading):
                            yield reply
                return
            except EngineDiedError as error:
                if not ladder.died("load", error.problem):
                    raise EngineDiedError(
                        f"{error.problem} Safer settings did not help.",
                        "Choose another model, close other programs if memory is short, or "
                        "install the program again.",
                    ) from error

    async def _exchange(
        self, process: EngineProcess, request: Request
    ) -> AsyncGenerator[Reply, None]:
        """One request and its answers. Raises what it failed with, `EngineDiedError`."""
        id = next(self._ids)
        self._running = Envelope(id, request)
        process.send(self._running)
        answered = False
        self._place = "load" if isinstance(request, Load) else "read"
        self._was_heard = False
        try:
            while not answered:
                envelope = await process.receive(self._patience_s)
                # Replies to a request that nobody listens to any more are let go.
                reply = envelope.body
                if envelope.id != id or not isinstance(reply, Reply):
                    continue
                self._was_heard = True
                self._place = _PLACES.get(type(reply), self._place)
                answered = isinstance(reply, _LAST)
                if isinstance(reply, Failed):
                    raise reply.error()
                if not isinstance(reply, Alive):
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
        ended, self._prewarm = self._prewarm, None
        running, process = self._running, self._process
        if running is not None and running.body is ended and process is not None:
            process.send(Envelope(running.id, Cancel()))

    async def _running_process(self) -> EngineProcess:
        if self._process is not None and self._process.has_ended:
            await self._process.end()
            self._process = None
        if self._process is None:
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
