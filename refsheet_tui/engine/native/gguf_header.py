"""The head of a GGUF file: its metadata and where its tensors end.

Read before llama.cpp sees the file, because what it says of a damaged one is for programmers.
Format: ggml's docs/gguf.md, versions 2 and 3.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

Scalar = int | float | bool | str

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_DEFAULT_ALIGNMENT = 32
_MAX_DIMS = 4
# gguf.md, enum gguf_metadata_value_type: value type -> format of struct
_SCALARS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
_STRING, _ARRAY = 8, 9
# ggml.h, enum ggml_type -> (elements in a block, bytes of a block), from ggml-quants. Types that
# are not listed are not measured.
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110),
    22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8),
    29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip


class NotGgufError(ValueError):
    """The file does not begin like a GGUF of a known version."""


class CutShortError(ValueError):
    """The file ends before what its head announces."""


@dataclass(frozen=True)
class GgufHeader:
    """`metadata` holds the scalars alone (arrays, such as the vocabulary, are skipped); `shapes`
    the dimensions of each tensor, the fastest first; `end` the bytes the file must have."""

    metadata: dict[str, Scalar] = field(default_factory=dict)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    end: int = 0

    def text(self, key: str) -> str:
        value = self.metadata.get(key)
        return value if isinstance(value, str) else ""

    def number(self, key: str) -> int:
        value = self.metadata.get(key)
        return value if isinstance(value, int) else 0


def read_header(path: Path) -> GgufHeader:
    """Raises `OSError`, `NotGgufError`, or `CutShortError` when tensors reach past the end."""
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise NotGgufError(path)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                header = _Reader(data).header()
            except (struct.error, IndexError, OverflowError) as error:
                raise CutShortError(path) from error
            if header.end > len(data):
                raise CutShortError(path)
            return header


class _Reader:
    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._position = len(_MAGIC)

    def header(self) -> GgufHeader:
        if self._integer("I") not in _VERSIONS:
            raise NotGgufError
        n_tensors, n_pairs = self._integer("Q"), self._integer("Q")
        metadata = dict(self._pairs(n_pairs))
        tensors = list(self._tensors(n_tensors))
        alignment = metadata.get("general.alignment")
        step = alignment if isinstance(alignment, int) and alignment > 0 else _DEFAULT_ALIGNMENT
        begin = -(-self._position // step) * step
        ends = [offset + size for _, _, offset, size in tensors]
        shapes = {name: shape for name, shape, _, _ in tensors}
        return GgufHeader(metadata, shapes, begin + max(ends, default=0))

    def _pairs(self, count: int) -> Iterator[tuple[str, Scalar]]:
        for _ in range(count):
            key = self._string()
            kind = self._integer("I")
            if kind == _ARRAY:
                self._skip_array()
            else:
                yield key, self._value(kind)

    def _tensors(self, count: int) -> Iterator[tuple[str, tuple[int, ...], int, int]]:
        for _ in range(count):
            name = self._string()
            n_dims = self._integer("I")
            if n_dims > _MAX_DIMS:
                raise NotGgufError(f"{name} has {n_dims} dimensions")
            shape = tuple(self._integer("Q") for _ in range(n_dims))
            kind, offset = self._integer("I"), self._integer("Q")
            elements = 1
            for length in shape:
                elements *= length
            block, size = _BLOCKS.get(kind, (1, 0))
            yield name, shape, offset, elements // block * size

    def _value(self, kind: int) -> Scalar:
        if kind == _STRING:
            return self._string()
        return self._unpack(_SCALARS.get(kind) or _unknown_type(kind))

    def _skip_array(self) -> None:
        kind, count = self._integer("I"), self._integer("Q")
        if kind != _STRING:
            item = _SCALARS.get(kind) or _unknown_type(kind)
            self._position += struct.calcsize("<" + item) * count
            return
        # A vocabulary has 262,144 strings: nothing in this loop but the lengths.
        unpack: Callable[..., tuple[int]] = struct.Struct("<Q").unpack_from
        data, position = self._data, self._position
        for _ in range(count):
            position += 8 + unpack(data, position)[0]
        self._position = position

    def _string(self) -> str:
        length = self._integer("Q")
        begin = self._position
        self._position += length
        if self._position > len(self._data):
            raise IndexError
        return self._data[begin : self._position].decode("utf-8", "replace")

    def _integer(self, format: str) -> int:
        return int(self._unpack(format))

    def _unpack(self, format: str) -> Scalar:
        value: Scalar = struct.unpack_from("<" + format, self._data, self._position)[0]
        self._position += struct.calcsize("<" + format)
        return value


def _unknown_type(kind: int) -> str:
    raise NotGgufError(f"metadata of type {kind}")
