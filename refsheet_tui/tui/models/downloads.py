"""The download of the moment, which goes on whatever screen the person looks at."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic

from refsheet_tui.crash_report import crash
from refsheet_tui.errors import DownloadStoppedError, RefsheetError, WeightsError
from refsheet_tui.i18n import _
from refsheet_tui.tui.background import in_thread
from refsheet_tui.weights.catalog import Entry
from refsheet_tui.weights.progress import DownloadEvent
from refsheet_tui.weights.store import Store

# Bytes come in steps of 64 KiB, a thousand times a second on a fast line.
_TELL_S = 0.1
# What has arrived is on the disk. A connection that hangs is not waited for.
_PATIENCE_S = 2.0


@dataclass(frozen=True)
class Transfer:
    """A model that is being fetched: the latest that is known of it, None at first; `since` by the
    clock of `time.monotonic`. `stopping`: the person has stopped it, and it is about to end."""

    name: str
    title: str
    since: float
    event: DownloadEvent | None = None
    stopping: bool = False


@dataclass(frozen=True)
class Ended:
    """`problem` None: the model is here, whole and true."""

    name: str
    title: str
    problem: RefsheetError | None

    @property
    def was_stopped(self) -> bool:
        return isinstance(self.problem, DownloadStoppedError)


class Downloads:
    """One at a time. `on_change` and `on_end` are called on the event loop."""

    def __init__(
        self, on_change: Callable[[Transfer | None], None], on_end: Callable[[Ended], None]
    ) -> None:
        self._on_change = on_change
        self._on_end = on_end
        self._now: Transfer | None = None
        self._stop = threading.Event()
        self._running: asyncio.Task[None] | None = None

    @property
    def transfer(self) -> Transfer | None:
        return self._now

    def start(self, name: str, entry: Entry, store: Store, *, offline: bool) -> None:
        """Raises `WeightsError` while another one runs."""
        if self._now is not None:
            raise WeightsError(
                _("{name} is being downloaded.").format(name=self._now.name),
                _("Wait for it, or pause it: what has arrived stays."),
            )
        self._stop = threading.Event()
        self._tell(Transfer(name, entry.title, monotonic()))
        relay = _Relay(asyncio.get_running_loop(), self._event)
        fetch = partial(_fetch, entry, store, relay.event, offline=offline, stop=self._stop)
        self._running = asyncio.create_task(self._run(name, entry.title, fetch))

    def pause(self) -> bool:
        """Whether there was one to stop; what has arrived stays."""
        if self._now is None:
            return False
        self._stop.set()
        self._tell(replace(self._now, stopping=True))
        return True

    async def close(self) -> None:
        """Stop, and leave it in good order."""
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
            problem = crash(error)
        finally:
            self._tell(None)
        self._on_end(Ended(name, title, problem))

    def _event(self, event: DownloadEvent) -> None:
        if self._now is not None:
            self._tell(replace(self._now, event=event))

    def _tell(self, transfer: Transfer | None) -> None:
        self._now = transfer
        self._on_change(transfer)


def _fetch(
    entry: Entry,
    store: Store,
    on_event: Callable[[DownloadEvent], None],
    *,
    offline: bool,
    stop: threading.Event,
) -> None:
    # It loads all of huggingface_hub, which nobody waits for who wants to talk.
    from refsheet_tui.weights.download import Download

    Download(entry, store, on_event, offline=offline, stop=stop).run()


class _Relay:
    """From the thread of a download to the event loop, no oftener than anybody can look."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, on_event: Callable[[DownloadEvent], None]
    ) -> None:
        self._loop = loop
        # Where Textual finds its app: a thread has none.
        self._context = copy_context()
        self._on_event = on_event
        self._kind: tuple[type, str] | None = None
        self._told = 0.0

    def event(self, event: DownloadEvent) -> None:
        """The first of each kind, and of each file, is always told."""
        kind, now = (type(event), event.file.file), monotonic()
        if kind == self._kind and now - self._told < _TELL_S:
            return
        self._kind, self._told = kind, now
        try:
            self._loop.call_soon_threadsafe(self._on_event, event, context=self._context)
        except RuntimeError:  # the loop has ended, and the program with it
            return
