"""Cards in the metadata of pictures that aren't PNG files, and behind pictures."""

from __future__ import annotations

import base64
import functools
import html
import io
import json
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from helpers.card_pictures import (
    DESCRIPTION,
    ENCODINGS,
    USER_COMMENT,
    XP_COMMENT,
    exif,
    gif,
    jpeg,
    saved,
    xmp,
)
from helpers.cards import SHEET, V1, V2, V3, charx, encoded, png, text, zip64
from refsheet_tui.characters.cards import (
    card_from_profile,
    import_card,
    profile_from_card,
    read_card,
)
from refsheet_tui.errors import CardError, NoCardError
from refsheet_tui.pictures import open_picture_bytes

CARD = json.dumps(V2, ensure_ascii=False).encode()
IN_BASE64 = base64.b64encode(CARD)


def read(folder: Path, data: bytes, name: str = "card") -> Any:
    path = folder / name
    path.write_bytes(data)
    return read_card(path)


def opens(folder: Path, data: bytes, name: str = "card") -> bool:
    """Import a card with its picture."""
    path = folder / name
    path.write_bytes(data)
    card = import_card(path, "en")
    card.check_picture()
    return card.profile.name == "Ember" and card.picture is not None


@pytest.mark.parametrize("name", ENCODINGS)
def test_every_encoding_of_a_comment(name: str, tmp_path: Path) -> None:
    data = saved("WEBP", exif=exif(ENCODINGS[name](CARD)))
    assert read(tmp_path, data).card == V2
    assert opens(tmp_path, data)


PLACES: dict[str, bytes] = {
    "WEBP, EXIF": saved("WEBP", exif=exif(CARD)),
    "WEBP, EXIF, small end first": saved("WEBP", exif=exif(CARD, order="<")),
    "WEBP, EXIF with its prefix": saved("WEBP", exif=b"Exif\0\0" + exif(CARD)),
    "WEBP, description": saved("WEBP", exif=exif(CARD, DESCRIPTION)),
    "WEBP, comment of Windows": saved(
        "WEBP", exif=exif(CARD.decode().encode("utf-16-le"), XP_COMMENT)
    ),
    "WEBP, XMP attribute": saved(
        "WEBP", xmp=xmp(f' exif:UserComment="{html.escape(CARD.decode())}"/>')
    ),
    "WEBP, XMP element": saved(
        "WEBP",
        xmp=xmp(
            "><exif:UserComment><rdf:Alt><rdf:li xml:lang='x-default'>"
            f"{html.escape(CARD.decode())}</rdf:li></rdf:Alt></exif:UserComment></rdf:Description>"
        ),
    ),
    "WEBP, XMP in base64": saved(
        "WEBP", xmp=xmp(f"><my:chara>{IN_BASE64.decode()}</my:chara></rdf:Description>")
    ),
    "JPEG, EXIF": jpeg((0xE1, b"Exif\0\0" + exif(CARD))),
    "JPEG, EXIF in two segments": jpeg(
        (0xE1, b"Exif\0\0" + exif(CARD)[:500]), (0xE1, b"Exif\0\0" + exif(CARD)[500:])
    ),
    "JPEG, comment": jpeg((0xFE, IN_BASE64)),
    "JPEG, comment with a label": jpeg((0xFE, b"chara\0" + IN_BASE64)),
    "JPEG, comment in pieces": jpeg((0xFE, IN_BASE64[:700]), (0xFE, IN_BASE64[700:])),
    "JPEG, comment of another program": jpeg((0xFE, b"Made by hand"), (0xFE, CARD)),
    "JPEG, segment with a label": jpeg((0xEB, b"chara\0" + IN_BASE64)),
    "JPEG, XMP": jpeg(
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(f' my:ccv3="{IN_BASE64.decode()}"/>'))
    ),
    "JPEG, XMP in pieces": jpeg(
        *(
            (
                0xE1,
                b"http://ns.adobe.com/xmp/extension/\0"
                + b"0" * 32
                + struct.pack(">II", 0, place)
                + xmp(f' my:ccv3="{IN_BASE64.decode()}"/>')[place : place + 300],
            )
            for place in range(0, len(xmp(f' my:ccv3="{IN_BASE64.decode()}"/>')), 300)
        )
    ),
    "GIF, comment": gif(CARD),
    "GIF, comment in base64": gif(IN_BASE64),
    "AVIF, EXIF": saved("AVIF", exif=exif(CARD)),
    "AVIF, XMP": saved("AVIF", xmp=xmp(f' my:chara="{IN_BASE64.decode()}"/>')),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_card_is_found_wherever_the_format_can_hold_it(name: str, tmp_path: Path) -> None:
    assert read(tmp_path, PLACES[name]).card == V2
    assert opens(tmp_path, PLACES[name])


