"""What makes a cached result valid: the weights and the program that made it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import llama_cpp

# Enough for every header and vocabulary, and samples spread over the tensors: two files that
# agree in all of this and in their size differ in nothing that training could have changed.
_HEAD_BYTES = 8 << 20
_SAMPLES = 64
_SAMPLE_BYTES = 4096


def fingerprint(parts: Iterable[Path]) -> str:
    """Return a hash of the content of a model's files, made in milliseconds: of each its size, its
    head, and samples.

    Raises `OSError`.
    """
    found = hashlib.sha256()
    for part in parts:
        with part.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            found.update(size.to_bytes(8, "little"))
            file.seek(0)
            found.update(file.read(_HEAD_BYTES))
            for number in range(_SAMPLES):
                file.seek(size * number // _SAMPLES)
                found.update(file.read(_SAMPLE_BYTES))
    return found.hexdigest()


def identity(facts: Iterable[object]) -> str:
    """One name for a list of facts, together with the version of llama.cpp."""
    text = "\n".join(map(str, (llama_cpp.__version__, *facts)))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
