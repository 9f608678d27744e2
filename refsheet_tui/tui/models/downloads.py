"""The current download, which continues on every screen."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic

from refsheet_tui.crash_report import write_crash_report
from refsheet_tui.errors import DownloadStoppedError, RefsheetError, WeightsError
from refsheet_tui.i18n import _
from refsheet_tui.tui.background import in_thread
from refsheet_tui.weights import CatalogEntry, DownloadEvent, ModelStore

# Seconds between two reports. Events come for every 64 KiB, up to a thousand times a second.
_REPORT_INTERVAL_S = 0.1
# Seconds to wait for the end of a download. All received bytes are on the disk.
_STOP_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class DownloadProgress:
    """The progress of a download.

    Attributes:
        name: The name of the model.
        title: Its title.
        since: When the download started, by `time.monotonic`.
        event: The latest event; None before the first one.
        is_stopping: True if the user has paused it and it is about to end.
    """

    name: str
    title: str
    since: float
    event: DownloadEvent | None = None
    is_stopping: bool = False


@dataclass(frozen=True)
class DownloadResult:
    """The end of a download. If `error` is None, the model is complete and verified."""

    name: str
    title: str
    error: RefsheetError | None

    @property
    def was_stopped(self) -> bool:
        """True if the user has paused the download."""
        return isinstance(self.error, DownloadStoppedError)


class Downloads:
    """Runs one download at a time. `on_change` and `on_end` are called on the event loop."""

    def __init__(
        self,
        on_change: Callable[[DownloadProgress | None], None],
        on_end: Callable[[DownloadResult], None],
    ) -> None:
        self._on_change = on_change
        self._on_end = on_end
        self._progress: DownloadProgress | None = None
        self._stop_event = threading.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def progress(self) -> DownloadProgress | None:
        """The progress of the current download; None if there is none."""
        return self._progress

    def start(self, name: str, entry: CatalogEntry, store: ModelStore, *, offline: bool) -> None:
        """Start or resume a download. Raises `WeightsError` if another one is running."""
        if self._progress is not None:
            raise WeightsError(
                _("{name} is downloading.").format(name=self._progress.name),
                _("Wait for it to finish, or pause it; you can resume later."),
            )
        self._stop_event = threading.Event()
        self._set_progress(DownloadProgress(name, entry.title, monotonic()))
        relay = _EventRelay(asyncio.get_running_loop(), self._on_event)
        fetch = partial(
            _fetch, entry, store, relay.on_event, offline=offline, stop=self._stop_event
        )
        self._task = asyncio.create_task(self._run(name, entry.title, fetch))

    def pause(self) -> bool:
        """Pause the download; received bytes stay. Returns False if there is no download."""
        if self._progress is None:
            return False
        self._stop_event.set()
        self._set_progress(replace(self._progress, is_stopping=True))
        return True

    async def close(self) -> None:
        """Stop the download in order."""
        if self._task is not None and not self._task.done():
            self._stop_event.set()
            await asyncio.wait([self._task], timeout=_STOP_TIMEOUT_S)

    async def _run(self, name: str, title: str, fetch: Callable[[], None]) -> None:
        failure: RefsheetError | None = None
        try:
            await in_thread(fetch)
        except RefsheetError as error:
            failure = error
        except Exception as error:
            failure = write_crash_report(error)
        finally:
            self._set_progress(None)
        self._on_end(DownloadResult(name, title, failure))

    def _on_event(self, event: DownloadEvent) -> None:
        if self._progress is not None:
            self._set_progress(replace(self._progress, event=event))

    def _set_progress(self, progress: DownloadProgress | None) -> None:
        self._progress = progress
        self._on_change(progress)


def _fetch(
    entry: CatalogEntry,
    store: ModelStore,
    on_event: Callable[[DownloadEvent], None],
    *,
    offline: bool,
    stop: threading.Event,
) -> None:
    # Imported here because it loads all of huggingface_hub, which would delay the start.
    from refsheet_tui.weights import Download

    Download(entry, store, on_event, offline=offline, stop=stop).run()


class _EventRelay:
    """Passes events from the thread of a download to the event loop, at most ten a second."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, on_event: Callable[[DownloadEvent], None]
    ) -> None:
        self._loop = loop
        # Textual finds its app in the context, which a thread doesn't have.
        self._context = copy_context()
        self._on_event = on_event
        self._last_kind: tuple[type, str] | None = None
        self._last_time = 0.0

    def on_event(self, event: DownloadEvent) -> None:
        """Pass an event on. The first of each kind and of each file is never dropped."""
        kind, now = (type(event), event.file.file), monotonic()
        if kind == self._last_kind and now - self._last_time < _REPORT_INTERVAL_S:
            return
        self._last_kind, self._last_time = kind, now
        try:
            self._loop.call_soon_threadsafe(self._on_event, event, context=self._context)
        except RuntimeError:  # the loop has ended, and the program with it
            return
