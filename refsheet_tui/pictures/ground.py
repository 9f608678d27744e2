"""The ground that a transparent picture is placed on.

The reference implementation places every picture on white, and so does this program, unless nothing
of the picture would be left to see: white line art is placed on gray.
"""

from __future__ import annotations

from collections.abc import Iterator

from PIL import Image, ImageChops

from refsheet_tui.i18n import _

Color = tuple[int, int, int]

WHITE: Color = (255, 255, 255)
DARK: Color = (64, 64, 64)

_GROUND_KEY, _EMPTY_KEY = "ground", "is_empty"
# Samples that differ by less than this from their ground are not seen, and neither are pixels with
# less than this opacity, whatever the ground is.
_MIN_CONTRAST = 32
# A drawing is lost if a smaller share of its pixels than this can be seen. The outline of a white
# animal is more than that.
_MIN_SEEN_SHARE = 0.005
_MIN_TRANSPARENT_SHARE = 0.005
# In pixels. No drawing is smaller.
_MIN_AREA = 256
# In rows. Copies of parts of the picture have to fit into memory next to it.
_STRIP_HEIGHT = 256


def place_on_ground(image: Image.Image) -> Image.Image:
    """Return an RGBA picture on white, or on gray if it would vanish on white."""
    ground = DARK if _vanishes_on_white(image) else WHITE
    canvas = Image.new("RGB", image.size, ground)
    canvas.paste(image, mask=image)
    if ground != WHITE:
        canvas.info[_GROUND_KEY] = ground
    elif _is_empty(image):
        canvas.info[_EMPTY_KEY] = True
    return canvas


def ground_notice(image: Image.Image) -> str | None:
    """Return what to tell the user about the ground of a picture that `open_picture` returned.

    Most pictures have no notice: they are opaque, or visible on white.
    """
    if _EMPTY_KEY in image.info:
        return _(
            "The picture is fully transparent, so there is nothing to see in it. Of an animation,"
            " only the first frame is used."
        )
    if _GROUND_KEY not in image.info:
        return None
    return _("The picture is white on a transparent background, so it is shown on dark gray.")


def keep_ground_only(image: Image.Image, source: Image.Image) -> None:
    """Remove all metadata of `image` but the ground that `source` was placed on."""
    kept = {key: source.info[key] for key in (_GROUND_KEY, _EMPTY_KEY) if key in source.info}
    image.info.clear()
    image.info.update(kept)


def _is_empty(image: Image.Image) -> bool:
    """Return True if every pixel of an RGBA picture is fully transparent."""
    return all(strip.getchannel("A").getbbox() is None for strip in _strips(image))


def _strips(image: Image.Image) -> Iterator[Image.Image]:
    width, height = image.size
    for top in range(0, height, _STRIP_HEIGHT):
        yield image.crop((0, top, width, min(top + _STRIP_HEIGHT, height)))


def _vanishes_on_white(image: Image.Image) -> bool:
    width, height = image.size
    if width * height < _MIN_AREA:
        return False
    drawn = seen_on_white = seen_on_dark = 0
    for strip in _strips(image):
        drawn += sum(strip.getchannel("A").histogram()[_MIN_CONTRAST:])
        seen_on_white += _count_seen(strip, WHITE)
        if seen_on_white >= _MIN_SEEN_SHARE * width * height:
            return False  # as for nearly all pictures, after a strip or two
        seen_on_dark += _count_seen(strip, DARK)
    is_transparent = width * height - drawn >= _MIN_TRANSPARENT_SHARE * width * height
    return (
        is_transparent
        and seen_on_white < _MIN_SEEN_SHARE * drawn
        and seen_on_dark >= _MIN_SEEN_SHARE * drawn
    )


def _count_seen(image: Image.Image, ground: Color) -> int:
    """Return how many pixels of an RGBA picture differ visibly from the ground they are on."""
    canvas = Image.new("RGB", image.size, ground)
    canvas.paste(image, mask=image)
    red, green, blue = ImageChops.difference(canvas, Image.new("RGB", image.size, ground)).split()
    contrast = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return sum(contrast.histogram()[_MIN_CONTRAST:])
