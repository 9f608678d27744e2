"""Pictures of every colour mode look as they would on a white page."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from helpers.handmade_png import GREY, GREY_ALPHA, INDEXED, RGB, RGBA, chunk, png, samples
from refsheet_tui.pictures import open_picture

Colour = tuple[int, int, int]

WHITE = (255, 255, 255)
DATA = Path(__file__).parent.parent / "data" / "pictures"

HANDMADE = {
    "grey of 1 bit, black transparent": (
        png((4, 1), 1, GREY, b"\0\x50", chunk(b"tRNS", samples(0))),
        [WHITE, WHITE, WHITE, WHITE],
    ),
    "grey of 1 bit, white transparent": (
        png((4, 1), 1, GREY, b"\0\x50", chunk(b"tRNS", samples(1))),
        [(0, 0, 0), WHITE, (0, 0, 0), WHITE],
    ),
    "grey of 2 bits, one transparent": (
        png((4, 1), 2, GREY, b"\0\x1b", chunk(b"tRNS", samples(2))),
        [(0, 0, 0), (85, 85, 85), WHITE, WHITE],
    ),
    "grey of 4 bits, one transparent": (
        png((4, 1), 4, GREY, b"\0\x05\x7f", chunk(b"tRNS", samples(5))),
        [(0, 0, 0), WHITE, (119, 119, 119), WHITE],
    ),
    "grey of 8 bits, one transparent": (
        png((3, 1), 8, GREY, b"\0\x10\x20\x30", chunk(b"tRNS", samples(0x20))),
        [(16, 16, 16), WHITE, (48, 48, 48)],
    ),
    "grey of 16 bits": (
        png((5, 1), 16, GREY, b"\0" + samples(0, 128, 129, 32896, 65535)),
        [(0, 0, 0), (0, 0, 0), (1, 1, 1), (128, 128, 128), WHITE],
    ),
    "grey of 16 bits, one transparent and its neighbour not": (
        png((3, 1), 16, GREY, b"\0" + samples(300, 301, 65535), chunk(b"tRNS", samples(300))),
        [WHITE, (1, 1, 1), WHITE],
    ),
    "grey of 16 bits with alpha": (
        png((2, 1), 16, GREY_ALPHA, b"\0" + samples(0, 0, 0, 65535)),
        [WHITE, (0, 0, 0)],
    ),
    "colour of 8 bits, one transparent": (
        png((2, 1), 8, RGB, b"\0" + bytes([1, 2, 3, 4, 5, 6]), chunk(b"tRNS", samples(1, 2, 3))),
        [WHITE, (4, 5, 6)],
    ),
    "colour of 16 bits, one transparent": (
        png(
            (2, 1),
            16,
            RGB,
            b"\0" + samples(1000, 2000, 3000, 4000, 5000, 6000),
            chunk(b"tRNS", samples(1000, 2000, 3000)),
        ),
        [WHITE, (15, 19, 23)],
    ),
    "colour of 8 bits with alpha": (
        png((2, 1), 8, RGBA, b"\0" + bytes([0, 100, 200, 51, 9, 9, 9, 0])),
        [(204, 224, 244), WHITE],
    ),
    "palette, one entry half and one wholly transparent": (
        png(
            (4, 1),
            8,
            INDEXED,
            b"\0\0\1\2\0",
            chunk(b"PLTE", bytes([0, 0, 0, 9, 9, 9, 1, 2, 3])),
            chunk(b"tRNS", b"\x66\x00"),
        ),
        [(153, 153, 153), WHITE, (1, 2, 3), (153, 153, 153)],
    ),
}


@pytest.mark.parametrize("case", HANDMADE)
def test_colour_as_on_a_white_page(case: str, tmp_path: Path) -> None:
    file, wanted = HANDMADE[case]
    path = tmp_path / "picture.png"
    path.write_bytes(file)
    assert pixels(open_picture(path)) == wanted


@pytest.mark.parametrize("path", sorted(DATA.iterdir()), ids=lambda path: str(path.name))
def test_every_format_opens_as_plain_rgb(path: Path) -> None:
    picture = open_picture(path)
    assert picture.mode == "RGB"
    assert not picture.info


def test_every_orientation_is_turned_upright() -> None:
    upright = open_picture(DATA / "turned-1.jpg")
    stored = upright.tobytes()
    seen = {open_picture(DATA / f"turned-{number}.jpg").tobytes() for number in range(1, 9)}
    assert len(seen) == 8
    for number in (5, 6, 7, 8):
        assert open_picture(DATA / f"turned-{number}.jpg").size == upright.size[::-1]
    quarter = open_picture(DATA / "turned-6.jpg")
    assert quarter.transpose(Image.Transpose.ROTATE_90).tobytes() == stored


@pytest.mark.parametrize("name", ["animated.gif", "animated.png", "animated.webp"])
def test_an_animation_is_its_first_frame(name: str) -> None:
    later_frame = (255, 0, 255)
    assert later_frame not in pixels(open_picture(DATA / name))


def test_metadata_that_cannot_be_read_does_not_spoil_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    broken = chunk(b"eXIf", b"II*\0\x08\0\0\0\xff\xff" + b"\xff" * 100)
    path.write_bytes(png((1, 1), 8, GREY, b"\0\7", broken))
    assert pixels(open_picture(path)) == [(7, 7, 7)]


def pixels(image: Image.Image) -> list[Colour]:
    """Return all pixels, row by row."""
    rgb = image.tobytes()
    return [(rgb[i], rgb[i + 1], rgb[i + 2]) for i in range(0, len(rgb), 3)]
