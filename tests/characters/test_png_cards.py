"""PNG cards open whatever else is in the file, and are exported whole."""

from __future__ import annotations

import base64
import io
import json
import random
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from helpers.card_pictures import drawing, exif, gif, jpeg, saved
from helpers.cards import V2, V3, charx, chunk, compressed, encoded, international, png, text
from helpers.cost import assert_fast
from refsheet_tui.characters.cards import import_card, json_card, png_card, read_card
from refsheet_tui.characters.profile import Profile
from refsheet_tui.errors import CardError, RefsheetError

MIB = 1 << 20


def bad(data: bytes) -> bytes:
    """Return a chunk with a wrong checksum."""
    return data[:-1] + bytes([data[-1] ^ 1])


CARD = text(b"chara", encoded(V2))
BESIDE = {
    "wrong checksum of iCCP": bad(chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes(300)))),
    "wrong checksum of iTXt": bad(international(b"Comment", b"hi")),
    "wrong checksum of tEXt": bad(text(b"Comment", b"hi")),
    "wrong checksum of tIME": bad(chunk(b"tIME", bytes(7))),
    "large color profile": chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes(2 * MIB))),
    "large zTXt": compressed(b"Comment", b"x" * (8 * MIB)),
    "large iTXt": chunk(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(bytes(8 * MIB))),
    "many texts": text(b"Comment", b"x") * 6000,
    "eXIf": chunk(b"eXIf", exif(b"hi")),
}


@pytest.mark.parametrize("name", BESIDE)
@pytest.mark.parametrize("at_the_end", [False, True])
def test_a_card_opens_and_goes_out_whatever_is_beside_it(
    name: str, at_the_end: bool, tmp_path: Path
) -> None:
    path, out = tmp_path / "card.png", tmp_path / "out.png"
    path.write_bytes(png(BESIDE[name], CARD, at_the_end=at_the_end))
    card = import_card(path, "en")
    assert card.check_picture() is None
    assert card.profile.name == "Ember"
    out.write_bytes(png_card(card.profile, path))
    with Image.open(io.BytesIO(png(CARD))) as source, whole(out.read_bytes()) as exported:
        assert exported.tobytes() == source.tobytes()
    assert import_card(out, "en").profile.name == "Ember"


def whole(data: bytes) -> Image.Image:
    """Open a PNG whose chunks all have right checksums, up to its end."""
    position = 8
    while position < len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        body = data[position + 4 : position + 8 + length]
        assert zlib.crc32(body).to_bytes(4, "big") == data[position + 8 + length :][:4]
        position += 12 + length
    assert data[-8:-4] == b"IEND"
    return Image.open(io.BytesIO(data))


def in_pieces(size: int, *chunks: bytes) -> bytes:
    """Return a PNG whose pixels are in chunks of `size` bytes, in front of `chunks`."""
    image = Image.effect_noise((200, 150), 90).convert("RGB")
    out = io.BytesIO()
    image.save(out, "PNG")
    data = out.getvalue()
    begin = data.index(b"IDAT") - 4
    stream, position = b"", begin
    while data[position + 4 : position + 8] == b"IDAT":
        length = int.from_bytes(data[position : position + 4], "big")
        stream += data[position + 8 : position + 8 + length]
        position += 12 + length
    pieces = b"".join(
        chunk(b"IDAT", stream[place : place + size]) for place in range(0, len(stream), size)
    )
    return data[:begin] + pieces + b"".join(chunks) + data[position:]


@pytest.mark.parametrize("size", [11, 8192])
def test_a_picture_in_thousands_of_pieces_is_whole_when_it_goes_out(
    size: int, tmp_path: Path
) -> None:
    path = tmp_path / "card.png"
    path.write_bytes(in_pieces(size, CARD))
    card = import_card(path, "en")
    assert card.profile.name == "Ember"
    with whole(png_card(card.profile, path)) as out, Image.open(path) as source:
        assert out.tobytes() == source.tobytes()


LARGE = {**V2, "data": {**V2["data"], "description": "x" * (4 * MIB - 4000)}}


