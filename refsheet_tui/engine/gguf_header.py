"""The header of a GGUF file: its metadata, and the place of each tensor.

It is read before llama.cpp sees the file, because what llama.cpp says of a damaged file is for
programmers. The gguf package's reader would take seconds and hundreds of megabytes for a vocabulary
of 262,144 tokens, and it believes every length that a file announces. Format: ggml's docs/gguf.md,
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
# The most that a file may announce: far above what any model has, far below what would hurt. The
# largest strings are chat templates, of some 10 KB; most strings are in vocabularies and merges.
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
_LENGTH_BYTES = 8  # bytes before a string that say how long it is
# ggml.h, enum ggml_type -> (elements in a block, bytes of a block), from ggml-quants. A tensor of
# any other type counts as 0 bytes.
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110),
    22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8),
    29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip


class NotGgufError(ValueError):
    """A file that isn't GGUF of a known version, or that breaks its rules."""


class TruncatedFileError(ValueError):
    """A file that ends before what its header announces."""


@dataclass(frozen=True)
class GgufArray:
    """An array in the metadata, not read yet.

    `item_type` is the type of its items as gguf.md numbers it. `start` and `end` are the items'
    place in the file, in bytes.
    """

    item_type: int
    count: int
    start: int
    end: int


@dataclass(frozen=True)
class TensorInfo:
    """A tensor in the file.

    `shape` names the fastest dimension first. `size` is in bytes, 0 for a type that is not known
    here.
    """

    shape: tuple[int, ...]
    size: int


@dataclass(frozen=True)
class GgufHeader:
    """The header of a GGUF file.

    `metadata` holds only the scalars. `file_size` is how many bytes the file must have.
    """

    metadata: dict[str, Scalar] = field(default_factory=dict)
    arrays: dict[str, GgufArray] = field(default_factory=dict)
    tensors: dict[str, TensorInfo] = field(default_factory=dict)
    file_size: int = 0

    def get_text(self, key: str) -> str:
        """Return a text of the metadata; empty when there is none."""
        value = self.metadata.get(key)
        return value if isinstance(value, str) else ""

    def get_integer(self, key: str) -> int:
        """Return a whole number of the metadata; 0 when there is none."""
        value = self.metadata.get(key)
        return value if isinstance(value, int) else 0


def read_header(path: Path) -> GgufHeader:
    """Read the header of a GGUF file.

    Raises `OSError`, `NotGgufError`, or `TruncatedFileError` when tensors reach past the end.
    """
    with _map_file(path) as data:
        try:
            header = _HeaderReader(data).read_header()
        except (struct.error, IndexError, OverflowError) as error:
            raise TruncatedFileError(path) from error
        if header.file_size > len(data):
            raise TruncatedFileError(path)
        return header


def find_strings(path: Path, array: GgufArray, strings: Collection[str]) -> dict[str, int]:
    """Return the index in `array` of each of the `strings` that it contains.

    A string that occurs more than once has the index of its first item. Raises `OSError`.
    """
    indexes: dict[str, int] = {}
    if array.item_type != _STRING:
        return indexes
    missing = {string.encode(): string for string in strings}
    lengths = {len(string) for string in missing}
    with _map_file(path) as data:
        unpack: Callable[..., tuple[int]] = struct.Struct("<Q").unpack_from
        position = array.start
        for index in range(array.count):
            length, begin = unpack(data, position)[0], position + _LENGTH_BYTES
            position = begin + length
            if length in lengths and (string := missing.pop(data[begin:position], None)):
                indexes[string] = index
    return indexes


def read_integer(path: Path, array: GgufArray, index: int) -> int | None:
    """Return an item of an array of whole numbers; None if it doesn't exist.

    Raises `OSError`.
    """
    format = _integer_format(array)
    if not format or not 0 <= index < array.count:
        return None
    with _map_file(path) as data:
        offset = array.start + index * struct.calcsize(format)
        return int(struct.unpack_from(format, data, offset)[0])


def read_integers(path: Path, array: GgufArray, limit: int) -> tuple[int, ...]:
    """Return the first `limit` items of an array of whole numbers, or nothing for any other array.

    Raises `OSError`.
    """
    format = _integer_format(array)
    if not format:
        return ()
    with _map_file(path) as data:
        count = min(array.count, limit)
        return struct.unpack_from(f"<{count}{format[1]}", data, array.start)


