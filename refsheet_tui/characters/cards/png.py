"""The text chunks of PNG files (PNG specification, sections 5 and 11.3.4)."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from refsheet_tui.characters.cards.limits import (
    MAX_ENCODED_BYTES,
    cut_short_error,
    damaged_error,
    too_large_error,
)
from refsheet_tui.i18n import N_
from refsheet_tui.pictures import PNG_SIGNATURE, PngChunk, read_png_chunks

_TEXT, _COMPRESSED, _INTERNATIONAL = b"tEXt", b"zTXt", b"iTXt"
_TEXTS = (_TEXT, _COMPRESSED, _INTERNATIONAL)
_END = b"IEND"
_CHUNK_HEAD = struct.Struct(">I4s")
# A keyword has at most 79 bytes.
_MAX_KEYWORD_BYTES = 80


@dataclass(frozen=True)
class PngText:
    """A text of a PNG file, and where its chunk begins, in bytes."""

    text: bytes
    place: int


def read_text_chunks(data: bytes, keywords: tuple[bytes, ...]) -> dict[bytes, PngText]:
    """Return the texts that have one of `keywords`, wherever they stand in the file.

    If a keyword occurs more than once, the last one counts. Checksums don't count, since a text
    that is damaged is no card. Raises `CardError` for a text that is too large.
    """
    texts: dict[bytes, PngText] = {}
    for chunk in _chunks(data):
        if chunk.kind not in _TEXTS or not chunk.is_whole:
            continue
        start = data[chunk.begin : chunk.begin + min(chunk.length, _MAX_KEYWORD_BYTES)]
        keyword = start.partition(b"\0")[0]
        if keyword not in keywords:
            continue
        text = _unpack(chunk.kind, _content(data, chunk).partition(b"\0")[2])
        if len(text) > MAX_ENCODED_BYTES:
            raise too_large_error(N_("The text"))
        texts[keyword] = PngText(text, chunk.begin)
    return texts


def check_complete(data: bytes) -> None:
    """Raise `CardError` for a PNG file whose chunks end before its end chunk."""
    last = None
    for last in _chunks(data):  # noqa: B007 - only the last one matters
        pass
    if last is None or last.kind.isalpha():
        if last is None or last.kind != _END:
            raise cut_short_error(len(data))
    else:
        raise damaged_error(last.begin)


def replace_text_chunks(data: bytes, texts: dict[bytes, bytes]) -> bytes:
    """Return the PNG file with `texts`, by keyword, in front of its end chunk.

    They replace the texts that have the same keywords. Ancillary chunks with a wrong checksum are
    left out, because other programs refuse a file for them, and so is what is behind the end.
    """
    file, parts = io.BytesIO(data), [PNG_SIGNATURE]
    for chunk in _chunks(data):
        if chunk.kind == _END or not chunk.is_whole:
            continue
        content = _content(data, chunk)
        if chunk.kind in _TEXTS and content.partition(b"\0")[0] in texts:
            continue
        if chunk.is_ancillary and chunk.read(file) is None:
            continue
        parts.append(_build_chunk(chunk.kind, content))
    parts += [_build_chunk(_TEXT, keyword + b"\0" + text) for keyword, text in texts.items()]
    return b"".join([*parts, _build_chunk(_END, b"")])


def _chunks(data: bytes) -> Iterator[PngChunk]:
    try:
        yield from read_png_chunks(io.BytesIO(data))
    except ValueError as error:
        raise too_large_error(N_("The file list")) from error


def _content(data: bytes, chunk: PngChunk) -> bytes:
    return data[chunk.begin : chunk.begin + chunk.length]


def _unpack(kind: bytes, content: bytes) -> bytes:
    """Return the text of a chunk whose `content` follows its keyword."""
    if kind == _COMPRESSED:
        return _inflate(content[1:])
    if kind == _INTERNATIONAL:
        # Two flags, then a language and the keyword in it, then the text.
        text = content[2:].partition(b"\0")[2].partition(b"\0")[2]
        return _inflate(text) if content[:1] == b"\1" else text
    return content


def _build_chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return _CHUNK_HEAD.pack(len(content), kind) + content + struct.pack(">I", checksum)


def _inflate(data: bytes) -> bytes:
    """Return the inflated data, or nothing if it can't be inflated.

    The limit holds for the bytes that are really unpacked.
    """
    decompressor = zlib.decompressobj()
    try:
        text = decompressor.decompress(data, MAX_ENCODED_BYTES + 1)
    except zlib.error:
        return b""
    return text
