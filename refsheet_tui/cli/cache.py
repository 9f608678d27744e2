"""`refsheet cache`: what the engine keeps on disk, and how to be rid of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from refsheet_tui.engine import CacheSettings
from refsheet_tui.engine.shelf import Shelf

_MIB = 1 << 20
_WORDS = {
    "pictures": "pictures that were looked at",
    "openings": "how characters begin",
    "chats": "where chats ended",
}


@dataclass(frozen=True)
class Kept:
    """One kind of what is kept; `size` and `room` are in bytes."""

    kind: str
    entries: int
    size: int
    room: int
    folder: str


def shelves(settings: CacheSettings) -> dict[str, Shelf]:
    """One for each kind of what is kept."""
    rooms = (settings.pictures, settings.openings, settings.chats)
    return {
        kind: Shelf(settings.folder / kind, room) for kind, room in zip(_WORDS, rooms, strict=True)
    }


def show(settings: CacheSettings, *, as_json: bool) -> str:
    """A line for each kind, or one JSON array."""
    kept = [_kept(kind, shelf) for kind, shelf in shelves(settings).items()]
    if as_json:
        return json.dumps([asdict(each) for each in kept])
    lines = [
        f"{each.kind:<9}{each.entries:>6}{_mib(each.size):>12} of {_mib(each.room):<11}"
        f"{_WORDS[each.kind]}"
        for each in kept
    ]
    return "\n".join([*lines, f"in {settings.folder}"])


def clear(settings: CacheSettings, kinds: Sequence[str]) -> str:
    """Remove what is kept of these kinds, of all when there are none; says what was freed."""
    chosen = [shelf for kind, shelf in shelves(settings).items() if not kinds or kind in kinds]
    freed = sum(shelf.clear() for shelf in chosen)
    return f"{_mib(freed)} freed. What is needed again is looked at and read again."


def _kept(kind: str, shelf: Shelf) -> Kept:
    entries = list(shelf.entries())
    size = sum(entry.size for entry in entries)
    return Kept(kind, len(entries), size, shelf.capacity, str(shelf.folder))


def _mib(size: int) -> str:
    return f"{size / _MIB:.1f} MiB"
