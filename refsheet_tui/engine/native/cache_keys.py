"""Make the keys of cached results from what they depend on: the weights and the program."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

# This is enough for every header and vocabulary, and for samples spread over the tensors. Two files
# that agree in all of it and in their size differ in nothing that training could have changed.
_HEAD_BYTES = 8 << 20
_SAMPLES = 64
_SAMPLE_BYTES = 4096


def fingerprint(parts: Iterable[Path]) -> str:
    """Return a hash of a model's files, made from their sizes, heads and samples in milliseconds.

    Raises `OSError`.
    """
    hasher = hashlib.sha256()
    for part in parts:
        with part.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            hasher.update(size.to_bytes(8, "little"))
            file.seek(0)
            hasher.update(file.read(_HEAD_BYTES))
            for number in range(_SAMPLES):
                file.seek(size * number // _SAMPLES)
                hasher.update(file.read(_SAMPLE_BYTES))
    return hasher.hexdigest()


def cache_key(components: Iterable[object]) -> str:
    """Return one key for its components, together with the version of llama.cpp."""
    text = "\n".join(map(str, (version("llama-cpp-python"), *components)))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
