"""Draw the pictures in tests/data/pictures: every format and mode, and every case of pan and scan.

python scripts/make_pixel_fixtures.py

Encoders differ between versions of Pillow, so the files are committed. After drawing them again,
run scripts/make_pixel_goldens.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, ImageDraw

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "data" / "pictures"


def draw_sheet(width: int, height: int) -> Image.Image:
    """Draw a sheet with hairlines, a fine checkerboard and slanted edges.

    These show how it was resized. Nothing in it is symmetric, so a wrong orientation shows, too.
    """
    image = Image.new("RGB", (width, height), (236, 228, 205))
    draw = ImageDraw.Draw(image)
    for x in range(0, width, 7):
        draw.line((x, 0, x + height // 3, height), fill=(x % 256, 90, 255 - x % 200), width=1)
    draw.ellipse((width // 10, height // 8, width // 2, height - 1), fill=(30, 140, 220))
    draw.ellipse((width // 2, height // 4, width - 1, height // 2), fill=(250, 60, 40))
    for y in range(0, min(height, 40), 2):
        for x in range(y // 2 % 2, min(width, 60), 2):
            draw.point((x, y), fill=(0, 0, 0))
    draw.rectangle((width * 3 // 4, height * 3 // 4, width - 1, height - 1), fill=(20, 160, 60))
    return image


def draw_faded_sheet(width: int, height: int) -> Image.Image:
    """Draw the same sheet with every opacity from nothing to full, left to right."""
    image = draw_sheet(width, height)
    ramp = Image.linear_gradient("L").rotate(90).resize((width, height))
    image.putalpha(ramp)
    return image


def draw_16_bit_grey(width: int, height: int) -> Image.Image:
    """Draw 16-bit grey whose low byte runs along x and high byte along y."""
    rows = (
        (256 * (y * 255 // (height - 1)) + x * 255 // width).to_bytes(2, "little")
        for y in range(height)
        for x in range(width)
    )
    return Image.frombytes("I;16", (width, height), b"".join(rows))


def save_fixture(name: str, image: Image.Image, **options: Any) -> None:
    """Write `image` as the fixture `name`, in the format of its file extension."""
    image.save(FOLDER / name, **options)


def write_color_modes() -> None:
    """Write one file for each way of storing colour."""
    save_fixture("rgb.png", draw_sheet(300, 200))
    save_fixture("rgb-key.png", draw_sheet(120, 100), transparency=(236, 228, 205))
    save_fixture("rgba.png", draw_faded_sheet(130, 180))
    save_fixture("grey.png", draw_sheet(200, 170).convert("L"))
    save_fixture("grey-alpha.png", draw_faded_sheet(100, 90).convert("LA"))
    save_fixture("grey-16.png", draw_16_bit_grey(180, 200))
    save_fixture("one-bit.png", draw_sheet(150, 140).convert("1"))
    indexed = draw_sheet(120, 110).quantize(16)
    save_fixture("palette.png", indexed)
    save_fixture("palette-alpha.png", indexed, transparency=bytes(range(0, 256, 16)))
    save_fixture("palette-key.gif", indexed, transparency=3)
    save_fixture("rgb.bmp", draw_sheet(64, 48))
    save_fixture("palette.bmp", draw_sheet(60, 50).quantize(32))
    save_fixture("baseline.jpg", draw_sheet(160, 150), quality=80)
    save_fixture("progressive.jpg", draw_sheet(140, 130), quality=60, progressive=True)
    save_fixture("grey.jpg", draw_sheet(100, 90).convert("L"))
    save_fixture("cmyk.jpg", draw_sheet(80, 70).convert("CMYK"), quality=70)
    save_fixture("lossy.webp", draw_sheet(150, 140), quality=60)
    save_fixture("alpha.webp", draw_faded_sheet(90, 100), lossless=True)


def write_animations() -> None:
    """Write animations, whose later frames must not show."""
    first, later = draw_sheet(80, 72), Image.new("RGB", (80, 72), (255, 0, 255))
    for name in ("animated.png", "animated.webp", "animated.gif"):
        save_fixture(name, first, save_all=True, append_images=[later], duration=100)


def write_orientations() -> None:
    """Write one file for every orientation in EXIF."""
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        save_fixture(f"turned-{orientation}.jpg", draw_sheet(66, 40), exif=exif, quality=70)


def write_pan_and_scan_cases() -> None:
    """Write pictures for every case of pan and scan.

    There are pictures that get no crops, nearly or just enough for crops, with a narrower last
    crop, and with as many as there can be.
    """
    save_fixture("dot.png", draw_sheet(1, 1))
    save_fixture("line-down.png", draw_sheet(1, 5000))
    save_fixture("line-across.png", draw_sheet(5000, 1))
    save_fixture("nearly-long.png", draw_sheet(599, 500))
    save_fixture("just-long.png", draw_sheet(600, 500))
    save_fixture("crops-too-small.png", draw_sheet(500, 300))
    save_fixture("crops-just-large.png", draw_sheet(511, 300))
    save_fixture("three-across.png", draw_sheet(1300, 500))
    save_fixture("three-down.png", draw_sheet(400, 1101))
    save_fixture("four-across.png", draw_sheet(1537, 300))
    save_fixture("four-down.png", draw_sheet(300, 2000))


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_color_modes()
    write_animations()
    write_orientations()
    write_pan_and_scan_cases()
