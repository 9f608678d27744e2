"""Hostile cards give one sentence, take little memory and time, and write nothing."""

from __future__ import annotations

import base64
import functools
import io
import json
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from helpers.card_pictures import DESCRIPTION, USER_COMMENT, XP_COMMENT, saved
from helpers.cards import SHEET, V3, charx, chunk, encoded, png, text, zip64
from helpers.cost import MIB, assert_cheap
from refsheet_tui.characters.cards import card_from_profile, profile_from_card, read_card
from refsheet_tui.errors import CardError
from refsheet_tui.untrusted import clean_text


def zip_with_false_size() -> bytes:
    """Return a CHARX file whose card claims to have ten bytes, but unpacks to 64 MiB."""
    data = bytearray(charx({"name": "x", "data": "0" * (64 * MIB)}))
    place = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, place + 24, 10)
    return bytes(data)


@functools.cache
def compressed_bomb() -> bytes:
    """Return 256 MiB of text, compressed to a quarter of a megabyte."""
    return zlib.compress(b"A" * (256 * MIB), 9)


def many_entries() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(70_000):
            archive.writestr(f"{number}", b"")
        archive.writestr("card.json", b"{}")
    return out.getvalue()


def many_more_entries() -> bytes:
    """Return an archive whose directory has 40 MiB."""
    archive = charx(V3)
    place = archive.rfind(b"PK\5\6")
    begin = archive.find(b"PK\1\2")
    directory = archive[begin:place] * (40 * MIB // (place - begin))
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 9, 9, len(directory), begin, 0)
    return archive[:begin] + directory + end


def many_more_entries_64() -> bytes:
    """Return the same archive, whose size is in the record of ZIP64 alone."""
    return zip64(many_more_entries())


def many_icons() -> bytes:
    """Return a CHARX file with icons that are no pictures, or have the wrong checksum."""
    uris = [f"embeded://{name}" for name in ("%62ig", "big") * 20_000]
    assets = [{"type": "icon", "uri": uri} for uri in uris]
    data = bytearray(charx({**V3, "data": {**V3["data"], "assets": assets}}, big=bytes(60 * MIB)))
    data[data.rfind(b"PK\1\2") + 16] ^= 1
    return bytes(data)


def webp(kind: bytes, *chunks: bytes) -> bytes:
    """Return a WEBP file with some chunks of one kind."""
    picture = saved("WEBP")[12:]
    body = b"".join(
        kind + struct.pack("<I", len(each)) + each + b"\0" * (len(each) % 2) for each in chunks
    )
    return b"RIFF" + struct.pack("<I", 4 + len(picture) + len(body)) + b"WEBP" + picture + body


def overlapping_exif(tags: list[int], size: int) -> bytes:
    """Return EXIF data of which every entry has the whole data for a value."""
    entries = b"".join(struct.pack("<HHII", tag, 7, size, 0) for tag in tags)
    data = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries
    return data.ljust(size, b"\0")


