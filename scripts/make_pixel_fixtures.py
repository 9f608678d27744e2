"""Draw the pictures in tests/data/pictures: every format and mode, and every case of pan and scan.

    python scripts/make_pixel_fixtures.py

Encoders differ between versions of Pillow, so the files are committed; whoever draws them anew
runs scripts/make_pixel_goldens.py afterwards.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, ImageDraw

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "data" / "pictures"


def sheet(width: int, height: int) -> Image.Image:
    """A drawing with hairlines, a fine checkerboard and slanted edges: what resizing shows on.

    Nothing in it is symmetric, so a wrong turn shows too.
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


def faded(width: int, height: int) -> Image.Image:
    """The same with every opacity from nothing to full, left to right."""
    image = sheet(width, height)
    ramp = Image.linear_gradient("L").rotate(90).resize((width, height))
    image.putalpha(ramp)
    return image


def deep_grey(width: int, height: int) -> Image.Image:
    """16-bit grey whose low byte runs along x and high byte along y."""
    rows = (
        (256 * (y * 255 // (height - 1)) + x * 255 // width).to_bytes(2, "little")
        for y in range(height)
        for x in range(width)
    )
    return Image.frombytes("I;16", (width, height), b"".join(rows))


def save(name: str, image: Image.Image, **options: Any) -> None:
    """Write `image` as the fixture `name`, in the format that its ending says."""
    image.save(FOLDER / name, **options)


def modes() -> None:
    """One file for each way of storing colour."""
    save("rgb.png", sheet(300, 200))
    save("rgb-key.png", sheet(120, 100), transparency=(236, 228, 205))
    save("rgba.png", faded(130, 180))
    save("grey.png", sheet(200, 170).convert("L"))
    save("grey-alpha.png", faded(100, 90).convert("LA"))
    save("grey-16.png", deep_grey(180, 200))
    save("one-bit.png", sheet(150, 140).convert("1"))
    indexed = sheet(120, 110).quantize(16)
    save("palette.png", indexed)
    save("palette-alpha.png", indexed, transparency=bytes(range(0, 256, 16)))
    save("palette-key.gif", indexed, transparency=3)
    save("rgb.bmp", sheet(64, 48))
    save("palette.bmp", sheet(60, 50).quantize(32))
    save("baseline.jpg", sheet(160, 150), quality=80)
    save("progressive.jpg", sheet(140, 130), quality=60, progressive=True)
    save("grey.jpg", sheet(100, 90).convert("L"))
    save("cmyk.jpg", sheet(80, 70).convert("CMYK"), quality=70)
    save("lossy.webp", sheet(150, 140), quality=60)
    save("alpha.webp", faded(90, 100), lossless=True)


def frames() -> None:
    """Animations, whose later frames must not show."""
    first, later = sheet(80, 72), Image.new("RGB", (80, 72), (255, 0, 255))
    for name in ("animated.png", "animated.webp", "animated.gif"):
        save(name, first, save_all=True, append_images=[later], duration=100)


def turned() -> None:
    """Every orientation that EXIF knows."""
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        save(f"turned-{orientation}.jpg", sheet(66, 40), exif=exif, quality=70)


def shapes() -> None:
    """Pan and scan: none, nearly, exactly, with a narrower last crop, and the most there are."""
    save("dot.png", sheet(1, 1))
    save("line-down.png", sheet(1, 5000))
    save("line-across.png", sheet(5000, 1))
    save("nearly-long.png", sheet(599, 500))
    save("just-long.png", sheet(600, 500))
    save("crops-too-small.png", sheet(500, 300))
    save("crops-just-large.png", sheet(511, 300))
    save("three-across.png", sheet(1300, 500))
    save("three-down.png", sheet(400, 1101))
    save("four-across.png", sheet(1537, 300))
    save("four-down.png", sheet(300, 2000))


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    modes()
    frames()
    turned()
    shapes()
