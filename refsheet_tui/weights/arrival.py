"""How one file gets to where it belongs: found here, linked, or received and proven."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from refsheet_tui import paths
from refsheet_tui.errors import DownloadError
from refsheet_tui.i18n import _
from refsheet_tui.weights import hub
from refsheet_tui.weights.catalog import Entry, RemoteFile
from refsheet_tui.weights.hashing import sha256
from refsheet_tui.weights.progress import Checking, DownloadEvent, Ready, Waiting
from refsheet_tui.weights.record import Known, Source
from refsheet_tui.weights.store import PARTIAL, State, Store

_ASK_AGAIN_S = 0.5


@dataclass(frozen=True)
class Order:
    """A file of a model."""

    entry: Entry
    file: RemoteFile


class Arrival:
    """Of one file, in one download."""

    def __init__(
        self,
        order: Order,
        store: Store,
        *,
        on_event: Callable[[DownloadEvent], None],
        on_bytes: Callable[[int, int], None],
        check_stop: Callable[[], None],
    ) -> None:
        """`on_bytes` is told how many bytes are there, and of how many; `check_stop` raises when it
        is to end."""
        self._entry = order.entry
        self._file = order.file
        self._store = store
        self._path = store.path(order.file)
        self._on_event = on_event
        self._on_bytes = on_bytes
        self._check_stop = check_stop

    def is_here(self) -> bool:
        """On disk and true, without asking anybody; linked from the hub's cache if need be."""
        file, known = self._file, self._store.known(self._file)
        if known is not None and file.revision not in (None, known.revision):
            known = None  # of another revision
        wanted = file.sha256 or (known.sha256 if known else None)
        if wanted is None:
            return False
        if self._store.state(file) is State.WHOLE and known is not None:
            changed = self._path.stat().st_mtime_ns
            if (known.changed_ns, known.sha256) == (changed, wanted):
                self._on_event(Ready(file, self._path, wanted, known.source))
                return True
        revision = file.revision or (known.revision if known else None)
        return self._is_found(wanted, revision)

    def begun(self, published: hub.Published) -> int:
        """How many bytes of this content are there to go on from."""
        partial = self._partial(published)
        return partial.stat().st_size if paths.is_file(partial) else 0

    def fetch(self, published: hub.Published) -> None:
        """Raises `DownloadError`, `StorageError`, and what `check_stop` raises."""
        paths.ensure_dir(self._path.parent)
        with self._alone():
            # Another program may have fetched it meanwhile.
            if published.sha256 and self._is_found(published.sha256, published.revision):
                return
            partial = self._partial(published)
            self._forget_others(partial)
            resumed = partial.exists()
            found = self._receive(published, partial)
            if published.sha256 not in (None, found) and resumed:
                # What an earlier try left behind may be what is wrong: a power cut, a bad disk.
                partial.unlink()
                found = self._receive(published, partial)
            if published.sha256 not in (None, found):
                partial.unlink()
                raise DownloadError(
                    _(
                        "What arrived as {file} is not what was published: its SHA-256 is "
                        "{found}, not {wanted}. It was removed."
                    ).format(file=self._file.file, found=found, wanted=published.sha256),
                    _("Try again; if it stays so, something between here and the hub changes it."),
                )
            _settle(partial, self._path)
            self._keep(found, published.revision, is_proven=published.sha256 is not None)

    def _is_found(self, wanted: str, revision: str | None) -> bool:
        """In its place, or in the hub's cache; proven either way."""
        if self._store.state(self._file) is State.WHOLE and self._sum(self._path) == wanted:
            self._keep(wanted, revision)
            return True
        return self._is_linked(wanted, revision)

    def _is_linked(self, wanted: str, revision: str | None) -> bool:
        """From the hub's cache, which is shared with other programs."""
        found = hub.cached(self._file, revision)
        if found is None or self._sum(found) != wanted:
            return False
        paths.ensure_dir(self._path.parent)
        new = self._path.with_name(f"{self._path.name}.link{PARTIAL}")
        new.unlink(missing_ok=True)
        try:
            # Outlives the cache's being emptied, but can't cross file systems.
            new.hardlink_to(found)
        except OSError:
            new.symlink_to(found)
        new.replace(self._path)
        self._keep(wanted, revision, linked=True)
        return True

    def _receive(self, published: hub.Published, partial: Path) -> str:
        """Fetch what is missing; the sum of the whole."""
        done = self.begun(published)
        # Too long, or nobody could ever say whether it is what it should be.
        if (published.size or done) < done or (done and not (published.size or published.sha256)):
            partial.unlink()
            done = 0

        def on_bytes(count: int) -> None:
            nonlocal done
            done += count
            self._check_stop()
            self._on_bytes(done, published.size or 0)

        on_bytes(0)
        hub.fetch(self._entry, published, partial, on_bytes)
        return self._sum(partial)

    def _sum(self, path: Path) -> str:
        done, total = 0, path.stat().st_size

        def on_bytes(count: int) -> None:
            nonlocal done
            done += count
            self._check_stop()
            self._on_event(Checking(self._file, done, total))

        return sha256(path, on_bytes)

    def _partial(self, published: hub.Published) -> Path:
        """Where this very content is collected."""
        content = published.sha256 or published.etag or published.revision
        plain = "".join(letter for letter in content if letter.isalnum())
        return self._path.with_name(f"{self._path.name}.{plain[:16]}{PARTIAL}")

    def _forget_others(self, partial: Path) -> None:
        """What is left of other content under this name."""
        for other in self._store.partials(self._file):
            if other != partial:
                other.unlink(missing_ok=True)

    def _keep(
        self, digest: str, revision: str | None, *, is_proven: bool = True, linked: bool = False
    ) -> None:
        """Record it; a sum that nobody has said before is recorded as such."""
        source: Source = "catalogue" if self._file.sha256 else "hub" if is_proven else "first sight"
        status = self._path.stat()
        self._store.record.put(
            self._store.name(self._path),
            Known(
                status.st_size,
                digest,
                source,
                status.st_mtime_ns,
                self._file.repository,
                revision,
            ),
        )
        self._on_event(Ready(self._file, self._path, digest, source, linked))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While no other program fetches the same file."""
        lock = FileLock(self._store.lock(self._file))
        try:
            lock.acquire(blocking=False)
        except Timeout:
            self._on_event(Waiting(self._file))
            self._acquire(lock)
        try:
            yield
        finally:
            lock.release()

    def _acquire(self, lock: FileLock) -> None:
        while not lock.is_locked:
            self._check_stop()
            with suppress(Timeout):
                lock.acquire(timeout=_ASK_AGAIN_S)


def _settle(partial: Path, path: Path) -> None:
    """Let `partial` become `path`, also for who pulls the plug right after."""
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)
