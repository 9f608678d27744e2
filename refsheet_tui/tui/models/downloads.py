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
_TELL_S = 0.1
# Seconds to wait for the end of a download. All received bytes are on the disk.
_PATIENCE_S = 2.0


@dataclass(frozen=True)
class DownloadProgress:
    """The progress of a download.

    Attributes:
        name: The name of the model.
        title: Its title.
        since: When the download started, by `time.monotonic`.
        event: The latest event; None before the first one.
        stopping: True if the user has paused it and it is about to end.
    """

    name: str
    title: str
    since: float
    event: DownloadEvent | None = None
    stopping: bool = False


@dataclass(frozen=True)
class DownloadResult:
    """The end of a download. If `problem` is None, the model is complete and verified."""

    name: str
    title: str
    problem: RefsheetError | None

    @property
    def was_stopped(self) -> bool:
        """True if the user has paused the download."""
        return isinstance(self.problem, DownloadStoppedError)


class Downloads:
    """Runs one download at a time. `on_change` and `on_end` are called on the event loop."""

    def __init__(
        self,
        on_change: Callable[[DownloadProgress | None], None],
        on_end: Callable[[DownloadResult], None],
    ) -> None:
        self._on_change = on_change
        self._on_end = on_end
        self._now: DownloadProgress | None = None
        self._stop = threading.Event()
        self._running: asyncio.Task[None] | None = None

    @property
    def progress(self) -> DownloadProgress | None:
        """The progress of the current download; None if there is none."""
        return self._now

    def start(self, name: str, entry: CatalogEntry, store: ModelStore, *, offline: bool) -> None:
        """Start or resume a download. Raises `WeightsError` if another one is running."""
        if self._now is not None:
            raise WeightsError(
                _("{name} is downloading.").format(name=self._now.name),
                _("Wait for it to finish, or pause it; you can resume later."),
            )
        self._stop = threading.Event()
        self._set_progress(DownloadProgress(name, entry.title, monotonic()))
        relay = _EventRelay(asyncio.get_running_loop(), self._on_event)
        fetch = partial(_fetch, entry, store, relay.on_event, offline=offline, stop=self._stop)
        self._running = asyncio.create_task(self._run(name, entry.title, fetch))

    def pause(self) -> bool:
        """Pause the download; received bytes stay. Returns False if there is no download."""
        if self._now is None:
            return False
        self._stop.set()
        self._set_progress(replace(self._now, stopping=True))
        return True

    async def close(self) -> None:
        """Stop the download in order."""
        if self._running is not None and not self._running.done():
            self._stop.set()
            await asyncio.wait([self._running], timeout=_PATIENCE_S)

    async def _run(self, name: str, title: str, fetch: Callable[[], None]) -> None:
        problem: RefsheetError | None = None
        try:
            await in_thread(fetch)
        except RefsheetError as error:
            problem = error
        except Exception as error:
            problem = write_crash_report(error)
        finally:
            self._set_progress(None)
        self._on_end(DownloadResult(name, title, problem))

    def _on_event(self, event: DownloadEvent) -> None:
        if self._now is not None:
            self._set_progress(replace(self._now, event=event))

    def _set_progress(self, transfer: DownloadProgress | None) -> None:
        self._now = transfer
        self._on_change(transfer)


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
        self._kind: tuple[type, str] | None = None
        self._told = 0.0

    def on_event(self, event: DownloadEvent) -> None:
        """Pass an event on. The first of each kind and of each file is never dropped."""
        kind, now = (type(event), event.file.file), monotonic()
        if kind == self._kind and now - self._told < _TELL_S:
            return
        self._kind, self._told = kind, now
        try:
            self._loop.call_soon_threadsafe(self._on_event, event, context=self._context)
        except RuntimeError:  # the loop has ended, and the program with it
            return
