"""Keeps an engine process with the model that was asked for, whatever becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from refsheet_tui.engine.channel import Channel
from refsheet_tui.engine.events import Loading, ModelInfo
from refsheet_tui.engine.ladder import Ladder, SafeModes, safe_mode_file
from refsheet_tui.engine.messages import Load
from refsheet_tui.engine.process import EngineProcess
from refsheet_tui.engine.settings import LoadSettings
from refsheet_tui.errors import EngineDiedError, EngineError, StoppedError
from refsheet_tui.i18n import _
from refsheet_tui.paths import log_dir

# A process that comes up so often without a word does not die of what it is asked.
_MUTE = 2

Listener = asyncio.Queue[Loading | None]


class Keeper:
    """Loads in the background. Only one request at a time may use it."""

    def __init__(self, logs: Path | None, patience_s: float, safe_modes: Path | None) -> None:
        """See `LocalEngine`."""
        self._logs = logs
        self._safe_modes = safe_modes
        self._patience_s = patience_s
        self.channel: Channel | None = None
        self.ladder: Ladder | None = None
        self._info: ModelInfo | None = None
        self._loading: asyncio.Task[ModelInfo] | None = None
        self._load: Load | None = None
        self._goal: Ladder | None = None
        self._stopped = False
        self._listeners: set[Listener] = set()
        self._closings = 0

    @property
    def is_ready(self) -> bool:
        channel = self.channel
        return channel is not None and not channel.process.has_ended and self._info is not None

    async def load(
        self, settings: LoadSettings, heard: Listener
    ) -> AsyncGenerator[Loading | ModelInfo, None]:
        """Load in place of what is loaded, or wait for it where that is being done again.

        Where the engine dies of it, safer settings are tried. Raises `StoppedError` after `stop`,
        `EngineDiedError` when nothing helps, `WeightsError`; then what was loaded is loaded again
        when it is needed.
        """
        known = self.ladder
        goal = known if known is not None and known.asked == settings else None
        if goal is None or self._goal is not goal:
            self.stop()
        await self._settle()
        if self._loading is None:
            file = self._safe_modes or safe_mode_file()
            self._begin(goal or Ladder(settings, SafeModes(file)))
        async with aclosing(self._follow(heard)) as progress:
            async for each in progress:
                yield each
        if self._info is None:
            raise _closed()
        yield self._info

    async def ready(self, heard: Listener) -> AsyncGenerator[Loading, None]:
        """Ends when the model is loaded, or when None is put into `heard`; loads it again where
        the process is gone. Raises as `load` does."""
        await self._settle()
        if self._loading is None and not self.is_ready:
            if self.ladder is None:
                raise EngineError(_("No model is loaded."), _("Load one first."))
            self._begin(self.ladder)
        async with aclosing(self._follow(heard)) as progress:
            async for each in progress:
                yield each

    def stop(self) -> None:
        """End the loading."""
        if self._loading is not None:
            self._stopped = True
            if self.channel is not None and self._load is not None:
                self.channel.cancel(self._load)

    def died(self, channel: Channel, how: str) -> bool:
        """The process died of a request: start another at once.

        Returns whether it was the GPU's memory, of which the next takes less.
        """
        if channel is not self.channel or self.ladder is None:
            return False
        self._lose()
        of_gpu_memory = self.ladder.died_of_gpu_memory(how)
        if not of_gpu_memory:
            self.ladder.died(channel.place, how)
        self._begin(self.ladder)
        return of_gpu_memory

    def gpu_memory_ran_out(self, channel: Channel) -> bool:
        """Load again with fewer layers on the GPU. False where there are none."""
        if channel is not self.channel or self.ladder is None:
            return False
        if not self.ladder.gpu_memory_ran_out():
            return False
        self._info = None
        self._begin(self.ladder)
        return True

    def was_dead(self, channel: Channel) -> None:
        """The process had died before it was asked."""
        if channel is self.channel:
            self._lose()

    async def close(self) -> None:
        """End the process and the loading."""
        self._closings += 1
        channel, self.ladder = self.channel, None
        self._lose()
        if channel is not None:
            await channel.process.end()
        loading, self._loading = self._loading, None
        if loading is not None:
            await asyncio.wait({loading})

    def _lose(self) -> None:
        self.channel = self._info = None

    def _begin(self, goal: Ladder) -> None:
        self._stopped = False
        self._goal = goal
        self._loading = asyncio.create_task(self._load_with(goal, self._closings))
        self._loading.add_done_callback(self._loaded)

    def _loaded(self, loading: asyncio.Task[ModelInfo]) -> None:
        if not loading.cancelled():
            loading.exception()  # whoever asks next is told; perhaps nobody does
        self._tell(None)

    def _tell(self, progress: Loading | None) -> None:
        for listener in self._listeners:
            listener.put_nowait(progress)

    async def _settle(self) -> None:
        """Let a loading that was stopped come to its end."""
        if self._stopped and self._loading is not None:
            await asyncio.wait({self._loading})
            self._loading = None

    async def _follow(self, heard: Listener) -> AsyncGenerator[Loading, None]:
        loading = self._loading
        if loading is None:
            return
        self._listeners.add(heard)
        try:
            while not loading.done() and (progress := await heard.get()) is not None:
                yield progress
        finally:
            self._listeners.discard(heard)
        if loading.done():
            if self._loading is loading:
                self._loading = None
            loading.result()

    async def _load_with(self, ladder: Ladder, closings: int) -> ModelInfo:
        """Down the ladder until it holds."""
        mute = 0
        while True:
            channel = await self._running(closings)
            try:
                self._info = await self._try(channel, ladder)
            except EngineDiedError as error:
                self._lose()
                if not channel.has_spoken:
                    mute += 1
                    if mute == _MUTE:
                        raise
                elif channel.was_heard and not ladder.died("load", error.record):
                    raise EngineDiedError(
                        _("{problem} Safer settings did not help.").format(problem=error.problem),
                        _(
                            "Choose another model, close other programs if memory is short, or "
                            "install the program again."
                        ),
                    ) from error
            except EngineError:
                self._info = None  # what was loaded before has been freed
                raise
            else:
                self.ladder = ladder
                return self._info

    async def _try(self, channel: Channel, ladder: Ladder) -> ModelInfo:
        self._load = Load(ladder.settings)
        async with aclosing(channel.ask(self._load)) as replies:
            async for reply in replies:
                if isinstance(reply, ModelInfo):
                    ladder.loaded(reply.device, reply.gpu_share)
                    return replace(reply, safe_mode=ladder.words)
                if isinstance(reply, Loading):
                    self._tell(reply)
        raise AssertionError("loading ends with a model or an error")

    async def _running(self, closings: int) -> Channel:
        """The process that is there, or a new one."""
        if self._stopped:
            raise StoppedError(_("Loading was stopped."), _("Load a model to go on."))
        if self.channel is not None and self.channel.process.has_ended:
            await self.channel.process.end()
            self._lose()
        if self._closings != closings:
            raise _closed()
        if self.channel is None:
            process = await EngineProcess.start(self._logs or log_dir())
            if self._closings != closings:
                await process.end()
                raise _closed()
            self.channel = Channel(process, self._patience_s)
        return self.channel


def _closed() -> EngineError:
    return EngineError(_("The engine was closed."), _("Load a model to go on."))