@pytest.mark.parametrize("write", [text, compressed, international])
@pytest.mark.parametrize("at_the_end", [False, True])
def test_a_card_up_to_the_limit_is_read_from_every_kind_of_chunk(
    write: object, at_the_end: bool, tmp_path: Path
) -> None:
    assert callable(write)
    path = tmp_path / "card.png"
    path.write_bytes(png(write(b"chara", encoded(LARGE)), at_the_end=at_the_end))
    assert read_card(path).card == LARGE
    assert import_card(path, "en").check_picture() is None


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(V2).encode(),
        b"\xef\xbb\xbf" + json.dumps(V2).encode(),
        encoded(V2).rstrip(b"="),
        base64.encodebytes(json.dumps(V2).encode()),
        base64.urlsafe_b64encode(json.dumps(V2, ensure_ascii=False).encode()),
        encoded(V2) + b"\0",
    ],
)
def test_every_way_to_write_the_text(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "card.png"
    path.write_bytes(png(text(b"chara", content)))
    assert read_card(path).card == V2


def test_a_damaged_text_names_its_place(tmp_path: Path) -> None:
    path = tmp_path / "card.png"
    path.write_bytes(png(text(b"chara", b"!!!"), at_the_end=False))
    with pytest.raises(CardError, match=r"card\.png: The character card at byte 41 is damaged"):
        read_card(path)


def test_the_older_version_counts_if_the_newer_one_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "card.png"
    path.write_bytes(png(text(b"ccv3", encoded(V3)[:-40]), text(b"chara", encoded(V2))))
    assert read_card(path).card == V2


def test_changed_line_ends_are_damage(tmp_path: Path) -> None:
    path = tmp_path / "card.png"
    path.write_bytes(png(CARD).replace(b"\r\n", b"\n"))
    with pytest.raises(CardError, match=r"card\.png: The file is damaged at byte 4"):
        read_card(path)


@pytest.mark.parametrize("missing", [1, 4, 12, 13, 40, 200])
def test_a_card_that_is_cut_in_its_text_is_cut_short(missing: int, tmp_path: Path) -> None:
    path = tmp_path / "card.png"
    data = png(CARD)
    path.write_bytes(data[:-missing])
    if missing <= 12:
        assert import_card(path, "en").check_picture() is None, "only the end chunk is missing"
        return
    with pytest.raises(CardError) as caught:
        read_card(path)
    assert f"{path}: The file is cut short: it ends after {len(data) - missing:,} bytes" in str(
        caught.value
    )


URI = "data:image/png;base64," + base64.b64encode(saved("PNG")).decode()
KINDS = {
    "a.png": in_pieces(700, BESIDE["wrong checksum of iCCP"], CARD),
    "b.png": png(BESIDE["large zTXt"], compressed(b"ccv3", encoded(V3))),
    "c.webp": saved("WEBP", exif=exif(encoded(V2))),
    "d.jpg": jpeg((0xE1, b"Exif\0\0" + exif(json.dumps(V2).encode()))) + charx(V3),
    "e.gif": gif(encoded(V2)),
    "f.avif": saved("AVIF", exif=exif(encoded(V2))),
    "g.charx": b"#!/bin/sh\n" + charx({**V3, "avatar": URI}),
    "h.json": json.dumps({**V2, "avatar": URI}).encode(),
    "i.jpg": saved("JPEG"),
}


def outcome(path: Path) -> str:
    """Import and export a card; return the sentence if that can't be done."""
    try:
        card = import_card(path, "en")
        card.check_picture()
        json_card(card.profile)
        if card.picture is not None:
            sheet = path.parent / "sheet"
            sheet.write_bytes(card.picture)
            whole(png_card(card.profile, sheet)).load()
    except RefsheetError as error:
        assert error.problem.count(str(path)) == 1 and "\n" not in str(error)
        return str(error)
    return ""


@pytest.mark.parametrize("name", KINDS)
def test_cut_at_every_tenth_it_is_a_card_or_a_sentence(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    data = KINDS[name]
    for tenth in range(1, 10):
        path.write_bytes(data[: len(data) * tenth // 10])
        sentence = outcome(path)
        if name[-4:] not in ("json",):
            assert not sentence or "cut short" in sentence or "incomplete" in sentence


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_with_bytes_changed_it_is_a_card_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(KINDS)))
    changed = bytearray(KINDS[name])
    source = random.Random(data.draw(st.integers()))
    for _ in range(data.draw(st.integers(1, 8))):
        end = len(changed) if source.random() < 0.5 else min(len(changed), 400)
        changed[source.randrange(end)] = source.randrange(256)
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(changed)
    outcome(path)


def test_a_picture_of_a_profile_goes_out_from_every_format(tmp_path: Path) -> None:
    for kind in ("PNG", "JPEG", "WEBP", "GIF", "AVIF", "BMP"):
        sheet = tmp_path / kind
        sheet.write_bytes(saved(kind))
        with whole(png_card(Profile(name="Ash"), sheet)) as out:
            assert out.size == drawing().size


@pytest.mark.parametrize(
    "content",
    [
        zlib.compress(bytes((1 << 20) - 1), 9),
        zlib.compress(bytes((1 << 20) + 1), 9),
        zlib.compress(bytes((1 << 20) - 1), 9)[:-4] + bytes(4),
    ],
)
def test_many_compressed_texts_take_little_time_to_go_out(content: bytes, tmp_path: Path) -> None:
    sheet = tmp_path / "x.png"
    sheet.write_bytes(png(*[chunk(b"zTXt", b"Comment\0\0" + content)] * 3000, at_the_end=False))
    assert_fast(lambda: png_card(Profile(name="Ash"), sheet))
