"""The engine on this machine: llama.cpp in a child process, started again whenever it dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from refsheet_tui.engine.engine import TokenizedPart
from refsheet_tui.engine.events import (
    Event,
    Finished,
    Loading,
    Looking,
    ModelInfo,
    Reading,
    SaferSettings,
    TextDelta,
    Timings,
)
from refsheet_tui.engine.keeper import Keeper, Listener
from refsheet_tui.engine.messages import (
    Generate,
    Load,
    Prewarm,
    Reply,
    Request,
    Snapshot,
    Tokenize,
    Tokenized,
)
from refsheet_tui.engine.settings import GenerationSettings, LoadSettings
from refsheet_tui.errors import EngineDiedError, GpuMemoryError, RefsheetError, StoppedError
from refsheet_tui.i18n import _
from refsheet_tui.prompting import Prompt

# Seconds without a sign of life until it is taken for dead. A step of reading takes the slowest
# machines some ten.
_PATIENCE_S = 60.0


@dataclass
class _Asked:
    """A request whose turn it is. None in `heard` ends its waiting for the model."""

    request: Request
    heard: Listener = field(default_factory=asyncio.Queue)
    stopped: bool = False


class LocalEngine:
    """An `Engine`. A second request waits until the first is answered."""

    def __init__(
        self,
        logs: Path | None = None,
        patience_s: float = _PATIENCE_S,
        safe_modes: Path | None = None,
    ) -> None:
        """`logs` is where the engine process's logs go, the program's log folder by default.
        `patience_s`: how long it may show no sign of life. `safe_modes`: the file that remembers
        which models need safer settings, by default the one in the program's state folder."""
        self._logs = logs
        self._keeper = Keeper(logs, patience_s, safe_modes)
        self._turn = asyncio.Lock()
        self._running: _Asked | None = None
        self._prewarm: Prewarm | None = None

    @property
    def pid(self) -> int | None:
        """The process that llama.cpp runs in, while there is one."""
        channel = self._keeper.channel
        return channel.process.pid if channel else None

    async def load(
        self, settings: LoadSettings, on_progress: Callable[[Loading], None] = lambda _: None
    ) -> ModelInfo:
        """See `Engine.load`. A `cancel` meanwhile ends it with `EngineError`.

        Where the engine dies of it, safer settings are tried; those that were needed are
        remembered for this model on this machine. Where it is loading the same again after a
        death, that is waited for.
        """
        self._end_prewarm()
        async with self._turn:
            request = Load(_absolute(settings))
            self._running = asked = _Asked(request)
            try:
                async with aclosing(self._keeper.load(request.settings, asked.heard)) as replies:
                    async for reply in replies:
                        if isinstance(reply, ModelInfo):
                            return reply
                        on_progress(reply)
            except asyncio.CancelledError:
                self._keeper.stop()
                raise
            finally:
                self._running = None
        raise AssertionError("loading ends with a model or an error")

    async def generate(
        self, prompt: Prompt, settings: GenerationSettings
    ) -> AsyncGenerator[Event, None]:
        """See `Engine.generate`."""
        async with aclosing(self._ask(Generate(prompt, settings))) as replies:
            async for reply in replies:
                if isinstance(reply, Event):
                    yield reply

    async def tokenize(self, prompt: Prompt) -> tuple[TokenizedPart, ...]:
        """See `Engine.tokenize`."""
        async with aclosing(self._ask(Tokenize(prompt))) as replies:
            async for reply in replies:
                if isinstance(reply, Tokenized):
                    return reply.parts
        raise AssertionError("a request ends with an answer or an error")

    async def prewarm(
        self, prompt: Prompt, on_event: Callable[[Event], None] = lambda _: None
    ) -> None:
        """See `Engine.prewarm`. A later call takes the place of an earlier one."""
        request = Prewarm(prompt)
        self._end_prewarm()
        self._prewarm = request
        with suppress(RefsheetError):
            await self._done(request, on_event)

    async def snapshot(self) -> None:
        """See `Engine.snapshot`."""
        await self._done(Snapshot())

    async def cancel(self) -> None:
        """See `Engine.cancel`."""
        if self._running is not None:
            self._stop(self._running)

    async def close(self) -> None:
        """See `Engine.close`. A request that is running ends with `EngineError`."""
        await self._keeper.close()

    async def _ask(self, request: Request) -> AsyncGenerator[Reply, None]:
        """What the engine process answers. Whoever stops listening early cancels.

        Where the GPU's memory runs out before a reply began, it is asked again with fewer layers
        on the GPU. A process that died unnoticed is replaced first: nobody has lost anything by
        that.
        """
        if not isinstance(request, Prewarm):
            self._end_prewarm()
        async with self._turn:
            if isinstance(request, Prewarm) and request is not self._prewarm:
                return
            self._running = asked = _Asked(request)
            try:
                async with aclosing(self._answers(asked)) as replies:
                    async for reply in replies:
                        yield reply
            finally:
                self._running = None

    async def _answers(self, asked: _Asked) -> AsyncGenerator[Reply, None]:
        may_be_dead = self._keeper.is_ready
        is_safer = has_text = False
        while True:
            async with aclosing(self._keeper.ready(asked.heard)) as loading:
                async for progress in loading:
                    yield progress
            if is_safer and self._keeper.ladder is not None:
                yield SaferSettings(self._keeper.ladder.words)
            if asked.stopped:
                if not isinstance(asked.request, Generate):
                    raise StoppedError(_("The request was stopped."), _("Try it again."))
                yield Finished("cancelled", 0, 0, 0, Timings())
                return
            channel = self._keeper.channel
            assert channel is not None, "it is ready, and nothing was awaited since"
            try:
                async with aclosing(channel.ask(asked.request)) as replies:
                    async for reply in replies:
                        has_text = has_text or isinstance(reply, TextDelta)
                        yield reply
            except GpuMemoryError:
                is_safer = self._keeper.gpu_memory_ran_out(channel)
                if has_text or not is_safer:
                    raise
            except EngineDiedError as error:
                if channel.was_heard or not may_be_dead:
                    is_safer = self._keeper.died(channel, error.record)
                    if has_text or not is_safer:
                        raise
                else:
                    self._keeper.was_dead(channel)
                    may_be_dead = False
            else:
                if isinstance(asked.request, Generate) and self._keeper.ladder is not None:
                    self._keeper.ladder.went_well()
                return

    async def _done(
        self, request: Request, on_event: Callable[[Event], None] = lambda _: None
    ) -> None:
        async with aclosing(self._ask(request)) as replies:
            async for reply in replies:
                if isinstance(reply, Loading | Looking | Reading):
                    on_event(reply)

    def _end_prewarm(self) -> None:
        """Something else is wanted now: end a prewarm that runs, forget one that waits."""
        ended, self._prewarm = self._prewarm, None
        if self._running is not None and self._running.request is ended:
            self._stop(self._running)

    def _stop(self, asked: _Asked) -> None:
        asked.stopped = True
        if isinstance(asked.request, Load):
            self._keeper.stop()
            return
        asked.heard.put_nowait(None)
        if self._keeper.channel is not None:
            self._keeper.channel.cancel(asked.request)


def _absolute(settings: LoadSettings) -> LoadSettings:
    """The engine process runs in another folder."""
    mmproj = settings.mmproj.absolute() if settings.mmproj else None
    return replace(settings, model=settings.model.absolute(), mmproj=mmproj)