def test_a_card_of_a_megabyte_in_a_webp(tmp_path: Path) -> None:
    card = {**V2, "data": {**V2["data"], "description": "ü" * 500_000}}
    numbers = ",".join(map(str, json.dumps(card, ensure_ascii=False).encode())).encode()
    assert read(tmp_path, saved("WEBP", exif=exif(b"ASCII\0\0\0" + numbers))).card == card


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF", "AVIF", "BMP", "PNG"])
def test_a_picture_without_a_card_is_that(kind: str, tmp_path: Path) -> None:
    with pytest.raises(NoCardError, match=r"x\.img: This picture doesn't contain a character card"):
        read(tmp_path, saved(kind), "x.img")


@pytest.mark.parametrize(
    "comment", [b"Made by hand", b'{"prompt": "a red dragon"}', b"{", b"1,2,3,400", b"", b"eyJ"]
)
def test_comments_of_other_programs_are_no_damaged_cards(comment: bytes, tmp_path: Path) -> None:
    with pytest.raises(NoCardError, match="doesn't contain a character card"):
        read(tmp_path, jpeg((0xFE, comment)))


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF", "AVIF", "PNG"])
@pytest.mark.parametrize("tenth", range(2, 10))
def test_half_a_picture_is_cut_short(kind: str, tenth: int, tmp_path: Path) -> None:
    data = saved(kind)
    with pytest.raises(CardError, match=r"x\.img: .*cut short: it ends after") as caught:
        read(tmp_path, data[: len(data) * tenth // 10], "x.img")
    assert not isinstance(caught.value, NoCardError)


SWARM = b'{"sui_image_params":{"prompt":"a dragon"},"sui_models":[{"name":"x.safetensors"}]}'


@pytest.mark.parametrize(
    "comment",
    [
        SWARM,
        base64.b64encode(SWARM),
        b'{"name":"Canon"}',
        b'{"name": "Ember", "descr',
        b'{"name":"Mine","temperature":1,"top_p":1,"first_mes"',
        b'{"name":"Mine","temperature":1,"top_p":1}',
        b'{"entries":{"0":{"key":["x"],"content":"y","name":"z"}}}',
        b'{"name":"x","a":' + b"[" * 100 + b"]" * 100 + b"}",
        b'{"name": NaN}',
        b'{"name": "\xff"}',
        b"A" * 6_000_000,
        b"1,2,3," * 3_000_000,
        bytes(range(256)) * 30_000,
    ],
    ids=lambda each: each[:30].decode("latin-1"),
)
@pytest.mark.parametrize("tag", [DESCRIPTION, USER_COMMENT])
def test_a_picture_with_notes_of_a_program_is_a_plain_picture(
    comment: bytes, tag: int, tmp_path: Path
) -> None:
    with pytest.raises(NoCardError, match="doesn't contain a character card"):
        read(tmp_path, saved("WEBP", exif=exif(comment, tag)))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (jpeg((0xFE, b"chara\0" + IN_BASE64[:600])), "isn't valid JSON"),
        (jpeg((0xFE, b"ASCII\0\0\0chara:" + CARD[:-9])), "isn't valid JSON"),
        (saved("WEBP", exif=exif(CARD[:-9])), "isn't valid JSON"),
        (saved("WEBP", exif=exif(base64.b64encode(CARD[:-9]))), "isn't valid JSON"),
        (
            saved("WEBP", exif=exif(base64.b64encode(CARD + b" " * 6_000_000))),
            "The text is too large",
        ),
        (saved("WEBP", exif=exif(CARD + b" " * 6_000_000 + b"x")), "The text is too large"),
        (
            saved("WEBP", xmp=xmp(f' my:chara="{IN_BASE64[:600].decode()}"/>')),
            "isn't valid JSON",
        ),
        (jpeg((0xFE, b'chara:{"name":"x","temperature":1,"top_p":1}')), "This is a preset"),
    ],
)
def test_a_damaged_card_in_a_picture_is_said(data: bytes, problem: str, tmp_path: Path) -> None:
    with pytest.raises(CardError, match=problem) as caught:
        read(tmp_path, data)
    assert not isinstance(caught.value, NoCardError)


