"""Cards as other programs write them, built by the public specifications."""

from __future__ import annotations

import base64
import io
import json
import struct
import zipfile
import zlib
from typing import Any

from refsheet_tui.paths import samples_dir

SHEET = (samples_dir() / "ember.png").read_bytes()

V1: dict[str, Any] = {
    "name": "Ember",
    "description": "A red dragon.",
    "personality": "bold",
    "scenario": "A cave.",
    "first_mes": "Roar!\r\nHi, {{user}}.",
    "mes_example": "<START>\n{{user}}: Hi\n{{char}}: Roar",
}
V2: dict[str, Any] = {
    "spec": "chara_card_v2",
    "spec_version": "2.0",
    "data": {
        **V1,
        "creator_notes": "Be kind.",
        "system_prompt": "{{original}} Be red.",
        "post_history_instructions": "Stay red.",
        "alternate_greetings": ["Hello!", "Yo."],
        "tags": ["dragon", "red"],
        "creator": "somebody",
        "character_version": "1.2",
        "extensions": {"depth_prompt": {"prompt": "x", "depth": 4}, "vendor/x": [1, None, "ü"]},
        "character_book": {"entries": [{"keys": ["cave"], "content": "Dark.", "enabled": True}]},
    },
}
V3: dict[str, Any] = {
    "spec": "chara_card_v3",
    "spec_version": "3.0",
    "data": {
        **V2["data"],
        "group_only_greetings": ["Hi all."],
        "nickname": "Em",
        "creation_date": 1700000000,
        "assets": [
            {"type": "icon", "uri": "embeded://assets/icon.png", "name": "main", "ext": "png"}
        ],
        "something_new": {"deep": [{"er": 1.5}]},
    },
}
PYGMALION = {
    "char_name": "Ember",
    "char_persona": "A red dragon.",
    "char_greeting": "Roar!",
    "example_dialogue": "You: Hi",
    "world_scenario": "A cave.",
}


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def encoded(card: object) -> bytes:
    return base64.b64encode(json.dumps(card).encode())


def text(keyword: bytes, content: bytes) -> bytes:
    return chunk(b"tEXt", keyword + b"\0" + content)


def compressed(keyword: bytes, content: bytes) -> bytes:
    return chunk(b"zTXt", keyword + b"\0\0" + zlib.compress(content))


def international(keyword: bytes, content: bytes) -> bytes:
    return chunk(b"iTXt", keyword + b"\0\0\0en\0\0" + content)


def png(*chunks: bytes, at_the_end: bool = True) -> bytes:
    """Return the sheet's PNG with these chunks after its pixels, or before them."""
    place = len(SHEET) - 12 if at_the_end else 33
    return SHEET[:place] + b"".join(chunks) + SHEET[place:]


def zip64(archive: bytes) -> bytes:
    """Return a ZIP file without a comment with the records of ZIP64 at its end."""
    _, _, _, here, entries, size, offset, _ = struct.unpack("<4s4H2IH", archive[-22:])
    record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, here, entries, size, offset)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(archive) - 22, 1)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return archive[:-22] + record + locator + end


def charx(card: object, **files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("card.json", json.dumps(card))
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()
