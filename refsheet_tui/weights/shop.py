"""What the person does with the models of the catalogue: look at them, remove, choose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from refsheet_tui import paths
from refsheet_tui.errors import StorageError, WeightsError
from refsheet_tui.i18n import _
from refsheet_tui.weights.catalog import Catalog, Entry, RemoteFile
from refsheet_tui.weights.choice import ModelChoice
from refsheet_tui.weights.content import Kept
from refsheet_tui.weights.store import State, Store

NOTICE = "NOTICE.txt"


@dataclass(frozen=True)
class Pair:
    """The files of one model on disk, and what they should be; `parts` are the text model's."""

    parts: tuple[Kept, ...]
    projector: Kept | None

    @property
    def files(self) -> tuple[Kept, ...]:
        """All of them, the projector last."""
        return (*self.parts, self.projector) if self.projector else self.parts


class Shop:
    """A catalogue over a folder."""

    def __init__(self, catalog: Catalog, store: Store) -> None:
        self.catalog = catalog
        self.store = store

    def on_disk(self) -> list[str]:
        """The names of models of which something is there."""
        found = ((name, self.store.state_of(each)) for name, each in self.catalog.models.items())
        return [name for name, state in found if state is not State.ABSENT]

    def pair(self, name: str) -> Pair:
        """Raises `WeightsError` for a name that is not in the catalogue, or not on disk."""
        entry = self.catalog.entry(name)
        state = self.store.state_of(entry)
        if state in (State.ABSENT, State.PARTIAL):
            raise WeightsError(
                _("{name} is incomplete: {file} is missing.").format(
                    name=name, file=self.store.first_missing(entry).file
                ),
                _("Get it: refsheet models download {name}").format(name=name),
            )
        projector = self.store.kept(entry.projector) if entry.projector else None
        return Pair(tuple(map(self.store.kept, entry.parts)), projector)

    def chosen(self, choice: ModelChoice) -> Pair:
        """Files by their paths: what they should be is known of those that were downloaded."""
        projector = self._kept_at(choice.mmproj) if choice.mmproj else None
        return Pair(tuple(map(self._kept_at, choice.parts)), projector)

    def _kept_at(self, path: Path) -> Kept:
        path = paths.absolute(path)
        for entry in self.catalog.models.values():
            for file in entry.files:
                if paths.absolute(self.store.path(file)) == path:
                    return self.store.kept(file)
        return Kept.other(path)

    def remove(self, name: str) -> tuple[list[Path], int]:
        """Remove the files of a model that no other whole model needs, and what was begun of
        them: the paths, and the bytes that were freed. Raises `WeightsError`, `StorageError`."""
        entry = self.catalog.entry(name)
        gone: list[Path] = []
        freed = 0
        own = [
            file
            for file in entry.files
            if not self._is_shared(file, name) and self.store.state(file) is not State.ABSENT
        ]
        with ExitStack() as locks:
            for file in own:  # all of them before the first is gone
                locks.enter_context(self._not_arriving(file))
            for file in own:
                path = self.store.path(file)
                for each in [path, *self.store.partials(file)]:
                    if paths.is_file(each):
                        freed += each.stat().st_size
                        gone.append(each)
                        _unlink(each)
                self.store.record.forget(self.store.name(path))
                _tidy(self.store.lock(file))
        return gone, freed

    def accepted(self, entry: Entry) -> bool:
        """Whether the person has seen the terms of this model."""
        licence = self.catalog.licence(entry)
        if licence is None:
            return True
        try:
            return licence.url in (self.store.folder / NOTICE).read_text(encoding="utf-8")
        except (OSError, ValueError):
            return False

    def accept(self, entry: Entry) -> None:
        """Lay the notice beside the files. Raises `StorageError`."""
        licence = self.catalog.licence(entry)
        if licence is None or self.accepted(entry):
            return
        self.store.create()
        try:
            with (self.store.folder / NOTICE).open("a", encoding="utf-8") as file:
                file.write(f"{licence.title}\n{licence.url}\n{licence.notice}\n\n")
        except OSError as error:
            raise StorageError(
                _("{file} can't be written: {reason}.").format(
                    file=self.store.folder / NOTICE, reason=error.strerror
                ),
                _("Make its folder writable, or set models_dir in config.yaml."),
            ) from error

    def _is_shared(self, file: RemoteFile, name: str) -> bool:
        path = self.store.path(file)
        others = (each for other, each in self.catalog.models.items() if other != name)
        return any(
            path in map(self.store.path, each.files)
            for each in others
            if self.store.state_of_model(each) is State.WHOLE
        )

    @contextmanager
    def _not_arriving(self, file: RemoteFile) -> Iterator[None]:
        lock = FileLock(self.store.lock(file))
        try:
            lock.acquire(blocking=False)
        except Timeout:
            raise WeightsError(
                _("{name} is being downloaded.").format(name=file.file),
                _("Stop that download first."),
            ) from None
        except OSError as error:
            raise StorageError(
                _("{file} can't be removed: {reason}.").format(
                    file=self.store.path(file), reason=error.strerror
                ),
                _("Make its folder writable."),
            ) from error
        try:
            yield
        finally:
            lock.release()


def _tidy(lock: Path) -> None:
    """Nothing is left of what is gone. Only whoever holds the lock may take it away."""
    with suppress(OSError):
        lock.unlink(missing_ok=True)
        lock.parent.rmdir()
        lock.parent.parent.rmdir()


def _unlink(path: Path) -> None:
    try:
        path.unlink()
    except OSError as error:
        raise StorageError(
            _("{file} can't be removed: {reason}.").format(file=path, reason=error.strerror),
            _("Make its folder writable."),
        ) from error