def gif_ends(comment: bytes = b"") -> dict[str, bytes]:
    """Return a GIF with the ends that programs give it, and that other programs read."""
    data = gif(comment)[:-1] if comment else saved("GIF")[:-1]
    return {
        "no end": data,
        "a zero and no end": data + b"\0",
        "zeros and no end": data + b"\0" * 9,
        "a zero and an end": data + b"\0;",
        "something else": data + b"made by hand",
        "something behind the end": data + b";;\0x",
    }


@pytest.mark.parametrize("end", gif_ends())
def test_a_gif_that_every_program_shows_is_complete(end: str, tmp_path: Path) -> None:
    data = gif_ends()[end]
    assert open_picture_bytes(data, "x").size == (24, 32)
    with pytest.raises(NoCardError, match="doesn't contain a character card"):
        read(tmp_path, data)
    assert read(tmp_path, gif_ends(CARD)[end]).card == V2


def test_a_comment_behind_zeros_of_a_gif_is_read(tmp_path: Path) -> None:
    data = saved("GIF")
    block = gif(IN_BASE64)[13 + (3 << ((data[10] & 7) + 1)) :].split(b"\0", 1)[0]
    assert read(tmp_path, data[:-1] + b"\0\0" + block + b"\0;").card == V2


@pytest.mark.parametrize("reference", ["&#34;", "&#x22;", "&quot;"])
def test_references_in_xmp(reference: str, tmp_path: Path) -> None:
    card = {"name": "Ember", "first_mes": "<b>Tom's & \u00fc</b> &lt; &#38;"}
    text = html.escape(json.dumps(card, ensure_ascii=False), quote=False).replace('"', reference)
    data = saved("WEBP", xmp=xmp(f' exif:UserComment="{text}"/>'))
    assert read(tmp_path, data).card == card


@pytest.mark.parametrize("reference", ["&#" + "1" * 5000 + ";", "&#x110000;", "&#xd800;", "&;&#;"])
def test_references_to_no_character_are_no_card(reference: str, tmp_path: Path) -> None:
    text = f"{{&quot;name&quot;: {reference}"
    with pytest.raises(NoCardError):
        read(tmp_path, saved("WEBP", xmp=xmp(f' exif:UserComment="{text}"/>')))


def with_comment(archive: bytes, comment: bytes) -> bytes:
    return archive[:-2] + struct.pack("<H", len(comment)) + comment


def absolute(prefix: bytes, archive: bytes) -> bytes:
    """Return the archive behind `prefix`, with offsets from the begin of the file."""
    out = io.BytesIO()
    out.write(prefix)
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as source,
        zipfile.ZipFile(out, "a") as target,
    ):
        for name in source.namelist():
            target.writestr(name, source.read(name))
    return out.getvalue()


ARCHIVE = charx({**V3, "data": {**V3["data"], "assets": []}})
JPEG = saved("JPEG")
STUB = b"#!/bin/sh\nexit 0\n" + b"x" * 300
BEHIND: dict[str, bytes] = {
    "JPEG": JPEG + ARCHIVE,
    "PNG": SHEET + ARCHIVE,
    "WEBP": saved("WEBP") + ARCHIVE,
    "absolute offsets": absolute(JPEG, ARCHIVE),
    "comment": JPEG + with_comment(ARCHIVE, b"made by hand"),
    "long comment": JPEG + with_comment(ARCHIVE, b"x" * 65_535),
    "comment with the mark of an end": JPEG + with_comment(ARCHIVE, b"PK\5\6" * 8),
    "comment with a whole end": JPEG
    + with_comment(ARCHIVE, b"PK\5\6" + struct.pack("<4H2IH", 0, 0, 9, 9, 99, 9, 0)),
    "ZIP64": JPEG + zip64(ARCHIVE),
    "something behind ZIP64": JPEG + zip64(ARCHIVE) + bytes(100),
    "something behind it": JPEG + ARCHIVE + b"\0" * 100_000,
    "mark in front of it": JPEG + b"PK\5\6" + ARCHIVE,
}


