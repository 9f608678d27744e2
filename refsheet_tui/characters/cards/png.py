"""The text chunks of PNG files (PNG specification, sections 5 and 11.3.4)."""

from __future__ import annotations

import io
import struct
import zlib
from collections import deque
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
_COLOR_PROFILE = b"iCCP"
_TEXTS = (_TEXT, _COMPRESSED, _INTERNATIONAL)
_END = b"IEND"
_CHUNK_HEAD = struct.Struct(">I4s")
# A keyword has at most 79 bytes.
_MAX_KEYWORD_BYTES = 80
# Inflated. Pillow refuses a file with more in one chunk.
_MAX_METADATA_BYTES = 1 << 20
_MAX_ALL_METADATA_BYTES = 16 << 20


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
    chunks: dict[bytes, PngChunk] = {}
    for chunk in _chunks(data):
        if chunk.kind in _TEXTS and chunk.is_whole:
            start = data[chunk.begin : chunk.begin + min(chunk.length, _MAX_KEYWORD_BYTES)]
            keyword = start.partition(b"\0")[0]
            if keyword in keywords:
                chunks[keyword] = chunk
    texts = {}
    for keyword, chunk in chunks.items():
        text = _unpack(chunk.kind, _content(data, chunk).partition(b"\0")[2])
        if len(text) > MAX_ENCODED_BYTES:
            raise too_large_error(N_("The text"))
        texts[keyword] = PngText(text, chunk.begin)
    return texts


def check_complete(data: bytes) -> None:
    """Raise `CardError` for a PNG file whose chunks end before its end chunk."""
    if not data.startswith(PNG_SIGNATURE):  # the end of it shows what has changed line ends
        raise damaged_error(len(PNG_SIGNATURE) // 2)
    last_chunk = deque(_chunks(data), maxlen=1)
    if not last_chunk or last_chunk[0].kind.isalpha():
        if not last_chunk or last_chunk[0].kind != _END:
            raise cut_short_error(len(data))
    else:
        raise damaged_error(last_chunk[0].begin)


def replace_text_chunks(data: bytes, texts: dict[bytes, bytes]) -> bytes:
    """Return the PNG file with `texts`, by keyword, in front of its end chunk.

    They replace the texts that have the same keywords. Left out is what other programs refuse a
    file for: ancillary chunks with a wrong checksum, and compressed metadata of more than a
    megabyte, or of more than 16 in all. So is what is behind the end.
    """
    file, parts, room = io.BytesIO(data), [PNG_SIGNATURE], _MAX_ALL_METADATA_BYTES
    for chunk in _chunks(data):
        if chunk.kind == _END or not chunk.is_whole:
            continue
        content = _content(data, chunk)
        if chunk.kind in _TEXTS and content.partition(b"\0")[0] in texts:
            continue
        if chunk.is_ancillary and chunk.read(file) is None:
            continue
        deflated = _deflated_part(chunk.kind, content.partition(b"\0")[2])
        if deflated is not None:
            inflated = _inflate(deflated, _MAX_METADATA_BYTES + 1) if room > 0 else None
            # Data that is damaged has been inflated up to there, which takes as long.
            room -= _MAX_METADATA_BYTES if inflated is None else len(inflated)
            if room < 0 or (inflated is not None and len(inflated) > _MAX_METADATA_BYTES):
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
    deflated = _deflated_part(kind, content)
    if deflated is not None:
        return _inflate(deflated, MAX_ENCODED_BYTES + 1) or b""
    return _international_text(content) if kind == _INTERNATIONAL else content


def _deflated_part(kind: bytes, content: bytes) -> bytes | None:
    """Return what is compressed in a chunk whose `content` follows its keyword; None if nothing."""
    if kind in (_COMPRESSED, _COLOR_PROFILE):
        return content[1:]  # behind the method
    is_compressed = kind == _INTERNATIONAL and content[:1] == b"\1"
    return _international_text(content) if is_compressed else None


def _international_text(content: bytes) -> bytes:
    # It is behind two flags, a language, and the keyword in that language.
    return content[2:].partition(b"\0")[2].partition(b"\0")[2]


def _build_chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return _CHUNK_HEAD.pack(len(content), kind) + content + struct.pack(">I", checksum)


def _inflate(data: bytes, limit: int) -> bytes | None:
    """Return at most `limit` bytes of the inflated data; None if it can't be inflated."""
    try:
        return zlib.decompressobj().decompress(data, limit)
    except zlib.error:
        return None
