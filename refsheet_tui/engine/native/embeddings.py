"""Pictures that were looked at: a picture is encoded once in its life."""

from __future__ import annotations

import hashlib
import sys
from collections import OrderedDict

import numpy as np

from refsheet_tui.engine.native.context import Floats
from refsheet_tui.engine.shelf import DamagedError, Shelf

# In memory: about a hundred pictures of a 4B model, fifty of a 27B one.
_CAPACITY = 256 * 1024 * 1024


class EmbeddingCache:
    """Soft tokens by the hash of their picture, in memory and on disk; the least recently used
    leave first. Used by one thread at a time."""

    def __init__(
        self,
        shelf: Shelf | None,
        identity: str,
        shape: tuple[int, int],
        capacity: int = _CAPACITY,
    ) -> None:
        """`identity` is that of the projector, `shape` that of all its soft tokens.

        `shelf` None: nothing is kept on disk. `capacity` is in bytes of memory.
        """
        self._shelf = shelf
        self._identity = identity
        self._shape = shape
        self._capacity = capacity
        self._size = 0
        self._items: OrderedDict[str, Floats] = OrderedDict()

    def get(self, sha256: str) -> Floats | None:
        found = self._items.get(sha256)
        if found is not None:
            self._items.move_to_end(sha256)
            return found
        found = self._from_disk(sha256)
        if found is not None:
            self._remember(sha256, found)
        return found

    def put(self, sha256: str, embeddings: Floats) -> None:
        self._remember(sha256, embeddings)
        if self._shelf is not None:
            header = {"identity": self._identity, "picture": sha256}
            try:
                self._shelf.put(self._name(sha256), header, embeddings.data.cast("B"))
            except OSError as error:
                print(f"a picture's soft tokens can't be kept: {error}", file=sys.stderr)

    def _remember(self, sha256: str, embeddings: Floats) -> None:
        self._items[sha256] = embeddings
        self._size += embeddings.nbytes
        while self._size > self._capacity and len(self._items) > 1:
            _, oldest = self._items.popitem(last=False)
            self._size -= oldest.nbytes

    def _from_disk(self, sha256: str) -> Floats | None:
        if self._shelf is None:
            return None
        name = self._name(sha256)
        try:
            header = self._shelf.header(name)
            if (header.get("identity"), header.get("picture")) != (self._identity, sha256):
                raise DamagedError("it belongs to another picture or projector")
            found: Floats = np.frombuffer(self._shelf.payload(name), np.float32)
            if found.size != self._shape[0] * self._shape[1]:
                raise DamagedError("it has another shape")
            return found.reshape(self._shape)
        except FileNotFoundError:
            return None
        except (OSError, DamagedError) as error:
            print(f"soft tokens {name} are dropped: {error}", file=sys.stderr)
            self._shelf.drop(name)
            return None

    def _name(self, sha256: str) -> str:
        return hashlib.sha256(f"{self._identity} {sha256}".encode()).hexdigest()[:32]