def _integer_format(array: GgufArray) -> str:
    """Return the struct format for an item of `array`; empty if the items aren't whole numbers."""
    item_format = _SCALARS.get(array.item_type, "?")
    return f"<{item_format}" if item_format in "BbHhIiQq" else ""


@contextmanager
def _map_file(path: Path) -> Iterator[mmap.mmap]:
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise NotGgufError(path)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data


class _HeaderReader:
    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._position = len(_MAGIC)
        self._arrays: dict[str, GgufArray] = {}
        self._string_count = 0

    def read_header(self) -> GgufHeader:
        if self._read_integer("I") not in _VERSIONS:
            raise NotGgufError
        n_tensors, n_pairs = (
            self._read_count("Q", _MAX_ENTRIES),
            self._read_count("Q", _MAX_ENTRIES),
        )
        metadata = dict(self._read_metadata(n_pairs))
        tensors = list(self._read_tensor_infos(n_tensors))
        value = metadata.get("general.alignment")
        alignment = value if isinstance(value, int) and value > 0 else _DEFAULT_ALIGNMENT
        data_start = -(-self._position // alignment) * alignment
        file_size = data_start + max((offset + each.size for _, offset, each in tensors), default=0)
        tensors_by_name = {name: each for name, _, each in tensors}
        if len(tensors_by_name) != n_tensors:
            raise NotGgufError("two tensors of one name")
        return GgufHeader(metadata, self._arrays, tensors_by_name, file_size)

    def _read_metadata(self, count: int) -> Iterator[tuple[str, Scalar]]:
        for _ in range(count):
            key = self._read_string()
            value_type = self._read_integer("I")
            if value_type == _ARRAY:
                self._arrays[key] = self._read_array()
            else:
                yield key, self._read_value(value_type)

    def _read_tensor_infos(self, count: int) -> Iterator[tuple[str, int, TensorInfo]]:
        for _ in range(count):
            name = self._read_string()
            n_dims = self._read_count("I", _MAX_DIMS)
            shape = tuple(self._read_integer("Q") for _ in range(n_dims))
            tensor_type, offset = self._read_integer("I"), self._read_integer("Q")
            block_length, block_bytes = _BLOCKS.get(tensor_type, (1, 0))
            yield name, offset, TensorInfo(shape, math.prod(shape) // block_length * block_bytes)

    def _read_value(self, value_type: int) -> Scalar:
        if value_type == _STRING:
            return self._read_string()
        return self._unpack(_SCALARS.get(value_type) or _raise_unknown_type(value_type))

    def _read_array(self) -> GgufArray:
        item_type, count = self._read_integer("I"), self._read_integer("Q")
        begin = self._position
        if item_type == _STRING:
            self._string_count += count
            if self._string_count > _MAX_STRINGS:
                raise NotGgufError(f"{self._string_count} strings")
            # A vocabulary has 262,144 strings, so this loop reads only the lengths.
            unpack: Callable[..., tuple[int]] = struct.Struct("<Q").unpack_from
            data, position = self._data, begin
            for _ in range(count):
                position += _LENGTH_BYTES + unpack(data, position)[0]
            self._position = position
        else:
            item_format = _SCALARS.get(item_type) or _raise_unknown_type(item_type)
            self._position = begin + struct.calcsize("<" + item_format) * count
        if self._position > len(self._data):
            raise IndexError
        return GgufArray(item_type, count, begin, self._position)

    def _read_string(self) -> str:
        length = self._read_count("Q", _MAX_STRING)
        begin = self._position
        self._position += length
        if self._position > len(self._data):
            raise IndexError
        return self._data[begin : self._position].decode("utf-8", "replace")

    def _read_count(self, format: str, limit: int) -> int:
        """Read a count, which may be at most `limit`."""
        count = self._read_integer(format)
        if count > limit:
            raise NotGgufError(f"{count} where {limit} are the most")
        return count

    def _read_integer(self, format: str) -> int:
        return int(self._unpack(format))

    def _unpack(self, format: str) -> Scalar:
        value: Scalar = struct.unpack_from("<" + format, self._data, self._position)[0]
        self._position += struct.calcsize("<" + format)
        return value


def _raise_unknown_type(value_type: int) -> str:
    raise NotGgufError(f"metadata of type {value_type}")
