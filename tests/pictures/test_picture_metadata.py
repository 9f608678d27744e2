"""Metadata that no pixel depends on never keeps a picture from being opened."""

from __future__ import annotations

import io
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from helpers.cost import assert_cheap
from helpers.handmade_png import GREY, INDEXED, RGB, chunk, png, samples
from refsheet_tui.errors import PictureError
from refsheet_tui.pictures import open_picture, open_picture_bytes

MIB = 1 << 20
ROWS = b"\0\7\10\0\11\12"  # two rows of two grey pixels
PIXELS = [(7, 7, 7), (8, 8, 8), (9, 9, 9), (10, 10, 10)]


def bad(kind: bytes, content: bytes) -> bytes:
    """Return a chunk whose checksum is wrong."""
    data = chunk(kind, content)
    return data[:-1] + bytes([data[-1] ^ 1])


ANCILLARY = {
    "wrong checksum of iCCP": bad(b"iCCP", b"x\0\0" + zlib.compress(b"x")),
    "wrong checksum of iTXt": bad(b"iTXt", b"Comment\0\0\0\0\0hi"),
    "wrong checksum of tEXt": bad(b"tEXt", b"Comment\0hi"),
    "wrong checksum of eXIf": bad(b"eXIf", b"MM\0*"),
    "wrong checksum of gAMA": bad(b"gAMA", b"\0\0\xb1\x8f"),
    "wrong checksum of tRNS": bad(b"tRNS", samples(7)),
    "wrong checksum of an unknown chunk": bad(b"abCd", b"x"),
    "gAMA that is too short": chunk(b"gAMA", b"x"),
    "pHYs that is too short": chunk(b"pHYs", b""),
    "iCCP that is no zlib stream": chunk(b"iCCP", b"x\0\0nonsense"),
    "iCCP of 2 MiB": chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(2 * MIB))),
    "zTXt of 50 MiB": chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(50 * MIB))),
    "iTXt of 50 MiB": chunk(b"iTXt", b"x\0\1\0\0\0" + zlib.compress(bytes(50 * MIB))),
    "XMP of 50 MiB": chunk(
        b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(bytes(50 * MIB))
    ),
    "hundred texts of 900 KiB": b"".join(
        chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(900_000))) for _ in range(100)
    ),
}


def pixels(image: Image.Image) -> list[tuple[int, ...]]:
    data = image.tobytes()
    return [tuple(data[place : place + 3]) for place in range(0, len(data), 3)]


