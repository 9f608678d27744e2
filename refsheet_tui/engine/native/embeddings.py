"""Pictures that were looked at: a picture is encoded once while the engine runs."""

from __future__ import annotations

from collections import OrderedDict

from refsheet_tui.engine.native.context import Floats

# About a hundred pictures of a 4B model, fifty of a 27B one.
_CAPACITY = 256 * 1024 * 1024


class EmbeddingCache:
    """Soft tokens by the hash of their picture; the least recently used leave first."""

    def __init__(self, capacity: int = _CAPACITY) -> None:
        """`capacity` is in bytes."""
        self._capacity = capacity
        self._size = 0
        self._items: OrderedDict[str, Floats] = OrderedDict()

    def get(self, sha256: str) -> Floats | None:
        found = self._items.get(sha256)
        if found is not None:
            self._items.move_to_end(sha256)
        return found

    def put(self, sha256: str, embeddings: Floats) -> None:
        self._items[sha256] = embeddings
        self._size += embeddings.nbytes
        while self._size > self._capacity:
            _, oldest = self._items.popitem(last=False)
            self._size -= oldest.nbytes
