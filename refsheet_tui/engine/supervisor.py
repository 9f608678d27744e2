"""Keep an engine process running with the requested model, and restart it when it dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from refsheet_tui.engine.channel import RequestChannel
from refsheet_tui.engine.events import LoadProgress, ModelInfo
from refsheet_tui.engine.fallback import FallbackPlan, SafeModeStore, safe_mode_file
from refsheet_tui.engine.ipc_messages import LoadRequest
from refsheet_tui.engine.process import EngineProcess
from refsheet_tui.engine.settings import LoadSettings
from refsheet_tui.errors import EngineDiedError, EngineError, StoppedError
from refsheet_tui.i18n import _
from refsheet_tui.paths import log_dir

# If this many processes die without a response, the request is not the reason.
_MAX_SILENT_STARTS = 2

LoadProgressQueue = asyncio.Queue[LoadProgress | None]


class EngineSupervisor:
    """A supervisor that loads in the background. Only one request at a time may use it."""

    def __init__(
        self, log_folder: Path | None, timeout_s: float, safe_mode_file: Path | None
    ) -> None:
        """Supervise without starting a process. The arguments are those of `LocalEngine`."""
        self._log_folder = log_folder
        self._safe_mode_file = safe_mode_file
        self._timeout_s = timeout_s
        self.channel: RequestChannel | None = None
        self.fallback: FallbackPlan | None = None
        self._model_info: ModelInfo | None = None
        self._load_task: asyncio.Task[ModelInfo] | None = None
        self._load_request: LoadRequest | None = None
        self._load_plan: FallbackPlan | None = None
        self._stop_requested = False
        self._listeners: set[LoadProgressQueue] = set()
        self._close_count = 0

    @property
    def is_ready(self) -> bool:
        """True if a model is loaded and its process is running."""
        channel = self.channel
        return (
            channel is not None and not channel.process.has_exited and self._model_info is not None
        )

    async def load(
        self, settings: LoadSettings, load_progress: LoadProgressQueue
    ) -> AsyncGenerator[LoadProgress | ModelInfo, None]:
        """Load a model in place of the present one, or wait if it is already being loaded again.

        If the engine dies of it, safer settings are tried. Raises `StoppedError` after
        `stop_loading`, `EngineDiedError` when nothing helps, `WeightsError`. After an error, the
        earlier model is loaded again when it is needed.
        """
        current_plan = self.fallback
        plan = (
            current_plan
            if current_plan is not None and current_plan.requested_settings == settings
            else None
        )
        if plan is None or self._load_plan is not plan:
            self.stop_loading()
        await self._wait_for_stopped_load()
        if self._load_task is None:
            file = self._safe_mode_file or safe_mode_file()
            self._start_loading(plan or FallbackPlan(settings, SafeModeStore(file)))
        async with aclosing(self._follow_load(load_progress)) as progress_events:
            async for progress in progress_events:
                yield progress
        if self._model_info is None:
            raise _closed_error()
        yield self._model_info

    async def ensure_loaded(
        self, load_progress: LoadProgressQueue
    ) -> AsyncGenerator[LoadProgress, None]:
        """Wait until the model is loaded, and load it again if the process is gone.

        Also ends when None is put into `load_progress`. Raises the same errors as `load`.
        """
        await self._wait_for_stopped_load()
        if self._load_task is None and not self.is_ready:
            if self.fallback is None:
                raise EngineError(_("No model is loaded."), _("Load a model first."))
            self._start_loading(self.fallback)
        async with aclosing(self._follow_load(load_progress)) as progress_events:
            async for progress in progress_events:
                yield progress

    def stop_loading(self) -> None:
        """Stop the loading."""
        if self._load_task is not None:
            self._stop_requested = True
            if self.channel is not None and self._load_request is not None:
                self.channel.cancel(self._load_request)

    def restart_after_crash(self, channel: RequestChannel, crash_message: str) -> bool:
        """Start another process at once after the present one died of a request.

        Returns whether it died of the GPU's memory; the next process uses less of it.
        """
        if channel is not self.channel or self.fallback is None:
            return False
        self._forget_process()
        ran_out_of_gpu_memory = self.fallback.handle_gpu_memory_crash(crash_message)
        if not ran_out_of_gpu_memory:
            self.fallback.record_crash(channel.phase, crash_message)
        self._start_loading(self.fallback)
        return ran_out_of_gpu_memory

    def reload_with_fewer_gpu_layers(self, channel: RequestChannel) -> bool:
        """Load again with fewer layers on the GPU. Returns False if none is there."""
        if channel is not self.channel or self.fallback is None:
            return False
        if not self.fallback.lower_gpu_share():
            return False
        self._model_info = None
        self._start_loading(self.fallback)
        return True

    def discard_dead_process(self, channel: RequestChannel) -> None:
        """Forget a process that had died before the request."""
        if channel is self.channel:
            self._forget_process()

    async def close(self) -> None:
        """End the process and the loading."""
        self._close_count += 1
        channel, self.fallback = self.channel, None
        self._forget_process()
        if channel is not None:
            await channel.process.terminate()
        load_task, self._load_task = self._load_task, None
        if load_task is not None:
            await asyncio.wait({load_task})

    def _forget_process(self) -> None:
        self.channel = self._model_info = None

    def _start_loading(self, plan: FallbackPlan) -> None:
        self._stop_requested = False
        self._load_plan = plan
        self._load_task = asyncio.create_task(self._load_with_fallback(plan, self._close_count))
        self._load_task.add_done_callback(self._on_load_finished)

    def _on_load_finished(self, load_task: asyncio.Task[ModelInfo]) -> None:
        if not load_task.cancelled():
            load_task.exception()  # the next request gets it, if there is one
        self._notify_listeners(None)

    def _notify_listeners(self, progress: LoadProgress | None) -> None:
        for listener in self._listeners:
            listener.put_nowait(progress)

    async def _wait_for_stopped_load(self) -> None:
        """Wait until a loading that was stopped has ended."""
        if self._stop_requested and self._load_task is not None:
            await asyncio.wait({self._load_task})
            self._load_task = None

    async def _follow_load(
        self, load_progress: LoadProgressQueue
    ) -> AsyncGenerator[LoadProgress, None]:
        load_task = self._load_task
        if load_task is None:
            return
        self._listeners.add(load_progress)
        try:
            while not load_task.done() and (progress := await load_progress.get()) is not None:
                yield progress
        finally:
            self._listeners.discard(load_progress)
        if load_task.done():
            if self._load_task is load_task:
                self._load_task = None
            load_task.result()

    async def _load_with_fallback(self, plan: FallbackPlan, close_count: int) -> ModelInfo:
        """Try one fallback step after the other until a load succeeds."""
        silent_starts = 0
        while True:
            channel = await self._ensure_channel(close_count)
            try:
                self._model_info = await self._try_load(channel, plan)
            except EngineDiedError as error:
                self._forget_process()
                if not channel.has_ever_responded:
                    silent_starts += 1
                    if silent_starts == _MAX_SILENT_STARTS:
                        raise
                elif channel.has_response and not plan.record_crash("load", error.log_message):
                    raise EngineDiedError(
                        _("{problem} Safer settings didn't help.").format(problem=error.problem),
                        _(
                            "Choose another model, close other apps to free up memory, or "
                            "reinstall RefSheet."
                        ),
                    ) from error
            except EngineError:
                self._model_info = None  # what was loaded before has been freed
                raise
            else:
                self.fallback = plan
                return self._model_info

    async def _try_load(self, channel: RequestChannel, plan: FallbackPlan) -> ModelInfo:
        self._load_request = LoadRequest(plan.settings)
        async with aclosing(channel.send_request(self._load_request)) as responses:
            async for response in responses:
                if isinstance(response, ModelInfo):
                    plan.record_load(response.device, response.gpu_share)
                    return replace(response, safe_mode=plan.description)
                if isinstance(response, LoadProgress):
                    self._notify_listeners(response)
        raise AssertionError("loading ends with a model or an error")

    async def _ensure_channel(self, close_count: int) -> RequestChannel:
        """Return the channel to the running process, or to a new one."""
        if self._stop_requested:
            raise StoppedError(_("Loading stopped."), _("Load a model to continue."))
        if self.channel is not None and self.channel.process.has_exited:
            await self.channel.process.terminate()
            self._forget_process()
        if self._close_count != close_count:
            raise _closed_error()
        if self.channel is None:
            process = await EngineProcess.start(self._log_folder or log_dir())
            if self._close_count != close_count:
                await process.terminate()
                raise _closed_error()
            self.channel = RequestChannel(process, self._timeout_s)
        return self.channel


def _closed_error() -> EngineError:
    return EngineError(_("The engine has shut down."), _("Load a model to continue."))