@pytest.mark.parametrize("name", ANCILLARY)
def test_a_picture_opens_whatever_its_metadata(name: str, tmp_path: Path) -> None:
    whole = png((2, 2), 8, GREY, ROWS, ANCILLARY[name])
    behind_pixels = png((2, 2), 8, GREY, ROWS)[:-12] + ANCILLARY[name] + chunk(b"IEND", b"")
    path = tmp_path / "picture.png"
    for data in (whole, behind_pixels):
        path.write_bytes(data)
        assert pixels(open_picture(path)) == PIXELS


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP"])
def test_compressed_metadata_cannot_fill_memory(kind: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    bomb = chunk(kind, b"x\0\0" + zlib.compress(bytes(400_000_000)))
    path.write_bytes(png((1, 1), 8, GREY, b"\0\7", bomb))
    assert_cheap(
        path, "from refsheet_tui.pictures import open_picture", "open_picture(Path(sys.argv[1]))"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize(
    ("keyword", "content"),
    [
        (b"Raw profile type exif", zlib.compress(bytes(MIB - 1), 9)),
        (b"XML:com.adobe.xmp", zlib.compress(bytes(MIB + 1), 9)),
        (b"Raw profile type exif", zlib.compress(bytes(MIB - 1), 9)[:-4] + bytes(4)),
    ],
)
def test_many_orientations_take_little_time(keyword: bytes, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    texts = chunk(b"zTXt", keyword + b"\0\0" + content) * 3000
    path.write_bytes(png((1, 1), 8, GREY, b"\0\7", texts))
    assert_cheap(
        path, "from refsheet_tui.pictures import open_picture", "open_picture(Path(sys.argv[1]))"
    )


def test_long_orientations_are_bounded_together() -> None:
    long_text = chunk(b"tEXt", b"Raw profile type exif\0" + bytes(MIB - 100))
    assert pixels(open_picture_bytes(png((2, 2), 8, GREY, ROWS, long_text * 70), "x")) == PIXELS


def overlapping_exif(tags: int) -> bytes:
    """Return EXIF data of a megabyte, whose every tag has all of it as its value."""
    size = 1_000_000
    entries = b"".join(
        struct.pack(">HHII", tag, 7, size, 0) for tag in range(40_000, 40_000 + tags)
    )
    return b"MM\0*\0\0\0\x08" + struct.pack(">H", tags) + entries + bytes(size)


def webp(exif: bytes) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (2, 2)).save(out, "WEBP", exif=exif)
    return out.getvalue()


def avif(exif: bytes) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (16, 16)).save(
        out, "AVIF", exif=b"MM\0*" + bytes(8) + b"HERE".ljust(len(exif))
    )
    return out.getvalue().replace(
        b"MM\0*" + bytes(8) + b"HERE".ljust(len(exif)), exif.ljust(len(exif) + 12)
    )


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize(
    "write", [webp, avif, lambda exif: png((1, 1), 8, GREY, b"\0\7", chunk(b"eXIf", exif))]
)
def test_overlapping_values_cannot_fill_memory(
    write: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(write(overlapping_exif(2000)))
    assert_cheap(
        path, "from refsheet_tui.pictures import open_picture", "open_picture(Path(sys.argv[1]))"
    )


def test_transparency_and_palette_are_no_metadata() -> None:
    palette = chunk(b"PLTE", bytes([10, 20, 30, 40, 50, 60]))
    data = png((2, 1), 8, INDEXED, b"\0\0\1", palette, chunk(b"tRNS", b"\0"), bad(b"bKGD", b"\1"))
    assert pixels(open_picture_bytes(data, "x.png")) == [(255, 255, 255), (40, 50, 60)]


EXIF = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
XMP = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'


@pytest.mark.parametrize(
    "turned",
    [
        chunk(b"eXIf", EXIF),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(XMP)),
        chunk(b"tEXt", b"Raw profile type exif\0\nexif\n26\n" + EXIF.hex().encode()),
        chunk(
            b"zTXt",
            b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\n26\n" + EXIF.hex().encode()),
        ),
    ],
)
@pytest.mark.parametrize("is_behind", [False, True])
def test_a_png_is_turned_by_its_metadata(turned: bytes, is_behind: bool) -> None:
    data = png((2, 1), 8, GREY, b"\0\7\10", b"" if is_behind else turned)
    data = data[:-12] + turned + data[-12:] if is_behind else data
    image = open_picture_bytes(data, "x.png")
    assert image.size == (1, 2)
    assert pixels(image) == [(7, 7, 7), (8, 8, 8)]


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_other_formats_are_turned_as_pillow_turns_them(kind: str, orientation: int) -> None:
    from PIL import ImageOps

    source = Image.radial_gradient("L").resize((64, 32)).convert("RGB")
    source.paste((200, 0, 0), (0, 0, 20, 10))
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    source.save(out, kind, exif=exif)
    wanted = ImageOps.exif_transpose(Image.open(io.BytesIO(out.getvalue()))).convert("RGB")
    assert open_picture_bytes(out.getvalue(), "x").tobytes() == wanted.tobytes()


@pytest.mark.parametrize("size", [16, 8192])
def test_thousands_of_pieces_are_one_picture(size: int) -> None:
    wanted = Image.effect_noise((300, 400), 90).convert("RGB")
    rows = b"".join(
        b"\0" + wanted.tobytes()[place : place + 900] for place in range(0, 360_000, 900)
    )
    stream = zlib.compress(rows)
    pieces = b"".join(
        chunk(b"IDAT", stream[place : place + size]) for place in range(0, len(stream), size)
    )
    data = png((300, 400), 8, RGB, b"", pieces)
    data = data.replace(chunk(b"IDAT", zlib.compress(b"")), b"")
    assert open_picture_bytes(data, "x.png").tobytes() == wanted.tobytes()


def test_a_checksum_of_the_header_still_counts() -> None:
    data = bytearray(png((2, 2), 8, GREY, ROWS))
    data[29] ^= 1
    with pytest.raises(PictureError, match=r"x\.png is damaged or incomplete"):
        open_picture_bytes(bytes(data), "x.png")


def test_far_too_many_chunks_are_damage() -> None:
    data = png((2, 2), 8, GREY, ROWS, chunk(b"teSt", b"") * 600_000)
    with pytest.raises(PictureError, match="is damaged or incomplete"):
        open_picture_bytes(data, "x.png")
