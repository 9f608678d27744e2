"""Converting pictures of every colour mode to 8-bit RGB."""

from __future__ import annotations

from PIL import Image, ImageFile

from refsheet_tui.pictures.ground import place_on_ground

Transparency = bytes | int | tuple[int, ...]

# A PNG gives its transparent grey in the bit depth of the file. Pillow widens the pixels to 8 bits,
# but not this value. Raw mode: (number of levels, width of a step).
_SHALLOW_GREY = {"L;2": (4, 85), "L;4": (16, 17)}


def read_transparency(image: ImageFile.ImageFile) -> Transparency | None:
    """Return the transparency that a file stores outside of its pixels; None if it has none.

    It is a list of palette alphas, a palette index, a grey or a colour, in the values of the pixels
    that Pillow decodes. Call this before the pixels are loaded, because Pillow then forgets the bit
    depth of the file.
    """
    transparency: Transparency | None = image.info.get("transparency")
    raw_mode = image.tile[0].args if image.tile else None
    if isinstance(transparency, int) and isinstance(raw_mode, str):
        levels, step = _SHALLOW_GREY.get(raw_mode, (0, 1))
        return transparency * step if transparency < levels else transparency
    if isinstance(transparency, tuple) and raw_mode == "RGB;16B":
        # Pillow keeps only the high bytes of 16-bit colours.
        return tuple(sample >> 8 for sample in transparency)
    return transparency


def flatten(image: Image.Image, transparency: Transparency | None) -> Image.Image:
    """Return `image` as RGB, on the ground that suits it; `image` itself if it is RGB already."""
    if image.mode.startswith("I"):
        return _flatten_deep_grey(image, transparency)
    if transparency is not None:
        image.info["transparency"] = transparency
    if image.has_transparency_data:
        return place_on_ground(image if image.mode == "RGBA" else image.convert("RGBA"))
    return image if image.mode == "RGB" else image.convert("RGB")


def _flatten_deep_grey(image: Image.Image, transparency: Transparency | None) -> Image.Image:
    """Return a 16-bit grey picture as RGB; Pillow's conversion clips at 255 instead of scaling."""
    deep_grey = image.convert("I")
    grey = deep_grey.point([round(level / 257) for level in range(65536)], "L")
    if not isinstance(transparency, int):
        return grey.convert("RGB")
    opacity = deep_grey.point([255 * (level != transparency) for level in range(65536)], "L")
    return place_on_ground(Image.merge("LA", (grey, opacity)).convert("RGBA"))
