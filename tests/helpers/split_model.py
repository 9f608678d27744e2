"""Splitting a GGUF file into parts, as llama.cpp's gguf-split does."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

from gguf import GGUFReader, ReaderField, ReaderTensor

from refsheet_tui.paths import demo_model

_ALIGNMENT = 32
_UINT16, _INT32 = 2, 5  # gguf.md, enum gguf_metadata_value_type


def split_model(
    folder: Path, counts: Sequence[int], *, model: Path | None = None, name: str = "demo"
) -> list[Path]:
    """Write the parts, the first with `counts[0]` tensors and so on, and return their paths.

    All metadata go into the first part. `model` is the file to split; None means the demo.
    """
    reader = GGUFReader(model or demo_model())
    assert sum(counts) == len(reader.tensors)
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    begin = 0
    for number, count in enumerate(counts):
        tensors = reader.tensors[begin : begin + count]
        begin += count
        metadata = [_raw(reader, field) for field in _fields(reader)] if number == 0 else []
        metadata += [
            _pair("split.no", _UINT16, "H", number),
            _pair("split.count", _UINT16, "H", len(counts)),
            _pair("split.tensors.count", _INT32, "i", len(reader.tensors)),
        ]
        path = folder / f"{name}-{number + 1:05d}-of-{len(counts):05d}.gguf"
        path.write_bytes(_file(metadata, tensors))
        written.append(path)
    return written


def _fields(reader: GGUFReader) -> list[ReaderField]:
    return [each for name, each in reader.fields.items() if not name.startswith("GGUF.")]


def _raw(reader: GGUFReader, field: ReaderField) -> bytes:
    """Return the bytes of a key and its value in the file."""
    length = sum(int(part.nbytes) for part in field.parts)
    return bytes(reader.data[field.offset : field.offset + length])


def _pair(key: str, kind: int, format: str, value: int) -> bytes:
    return _text(key) + struct.pack(f"<I{format}", kind, value)


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


def _file(metadata: Sequence[bytes], tensors: Sequence[ReaderTensor]) -> bytes:
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata)) + b"".join(metadata)
    data = b""
    for tensor in tensors:
        shape = [int(side) for side in tensor.shape]
        head += _text(tensor.name)
        head += struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        head += struct.pack("<IQ", int(tensor.tensor_type), len(data))
        data += _padded(tensor.data.tobytes())
    return _padded(head) + data


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _ALIGNMENT)