@pytest.mark.parametrize("name", BEHIND)
def test_an_archive_behind_a_picture(name: str, tmp_path: Path) -> None:
    found = read(tmp_path, BEHIND[name])
    assert found.card["data"]["name"] == "Ember"
    assert found.picture.startswith(BEHIND[name][:64]), "the picture in front of it"
    assert len(found.picture) <= max(len(SHEET), len(JPEG), 2000)
    assert opens(tmp_path, BEHIND[name])


@pytest.mark.parametrize("prefix", [STUB, b"MZ" + bytes(1000), b"\0"])
def test_an_archive_behind_a_program(prefix: bytes, tmp_path: Path) -> None:
    found = read(tmp_path, prefix + ARCHIVE)
    assert found.card["data"]["name"] == "Ember"
    assert found.picture is None


def test_the_icon_of_an_archive_counts_before_the_picture_in_front(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("card.json", json.dumps(V3))
        archive.writestr("assets/icon.png", SHEET)
    assert read(tmp_path, JPEG + out.getvalue()).picture == SHEET


def test_a_text_of_a_png_is_read_if_the_archive_has_no_card(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("notes.txt", "hi")
    assert read(tmp_path, png(text(b"chara", encoded(V2))) + out.getvalue()).card == V2
    with pytest.raises(NoCardError):
        read(tmp_path, SHEET + out.getvalue())


@pytest.mark.parametrize("prefix", [JPEG, SHEET, STUB, b""])
def test_an_archive_that_is_cut_short(prefix: bytes, tmp_path: Path) -> None:
    data = prefix + ARCHIVE
    with pytest.raises(CardError, match=r"x\.charx: The file is cut short: it ends after"):
        read(tmp_path, data[:-30], "x.charx")


def method(number: int) -> bytes:
    """Return an archive that says that its card is compressed by a method."""
    data = bytearray(ARCHIVE)
    struct.pack_into("<H", data, 8, number)
    struct.pack_into("<H", data, data.rfind(b"PK\1\2") + 10, number)
    return bytes(data)


@pytest.mark.parametrize("number", [1, 9, 12, 14, 93, 98, 99])
def test_an_uncommon_compression_is_said(number: int, tmp_path: Path) -> None:
    with pytest.raises(
        CardError, match=r"card\.json in this ZIP file is compressed in an uncommon"
    ):
        read(tmp_path, method(number))


URIS: dict[str, Callable[[bytes], str]] = {
    "base64": lambda data: "data:image/png;base64," + base64.b64encode(data).decode(),
    "capitals": lambda data: "DATA:image/PNG;BASE64," + base64.b64encode(data).decode(),
    "no type": lambda data: "data:;base64," + base64.b64encode(data).decode(),
    "parameters": lambda data: (
        "data:image/png;name=a.png;base64," + base64.b64encode(data).decode()
    ),
    "escaped": lambda data: "data:image/png," + "".join(f"%{byte:02x}" for byte in data),
    "lines": lambda data: "data:image/png;base64," + base64.encodebytes(data).decode(),
    "no padding": lambda data: (
        "data:image/png;base64," + base64.b64encode(data).decode().strip("=")
    ),
    "for URLs": lambda data: "data:image/png;base64," + base64.urlsafe_b64encode(data).decode(),
    "no address": lambda data: base64.b64encode(data).decode(),
}


@pytest.mark.parametrize("name", URIS)
def test_a_picture_in_an_address(name: str, tmp_path: Path) -> None:
    picture = saved("PNG")
    uri = URIS[name](picture)
    for card in (
        {**V2, "data": {**V2["data"], "avatar": uri}},
        {**V2, "avatar": uri},
        {**V3, "data": {**V3["data"], "assets": [{"type": "icon", "name": "main", "uri": uri}]}},
        {"character": {**V1, "avatar": uri}},
        {"ok": True, "card": {**V2, "data": {**V2["data"], "image": uri}}},
        {"avatar": uri, "char": V1},
        {**V2, "data": json.dumps({**V2["data"], "avatar": uri})},
    ):
        assert read(tmp_path, json.dumps(card).encode()).picture == picture
        assert read(tmp_path, charx(card)).picture == picture


@functools.cache
def large_picture() -> bytes:
    """Return a PNG of four megabytes, which is more in base64 than the text of a card may have."""
    noise = random.Random(1).randbytes(4 << 20)
    out = io.BytesIO()
    Image.frombytes("L", (2048, 2048), noise).save(out, "PNG")
    return out.getvalue()


def large_cards() -> dict[str, dict[str, Any]]:
    uri = URIS["base64"](large_picture())
    icon = {"type": "icon", "name": "main", "uri": uri}
    return {
        "avatar": {**V2, "data": {**V2["data"], "avatar": uri, "description": "😀"}},
        "outside": {**V2, "avatar": uri},
        "no address": {**V1, "avatar": base64.b64encode(large_picture()).decode()},
        "asset": {**V3, "data": {**V3["data"], "assets": [icon]}},
        "in a wrapper": {"ok": True, "card": {**V2, "data": {**V2["data"], "image": uri}}},
    }


@pytest.mark.parametrize("name", large_cards())
@pytest.mark.parametrize("form", ["json", "escaped", "charx"])
def test_a_card_that_only_its_picture_makes_large(name: str, form: str, tmp_path: Path) -> None:
    card = large_cards()[name]
    json_text = json.dumps(card).replace("/", "\\/" if form == "escaped" else "/").encode()
    found = read(tmp_path, charx(card) if form == "charx" else json_text)
    assert found.picture == large_picture()
    left = json.dumps(found.card)
    assert len(left) < 4096 and ("none" in left or "ccdefault:" in left)
    profile = profile_from_card(found.card, "en")
    assert profile.name == "Ember" and profile.description
    assert read(tmp_path, json.dumps(card_from_profile(profile, 3)).encode()).card


def test_a_card_that_is_large_without_its_picture(tmp_path: Path) -> None:
    uri = URIS["base64"](large_picture())
    for card in (
        {**V2, "avatar": uri, "other": "data:image/png;base64," + "A" * (5 << 20)},
        {**V2, "avatar": "none", "other": "A" * (5 << 20)},
        {**V2, "avatar": "data:image/png;base64," + "A" * (5 << 20)},
        {**V2, "avatar": "data:image/png;base64," + "A" * (30 << 20)},
    ):
        for data in (json.dumps(card).encode(), charx(card)):
            with pytest.raises(CardError, match="The text is too large"):
                read(tmp_path, data)


@pytest.mark.parametrize(
    "uri",
    [
        "data:text/html;base64,PGI+",
        "data:",
        "data:image/png;base64,!!!",
        "none",
        "/etc/passwd",
        "https://example.com/x.png",
        "data:image/png;base64,é",
        7,
        None,
    ],
)
def test_other_addresses_are_no_picture(uri: object, tmp_path: Path) -> None:
    card = {**V2, "avatar": uri}
    found = read(tmp_path, json.dumps(card).encode())
    assert found.picture is None and found.card == card


def test_the_error_of_a_picture_names_the_card_file(tmp_path: Path) -> None:
    path = tmp_path / "my card.png"
    path.write_bytes(png(text(b"chara", encoded(V2)), at_the_end=False)[:4000] + b"\0" * 40)
    card = import_card(path, "en")
    with pytest.raises(Exception, match="is damaged or incomplete") as caught:
        card.check_picture()
    assert str(path) in str(caught.value)


def test_what_no_program_can_open_is_still_a_card(tmp_path: Path) -> None:
    heic = b"\0\0\0\x18ftypheic\0\0\0\0heicmif1"
    with pytest.raises(NoCardError):
        read(tmp_path, heic)
    assert read(tmp_path, heic + b"\0\0\x08\0mdat" + exif(CARD).ljust(2040)).card == V2


def test_an_exported_picture_is_whole(tmp_path: Path) -> None:
    from refsheet_tui.characters import Profile, write_card

    for name, data in (("a.jpg", PLACES["JPEG, EXIF"]), ("a.webp", PLACES["WEBP, EXIF"])):
        sheet, out = tmp_path / name, tmp_path / f"{name}.png"
        sheet.write_bytes(data)
        write_card(Profile(name="Ash"), sheet, out)
        with Image.open(out) as exported:
            assert exported.size == (24, 32)
            exported.load()
        assert import_card(out, "en").profile.name == "Ash"
