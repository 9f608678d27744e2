"""Cache the soft tokens of pictures, so that no picture is encoded twice."""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict

import numpy as np

from refsheet_tui.engine.disk_cache import DamagedEntryError, DiskCache
from refsheet_tui.engine.native.llama_context import Floats

_log = logging.getLogger(__name__)

# Bytes in memory: about a hundred pictures of a 4B model, fifty of a 27B one.
_MEMORY_CAPACITY = 256 * 1024 * 1024


class EmbeddingCache:
    """Soft tokens by the hash of their picture, in memory and on disk.

    The least recently used are removed first. Only one thread may use it at a time.
    """

    def __init__(
        self,
        disk_cache: DiskCache | None,
        identity: str,
        shape: tuple[int, int],
        capacity: int = _MEMORY_CAPACITY,
    ) -> None:
        """Use at most `capacity` bytes of memory, and `disk_cache` on disk if it is not None.

        `identity` is that of the projector. `shape` is that of a picture's soft tokens.
        """
        self._disk_cache = disk_cache
        self._identity = identity
        self._shape = shape
        self._capacity = capacity
        self._size = 0
        self._items: OrderedDict[str, Floats] = OrderedDict()

    def get(self, sha256: str) -> Floats | None:
        embeddings = self._items.get(sha256)
        if embeddings is not None:
            self._items.move_to_end(sha256)
            return embeddings
        embeddings = self._read_from_disk(sha256)
        if embeddings is not None:
            self._put_in_memory(sha256, embeddings)
        return embeddings

    def put(self, sha256: str, embeddings: Floats) -> None:
        self._put_in_memory(sha256, embeddings)
        if self._disk_cache is not None:
            header = {"identity": self._identity, "picture": sha256}
            try:
                self._disk_cache.write_entry(
                    self._entry_name(sha256), header, embeddings.data.cast("B")
                )
            except OSError as error:
                _log.warning("a picture's soft tokens can't be saved: %s", error)

    def _put_in_memory(self, sha256: str, embeddings: Floats) -> None:
        self._items[sha256] = embeddings
        self._size += embeddings.nbytes
        while self._size > self._capacity and len(self._items) > 1:
            _, oldest = self._items.popitem(last=False)
            self._size -= oldest.nbytes

    def _read_from_disk(self, sha256: str) -> Floats | None:
        if self._disk_cache is None:
            return None
        name = self._entry_name(sha256)
        try:
            header = self._disk_cache.read_header(name)
            if (header.get("identity"), header.get("picture")) != (self._identity, sha256):
                raise DamagedEntryError("it belongs to another picture or projector")
            embeddings: Floats = np.frombuffer(self._disk_cache.read_payload(name), np.float32)
            if embeddings.size != self._shape[0] * self._shape[1]:
                raise DamagedEntryError("it has another shape")
            return embeddings.reshape(self._shape)
        except FileNotFoundError:
            return None
        except (OSError, DamagedEntryError) as error:
            _log.warning("soft tokens %s are dropped: %s", name, error)
            self._disk_cache.remove(name)
            return None

    def _entry_name(self, sha256: str) -> str:
        return hashlib.sha256(f"{self._identity} {sha256}".encode()).hexdigest()[:32]
