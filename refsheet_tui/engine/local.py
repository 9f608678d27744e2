"""The engine on this machine: llama.cpp in a child process, started again whenever it dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from refsheet_tui.engine.engine import TokenizedPart
from refsheet_tui.engine.events import (
    EngineEvent,
    LoadProgress,
    ModelInfo,
    PictureProgress,
    PromptProgress,
    ReplyFinished,
    SaferSettings,
    TextDelta,
    Timings,
)
from refsheet_tui.engine.ipc_messages import (
    EngineRequest,
    EngineResponse,
    GenerateRequest,
    LoadRequest,
    PrewarmRequest,
    SnapshotRequest,
    TokenizeRequest,
    TokenizeResult,
)
from refsheet_tui.engine.settings import GenerationSettings, LoadSettings
from refsheet_tui.engine.supervisor import EngineSupervisor, LoadProgressQueue
from refsheet_tui.errors import EngineDiedError, GpuMemoryError, RefsheetError, StoppedError
from refsheet_tui.i18n import _
from refsheet_tui.prompting import Prompt

# Seconds without a sign of life until the process is taken for dead. A step of reading takes the
# slowest machines some ten.
_HEARTBEAT_TIMEOUT_S = 60.0


@dataclass
class _PendingRequest:
    """A request whose turn it is. None in `load_progress` ends its waiting for the model."""

    request: EngineRequest
    load_progress: LoadProgressQueue = field(default_factory=asyncio.Queue)
    is_stopped: bool = False


class LocalEngine:
    """An `Engine` on this machine. A second request waits until the first is answered."""

    def __init__(
        self,
        log_folder: Path | None = None,
        timeout_s: float = _HEARTBEAT_TIMEOUT_S,
        safe_mode_file: Path | None = None,
    ) -> None:
        """Make an engine without starting its process.

        Args:
            log_folder: The folder for the engine process's logs; by default the program's log
                folder.
            timeout_s: How many seconds the process may show no sign of life.
            safe_mode_file: The file that remembers which models need safer settings; by default the
                one in the program's state folder.
        """
        self._log_folder = log_folder
        self._supervisor = EngineSupervisor(log_folder, timeout_s, safe_mode_file)
        self._request_lock = asyncio.Lock()
        self._current_request: _PendingRequest | None = None
        self._latest_prewarm: PrewarmRequest | None = None

    @property
    def pid(self) -> int | None:
        """The id of the process that llama.cpp runs in; None when there is none."""
        channel = self._supervisor.channel
        return channel.process.pid if channel else None

    async def load(
        self, settings: LoadSettings, on_progress: Callable[[LoadProgress], None] = lambda _: None
    ) -> ModelInfo:
        """Load a model, as `Engine.load` does.

        If the engine dies of it, safer settings are tried. Those that were needed are remembered
        for this model on this machine. If the same model is already being loaded again after a
        death, this waits for that.

        Args:
            settings: The files to load, and how to run them.
            on_progress: Called each time the engine reports how far it is.

        Returns:
            The model that was loaded.

        Raises:
            WeightsError: A file can't be used.
            StoppedError: `cancel` was called meanwhile.
            EngineDiedError: The engine died with the safest settings, too.
            EngineError: The model can't be loaded.
        """
        self._cancel_prewarm()
        async with self._request_lock:
            request = LoadRequest(_with_absolute_paths(settings))
            self._current_request = pending = _PendingRequest(request)
            try:
                async with aclosing(
                    self._supervisor.load(request.settings, pending.load_progress)
                ) as responses:
                    async for response in responses:
                        if isinstance(response, ModelInfo):
                            return response
                        on_progress(response)
            except asyncio.CancelledError:
                self._supervisor.stop_loading()
                raise
            finally:
                self._current_request = None
        raise AssertionError("loading ends with a model or an error")

    def generate(
        self, prompt: Prompt, settings: GenerationSettings
    ) -> AsyncGenerator[EngineEvent, None]:
        """Read the prompt and write a reply; see `Engine.generate`."""
        # Every reply to this request is an event.
        return cast(
            "AsyncGenerator[EngineEvent, None]",
            self._send_request(GenerateRequest(prompt, settings)),
        )

    async def tokenize(self, prompt: Prompt) -> tuple[TokenizedPart, ...]:
        """Split the prompt into token ids; see `Engine.tokenize`."""
        async with aclosing(self._send_request(TokenizeRequest(prompt))) as responses:
            async for response in responses:
                if isinstance(response, TokenizeResult):
                    return response.parts
        raise AssertionError("a request ends with an answer or an error")

    async def prewarm(
        self, prompt: Prompt, on_event: Callable[[EngineEvent], None] = lambda _: None
    ) -> None:
        """Read what a later prompt will begin with; see `Engine.prewarm`.

        A later call replaces an earlier one.
        """
        request = PrewarmRequest(prompt)
        self._cancel_prewarm()
        self._latest_prewarm = request
        with suppress(RefsheetError):
            await self._send_and_wait(request, on_event)

    async def snapshot(self) -> None:
        """Save what was read to disk; see `Engine.snapshot`."""
        await self._send_and_wait(SnapshotRequest())

    async def cancel(self) -> None:
        """Ask the running request to stop; see `Engine.cancel`."""
        if self._current_request is not None:
            self._stop_request(self._current_request)

    async def close(self) -> None:
        """End the engine process; see `Engine.close`. A running request ends with `EngineError`."""
        await self._supervisor.close()

    async def _send_request(self, request: EngineRequest) -> AsyncGenerator[EngineResponse, None]:
        """Yield the engine process's responses. Closing the generator early cancels the request.

        If the GPU's memory runs out before a reply began, the request is sent again with fewer
        layers on the GPU. A process that died unnoticed is replaced first: nothing is lost by that.
        """
        async with self._take_turn(request) as pending:
            if pending is None:
                return
            may_be_dead = self._supervisor.is_ready
            is_safer = has_text = False
            while True:
                async with aclosing(
                    self._supervisor.ensure_loaded(pending.load_progress)
                ) as loading:
                    async for progress in loading:
                        yield progress
                if is_safer and self._supervisor.fallback is not None:
                    yield SaferSettings(self._supervisor.fallback.description)
                if pending.is_stopped:
                    if not isinstance(request, GenerateRequest):
                        raise StoppedError(_("The request was canceled."), _("Try again."))
                    yield ReplyFinished("cancelled", 0, 0, 0, Timings())
                    return
                channel = self._supervisor.channel
                assert channel is not None, "it is ready, and nothing was awaited since"
                try:
                    async with aclosing(channel.send_request(request)) as responses:
                        async for response in responses:
                            has_text = has_text or isinstance(response, TextDelta)
                            yield response
                except GpuMemoryError:
                    is_safer = self._supervisor.reload_with_fewer_gpu_layers(channel)
                    if has_text or not is_safer:
                        raise
                except EngineDiedError as error:
                    if channel.has_response or not may_be_dead:
                        is_safer = self._supervisor.restart_after_crash(channel, error.log_message)
                        if has_text or not is_safer:
                            raise
                    else:
                        self._supervisor.discard_dead_process(channel)
                        may_be_dead = False
                else:
                    if (
                        isinstance(request, GenerateRequest)
                        and self._supervisor.fallback is not None
                    ):
                        self._supervisor.fallback.record_success()
                    return

    @asynccontextmanager
    async def _take_turn(self, request: EngineRequest) -> AsyncIterator[_PendingRequest | None]:
        """Wait for the requests before this one. Yields None if it is no longer wanted."""
        if not isinstance(request, PrewarmRequest):
            self._cancel_prewarm()
        async with self._request_lock:
            if isinstance(request, PrewarmRequest) and request is not self._latest_prewarm:
                yield None
                return
            self._current_request = pending = _PendingRequest(request)
            try:
                yield pending
            finally:
                self._current_request = None

    async def _send_and_wait(
        self, request: EngineRequest, on_event: Callable[[EngineEvent], None] = lambda _: None
    ) -> None:
        async with aclosing(self._send_request(request)) as responses:
            async for response in responses:
                if isinstance(response, LoadProgress | PictureProgress | PromptProgress):
                    on_event(response)

    def _cancel_prewarm(self) -> None:
        """End a running prewarm and forget a waiting one, because something else is wanted now."""
        prewarm, self._latest_prewarm = self._latest_prewarm, None
        if self._current_request is not None and self._current_request.request is prewarm:
            self._stop_request(self._current_request)

    def _stop_request(self, pending: _PendingRequest) -> None:
        pending.is_stopped = True
        if isinstance(pending.request, LoadRequest):
            self._supervisor.stop_loading()
            return
        pending.load_progress.put_nowait(None)
        if self._supervisor.channel is not None:
            self._supervisor.channel.cancel(pending.request)


def _with_absolute_paths(settings: LoadSettings) -> LoadSettings:
    """Return the settings with absolute paths; the engine process runs in another folder."""
    mmproj = settings.mmproj.absolute() if settings.mmproj else None
    return replace(settings, model=settings.model.absolute(), mmproj=mmproj)
