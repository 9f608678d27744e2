"""Cards in the metadata of pictures, as other programs write them."""

from __future__ import annotations

import base64
import io
import json
import struct
from collections.abc import Callable

from PIL import Image

from helpers.cards import chunk

EXIF_DIRECTORY, USER_COMMENT, DESCRIPTION, XP_COMMENT = 0x8769, 0x9286, 0x010E, 0x9C9C


def drawing(size: tuple[int, int] = (24, 32)) -> Image.Image:
    return Image.radial_gradient("L").resize(size).convert("RGB")


def exif(comment: bytes, tag: int = USER_COMMENT, order: str = ">") -> bytes:
    """Return EXIF data with one text."""
    mark = b"MM\0*" if order == ">" else b"II*\0"
    if tag == USER_COMMENT:
        first = struct.pack(f"{order}HHHII", 1, EXIF_DIRECTORY, 4, 1, 26) + bytes(4)
        entry = struct.pack(f"{order}HHHII", 1, tag, 7, len(comment), 44) + bytes(4)
        return mark + struct.pack(f"{order}I", 8) + first + entry + comment
    entry = struct.pack(f"{order}HHHII", 1, tag, 1 if tag == XP_COMMENT else 2, len(comment), 26)
    return mark + struct.pack(f"{order}I", 8) + entry + bytes(4) + comment


def xmp(inner: str) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description '
        f'xmlns:exif="http://ns.adobe.com/exif/1.0/"{inner}</rdf:RDF></x:xmpmeta>'
    ).encode()


def saved(kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    drawing().save(out, kind, **options)
    return out.getvalue()


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    data = saved("JPEG")
    parts = [
        bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content
        for marker, content in segments
    ]
    return data[:20] + b"".join(parts) + data[20:]


def gif(comment: bytes) -> bytes:
    data = saved("GIF")
    place = 13 + (3 << ((data[10] & 7) + 1))
    blocks = b"".join(
        bytes([len(comment[begin : begin + 255])]) + comment[begin : begin + 255]
        for begin in range(0, len(comment), 255)
    )
    return data[:place] + b"\x21\xfe" + blocks + b"\0" + data[place:]


ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "JSON": lambda text: text,
    "base64": base64.b64encode,
    "base64 for URLs without padding": lambda text: base64.urlsafe_b64encode(text).rstrip(b"="),
    "numbers": lambda text: ",".join(map(str, text)).encode(),
    "numbers in brackets": lambda text: json.dumps(list(text)).encode(),
    "ASCII": lambda text: b"ASCII\0\0\0" + text,
    "ASCII, base64, NUL": lambda text: b"ASCII\0\0\0" + base64.b64encode(text) + b"\0",
    "undefined": lambda text: bytes(8) + text,
    "UTF-16, small end first": lambda text: b"UNICODE\0" + text.decode().encode("utf-16-le"),
    "UTF-16, great end first": lambda text: b"UNICODE\0" + text.decode().encode("utf-16-be"),
    "UTF-16 with a mark": lambda text: b"UNICODE\0" + text.decode().encode("utf-16"),
    "with a BOM": lambda text: b"\xef\xbb\xbf" + text,
    "labeled": lambda text: b"chara\0" + base64.b64encode(text),
}


def png_exif(text: bytes) -> bytes:
    data = saved("PNG")
    return data[:33] + chunk(b"eXIf", exif(text)) + data[33:]
