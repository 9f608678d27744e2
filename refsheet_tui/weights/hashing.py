"""SHA-256 checksums of large files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

# Large enough that the calls cost almost no time, small enough to stay in a core's cache.
_BLOCK_BYTES = 1 << 20


def sha256(path: Path, on_bytes: Callable[[int], None] = lambda count: None) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits.

    `on_bytes` is called with the number of bytes in each block, and may raise an error to stop.
    Raises `OSError`.
    """
    digest = hashlib.sha256()
    block = bytearray(_BLOCK_BYTES)
    view = memoryview(block)
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(block):
            digest.update(view[:count])
            on_bytes(count)
    return digest.hexdigest()
