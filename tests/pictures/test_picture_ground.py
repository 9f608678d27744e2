"""A drawing that would vanish on white is placed on gray; every other picture is on white."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw

from refsheet_tui.pictures import ground_notice, open_picture_bytes

GREY = (64, 64, 64)
WHITE = (255, 255, 255)


def drawing(color: tuple[int, ...], mode: str = "RGBA", width: int = 3) -> Image.Image:
    """Return an outline on transparency."""
    image = Image.new("RGBA", (200, 300))
    ImageDraw.Draw(image).ellipse((20, 20, 180, 280), outline=color, width=width)
    return image if mode == "RGBA" else image.convert(mode)


def opened(image: Image.Image, kind: str = "PNG", **options: object) -> Image.Image:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return open_picture_bytes(out.getvalue(), "x.png")


def has_contrast(picture: Image.Image) -> bool:
    levels = picture.convert("L").tobytes()
    return max(levels) - min(levels) > 100


@pytest.mark.parametrize(
    "color", [(255, 255, 255, 255), (250, 250, 250, 255), (255, 255, 255, 180)]
)
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_white_lines_stay_visible(color: tuple[int, ...], mode: str) -> None:
    picture = opened(drawing(color, mode))
    assert picture.getpixel((0, 0)) == GREY
    assert has_contrast(picture)
    assert "dark gray" in (ground_notice(picture) or "")


@pytest.mark.parametrize("kind", ["WEBP", "AVIF"])
def test_in_other_formats_too(kind: str) -> None:
    picture = opened(drawing(WHITE), kind, quality=90)
    assert has_contrast(picture)
    assert ground_notice(picture)


def test_white_lines_with_black_eyes_stay_visible() -> None:
    image = drawing(WHITE)
    image.putpixel((80, 100), (0, 0, 0, 255))
    image.putpixel((120, 100), (0, 0, 0, 255))
    assert ground_notice(opened(image))


@pytest.mark.parametrize("color", [(0, 0, 0, 255), (200, 30, 30, 255), (150, 150, 150, 255)])
def test_other_lines_are_on_white(color: tuple[int, ...]) -> None:
    picture = opened(drawing(color))
    assert picture.getpixel((0, 0)) == WHITE
    assert ground_notice(picture) is None


def test_a_white_animal_with_an_outline_is_on_white() -> None:
    image = drawing((0, 0, 0, 255), width=1)
    ImageDraw.floodfill(image, (100, 150), (255, 255, 255, 255))
    assert ground_notice(opened(image)) is None


@pytest.mark.parametrize("alpha", [0, 3])
def test_what_no_ground_makes_visible_is_on_white(alpha: int) -> None:
    picture = opened(drawing((255, 255, 255, alpha)))
    assert picture.getpixel((0, 0)) == WHITE
    assert "dark gray" not in (ground_notice(picture) or "")


def test_a_faint_shadow_is_on_white() -> None:
    assert ground_notice(opened(drawing((0, 0, 0, 25)))) is None


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_a_white_page_is_a_white_page(mode: str) -> None:
    picture = opened(Image.new("RGBA", (200, 300), (255, 255, 255, 255)).convert(mode))
    assert picture.getpixel((0, 0)) == WHITE
    assert ground_notice(picture) is None


def test_the_ground_is_told_of_a_turned_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = opened(drawing(WHITE), exif=exif)
    assert picture.size == (300, 200)
    assert ground_notice(picture)


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("PNG", "LA"), ("WEBP", "RGBA")])
def test_a_picture_that_is_fully_transparent_is_said(kind: str, mode: str) -> None:
    picture = opened(Image.new(mode, (200, 600)), kind)
    assert picture.getpixel((0, 0)) == WHITE
    assert "fully transparent" in (ground_notice(picture) or "")


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_whose_first_frame_is_empty_is_said(kind: str) -> None:
    first, second = Image.new("RGBA", (60, 60)), drawing((200, 0, 0, 255)).resize((60, 60))
    picture = opened(first, kind, save_all=True, append_images=[second], disposal=2)
    assert "first frame" in (ground_notice(picture) or "")


def test_a_picture_with_one_spot_is_not_empty() -> None:
    image = Image.new("RGBA", (200, 600))
    image.putpixel((10, 590), (200, 0, 0, 255))
    assert ground_notice(opened(image)) is None
