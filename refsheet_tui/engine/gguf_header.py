"""The head of a GGUF file: its metadata, and its tensors with the place of each.

Read before llama.cpp sees the file, because what it says of a damaged one is for programmers; and
not by the gguf package's reader, which takes seconds and hundreds of megabytes for a vocabulary of
262,144 tokens, and believes every length that a file announces. Format: ggml's docs/gguf.md,
versions 2 and 3.
"""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

Scalar = int | float | bool | str

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_DEFAULT_ALIGNMENT = 32
_MAX_DIMS = 4
# What a file may announce: far above what any model has, far below what would hurt. The largest
# strings are chat templates, of some 10 KB; most strings are in vocabularies and merges.
_MAX_STRING = 1 << 20
_MAX_ENTRIES = 1 << 16
_MAX_STRINGS = 1 << 22
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
_LENGTH = 8  # bytes before a string that say how long it is
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
    """The file is no GGUF of a known version, or breaks its rules."""


class CutShortError(ValueError):
    """The file ends before what its head announces."""


@dataclass(frozen=True)
class Array:
    """A list in the metadata, left where it is: `begin` and `end` are its items' place in the
    file, `kind` their type as gguf.md numbers it."""

    kind: int
    count: int
    begin: int
    end: int


@dataclass(frozen=True)
class Tensor:
    """`shape` names the fastest dimension first; `size` is in bytes, 0 for a type that is not
    known here."""

    shape: tuple[int, ...]
    size: int


@dataclass(frozen=True)
class GgufHeader:
    """`metadata` holds the scalars alone; `end` is how many bytes the file must have."""

    metadata: dict[str, Scalar] = field(default_factory=dict)
    arrays: dict[str, Array] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    end: int = 0

    def text(self, key: str) -> str:
        value = self.metadata.get(key)
        return value if isinstance(value, str) else ""

    def number(self, key: str) -> int:
        value = self.metadata.get(key)
        return value if isinstance(value, int) else 0


def read_header(path: Path) -> GgufHeader:
    """Raises `OSError`, `NotGgufError`, or `CutShortError` when tensors reach past the end."""
    with _mapped(path) as data:
        try:
            header = _Reader(data).header()
        except (struct.error, IndexError, OverflowError) as error:
            raise CutShortError(path) from error
        if header.end > len(data):
            raise CutShortError(path)
        return header


def find_strings(path: Path, array: Array, wanted: Collection[str]) -> dict[str, int]:
    """The index of the first item of `array` that is each of `wanted`; nothing for what is not
    among them. Raises `OSError`."""
    found: dict[str, int] = {}
    if array.kind != _STRING:
        return found
    missing = {word.encode(): word for word in wanted}
    lengths = {len(word) for word in missing}
    with _mapped(path) as data:
        unpack: Callable[..., tuple[int]] = struct.Struct("<Q").unpack_from
        position = array.begin
        for index in range(array.count):
            length, begin = unpack(data, position)[0], position + _LENGTH
            position = begin + length
            if length in lengths and (word := missing.pop(data[begin:position], None)):
                found[word] = index
    return found


def integer_at(path: Path, array: Array, index: int) -> int | None:
    """An item of a list of whole numbers; None where there is none. Raises `OSError`."""
    format = _whole_number(array)
    if not format or not 0 <= index < array.count:
        return None
    with _mapped(path) as data:
        place = array.begin + index * struct.calcsize(format)
        return int(struct.unpack_from(format, data, place)[0])


def read_integers(path: Path, array: Array, limit: int) -> tuple[int, ...]:
    """Return the first `limit` items of a list of whole numbers, or nothing for another list.

    Raises `OSError`.
    """
    format = _whole_number(array)
    if not format:
        return ()
    with _mapped(path) as data:
        count = min(array.count, limit)
        return struct.unpack_from(f"<{count}{format[1]}", data, array.begin)


def _whole_number(array: Array) -> str:
    """The format of struct for an item of `array`; empty where items are something else."""
    item = _SCALARS.get(array.kind, "?")
    return f"<{item}" if item in "BbHhIiQq" else ""


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap]:
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise NotGgufError(path)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data


class _Reader:
    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._position = len(_MAGIC)
        self._arrays: dict[str, Array] = {}
        self._strings = 0

    def header(self) -> GgufHeader:
        if self._integer("I") not in _VERSIONS:
            raise NotGgufError
        n_tensors, n_pairs = self._count("Q", _MAX_ENTRIES), self._count("Q", _MAX_ENTRIES)
        metadata = dict(self._pairs(n_pairs))
        tensors = list(self._tensors(n_tensors))
        alignment = metadata.get("general.alignment")
        step = alignment if isinstance(alignment, int) and alignment > 0 else _DEFAULT_ALIGNMENT
        begin = -(-self._position // step) * step
        end = begin + max((offset + each.size for _, offset, each in tensors), default=0)
        by_name = {name: each for name, _, each in tensors}
        if len(by_name) != n_tensors:
            raise NotGgufError("two tensors of one name")
        return GgufHeader(metadata, self._arrays, by_name, end)

    def _pairs(self, count: int) -> Iterator[tuple[str, Scalar]]:
        for _ in range(count):
            key = self._string()
            kind = self._integer("I")
            if kind == _ARRAY:
                self._arrays[key] = self._array()
            else:
                yield key, self._value(kind)

    def _tensors(self, count: int) -> Iterator[tuple[str, int, Tensor]]:
        for _ in range(count):
            name = self._string()
            n_dims = self._count("I", _MAX_DIMS)
            shape = tuple(self._integer("Q") for _ in range(n_dims))
            kind, offset = self._integer("I"), self._integer("Q")
            block, size = _BLOCKS.get(kind, (1, 0))
            yield name, offset, Tensor(shape, math.prod(shape) // block * size)

    def _value(self, kind: int) -> Scalar:
        if kind == _STRING:
            return self._string()
        return self._unpack(_SCALARS.get(kind) or _unknown_type(kind))

    def _array(self) -> Array:
        kind, count = self._integer("I"), self._integer("Q")
        begin = self._position
        if kind == _STRING:
            self._strings += count
            if self._strings > _MAX_STRINGS:
                raise NotGgufError(f"{self._strings} strings")
            # A vocabulary has 262,144 strings: nothing in this loop but the lengths.
            unpack: Callable[..., tuple[int]] = struct.Struct("<Q").unpack_from
            data, position = self._data, begin
            for _ in range(count):
                position += _LENGTH + unpack(data, position)[0]
            self._position = position
        else:
            item = _SCALARS.get(kind) or _unknown_type(kind)
            self._position = begin + struct.calcsize("<" + item) * count
        if self._position > len(self._data):
            raise IndexError
        return Array(kind, count, begin, self._position)

    def _string(self) -> str:
        length = self._count("Q", _MAX_STRING)
        begin = self._position
        self._position += length
        if self._position > len(self._data):
            raise IndexError
        return self._data[begin : self._position].decode("utf-8", "replace")

    def _count(self, format: str, limit: int) -> int:
        """A number of things, of which no file has more than `limit`."""
        count = self._integer(format)
        if count > limit:
            raise NotGgufError(f"{count} where {limit} are the most")
        return count

    def _integer(self, format: str) -> int:
        return int(self._unpack(format))

    def _unpack(self, format: str) -> Scalar:
        value: Scalar = struct.unpack_from("<" + format, self._data, self._position)[0]
        self._position += struct.calcsize("<" + format)
        return value


def _unknown_type(kind: int) -> str:
    raise NotGgufError(f"metadata of type {kind}")