def overlapping_xmp(size: int) -> bytes:
    """Return a packet whose properties are within each other."""
    begin = b"".join(b"<a%d:chara>" % number for number in range(8))
    end = b"".join(b"</a%d:chara>" % number for number in range(8))
    return begin + b"&#65;" * (size // 5) + end


def bzip2_bomb() -> bytes:
    """Return a CHARX file of a few kilobytes, whose card has 320 MiB."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_BZIP2) as archive,
        archive.open("card.json", "w") as file,
    ):
        for _ in range(20):
            file.write(b" " * (16 * MIB))
    return out.getvalue()


def wide_yaml() -> bytes:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    pairs = zip("abcdefgh", "bcdefghi", strict=True)
    lines += [f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]" for old, new in pairs]
    return "\n".join(lines).encode()


AVIF = saved("AVIF")
BOMBS: dict[str, Callable[[], bytes]] = {
    "zTXt bomb": lambda: png(chunk(b"zTXt", b"chara\0\0" + compressed_bomb())),
    "iTXt bomb": lambda: png(chunk(b"iTXt", b"ccv3\0\1\0\0\0" + compressed_bomb())),
    "many compressed texts": lambda: png(
        *[chunk(b"zTXt", b"chara\0\0" + zlib.compress(b"A" * (5 * MIB), 9))] * 400
    ),
    "huge text": lambda: png(text(b"chara", b"A" * (8 * MIB))),
    "deep JSON": lambda: png(text(b"chara", base64.b64encode(b"[" * 1_000_000))),
    "deep objects": lambda: b'{"a":' * 500_000,
    "large JSON": lambda: json.dumps({"name": "x" * (6 * MIB)}).encode(),
    "a large picture in escapes": lambda: json.dumps(
        {"name": "x", "greeting": "x", "avatar": "data:," + "%89" * (8 * MIB - 99)},
    ).encode(),
    "a large picture in wide letters": lambda: json.dumps(
        {
            "name": "\U0001f409",
            "greeting": "x",
            "avatar": "data:;base64,iVBORw0KGgo" + "A" * (24 * MIB - 999),
        },
        ensure_ascii=False,
    ).encode(),
    "a large JSON in UTF-16": lambda: json.dumps({"name": "x", "x": "x" * (11 * MIB)}).encode(
        "utf-16"
    ),
    "a large text in other letters": lambda: b'{"name": "' + b"\x80" * (23 * MIB) + b'"}',
    "letters of any encoding": lambda: b"\xff\x80" * (30 * MIB),
    "many objects": lambda: b'{"a":[' + b"{}," * (1 * MIB) + b"{}]}",
    "large number": lambda: b'{"name":' + b"9" * 100_000 + b"}",
    "ZIP bomb": lambda: charx({"name": "x", "description": "0" * (64 * MIB)}),
    "bzip2 bomb": bzip2_bomb,
    "ZIP of many more files": many_more_entries,
    "ZIP64 of many more files": many_more_entries_64,
    "icons that can't be read": many_icons,
    "lying ZIP": zip_with_false_size,
    "ZIP of many files": many_entries,
    "YAML of aliases": wide_yaml,
    "deep YAML": lambda: b"a: " + b"[" * 100_000,
    "long chunk": lambda: (
        SHEET[:33] + struct.pack(">I4s", 2**31 - 1, b"tEXt") + b"chara\0" + SHEET[33:]
    ),
    "many chunks": lambda: png(
        *[chunk(b"tEXt", b"x\0") for _ in range(100_000)], text(b"chara", b"")
    ),
    "NUL": lambda: b"\0" * (16 * MIB),
    "large YAML": lambda: b"a: [" + b"x, " * 40_000 + b"x]",
    "larger YAML": lambda: b"a: [" + b"x, " * 4_000_000 + b"x]",
    "YAML of many values": lambda: b"a: [" + b"x," * 62_500 + b"]",
    "YAML with objects as keys": lambda: b"? {" * 90 + b"k: [" + b"a," * 62_200 + b"]" + b"}" * 90,
    "many EXIF values": lambda: webp(b"EXIF", overlapping_exif([USER_COMMENT] * 65_535, 48 * MIB)),
    "overlapping EXIF values": lambda: webp(
        b"EXIF", overlapping_exif([DESCRIPTION, USER_COMMENT, XP_COMMENT] * 9, 60 * MIB)
    ),
    "overlapping EXIF data": lambda: (
        AVIF + (b"II*\0" + struct.pack("<I", 8)) * 8 + overlapping_exif([USER_COMMENT], 60 * MIB)
    ),
    "many marks of EXIF": lambda: webp(b"EXIF", b"Exif\0\0" * (5 * MIB)),
    "letters in XMP": lambda: webp(b"XMP ", *[b"a" * MIB] * 60),
    "colons in XMP": lambda: webp(b"XMP ", *[b":" * MIB] * 60),
    "tags in XMP": lambda: webp(b"XMP ", *[b"<a:" * (MIB // 3)] * 60),
    "references in XMP": lambda: webp(b"XMP ", overlapping_xmp(60 * MIB)),
    "YAML timestamps": lambda: b"a: 2001-99-99 99:99:99\nname: !!python/object:os.system x",
}


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_little_memory_and_time(tmp_path: Path, name: str) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(BOMBS[name]())
    assert_cheap(
        path,
        "from refsheet_tui.characters.cards import profile_from_card, read_card",
        'profile_from_card(read_card(Path(sys.argv[1])).card, "en")',
    )


@pytest.mark.parametrize(
    "uri",
    [
        "embeded://../../../etc/passwd",
        "embeded:///etc/passwd",
        "file:///etc/passwd",
        "https://example.com/x.png",
        "data:image/png;base64,AAAA",
        "ccdefault:",
        "",
    ],
)
def test_nothing_that_a_card_names_is_opened_or_fetched(tmp_path: Path, uri: str) -> None:
    card = {**V3, "data": {**V3["data"], "assets": [{"type": "icon", "uri": uri}]}}
    path = tmp_path / "x.charx"
    path.write_bytes(charx(card))
    assert read_card(path).picture is None


@pytest.mark.parametrize(
    "name", ["card.json.txt", "card.jso", "xcard.json", "__MACOSX/._card.json", "card.json/x"]
)
def test_only_the_one_name_is_a_card(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.charx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, json.dumps(V3))
    with pytest.raises(CardError, match=r"no card\.json"):
        read_card(path)


def test_a_place_beyond_all_files_is_damage(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo("card.json")
        entry.extra = struct.pack("<2HQ", 1, 8, 2**64 - 1)
        archive.writestr(entry, json.dumps(V3))
    data = bytearray(out.getvalue())
    struct.pack_into("<I", data, data.rfind(b"PK\1\2") + 42, 2**32 - 1)
    path = tmp_path / "x.charx"
    path.write_bytes(data)
    with pytest.raises(CardError, match=r"card\.json in this ZIP file is damaged"):
        read_card(path)


def test_words_of_a_card_cannot_speak_to_the_terminal() -> None:
    evil = "a\x1b]0;x\x07b\u202ec\x9bd"
    profile = profile_from_card(
        {"name": evil, "first_mes": evil, "tags": [evil], "alternate_greetings": [evil]}, "en"
    )
    for words in (profile.name, profile.greeting, *profile.tags, *profile.alternate_greetings):
        assert words == clean_text(words)


KEYS = st.sampled_from((*V3["data"], "data", "spec", "refsheet", "generation", "uri", "x"))
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(KEYS, JSON, max_size=6))
def test_any_card_is_a_profile_and_a_card_again(card: dict[str, object]) -> None:
    profile = profile_from_card(card, "en")
    again = profile_from_card(card_from_profile(profile, 3), "en")
    assert again.model_copy(update={"card": {}}) == profile.model_copy(update={"card": {}})


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_damage_to_a_file_is_a_card_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = data.draw(st.sampled_from(WHOLE))
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(0, 6))):
        place = data.draw(st.integers(0, len(changed) - 1))
        changed[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("card") / "card"
    path.write_bytes(changed[: data.draw(st.integers(0, len(changed)))])
    try:
        profile_from_card(read_card(path).card, "en")
    except CardError as error:
        assert error.problem and error.remedy


WHOLE = (
    chunk(b"IHDR", b"") and png(text(b"ccv3", encoded(V3)))[:33] + text(b"ccv3", encoded(V3)),
    charx(V3, icon=b"x"),
    json.dumps(V3).encode(),
    b"name: Ember\ndata: {name: x, tags: [a, b]}\n",
)
