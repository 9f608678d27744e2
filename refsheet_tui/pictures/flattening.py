"""From every way a file stores colour to 8-bit RGB on white."""

from __future__ import annotations

from PIL import Image, ImageFile

Transparency = bytes | int | tuple[int, ...]

_WHITE = (255, 255, 255)

# PNG names its transparent grey in the file's own depth; Pillow widens the pixels to 8 bits and
# leaves that name as it is. Raw mode: (number of levels, width of a step).
_SHALLOW_GREY = {"L;2": (4, 85), "L;4": (16, 17)}


def read_transparency(image: ImageFile.ImageFile) -> Transparency | None:
    """What `image` calls transparent outside of its pixels, in terms of the pixels that Pillow
    decodes: palette alphas, an index, a grey or a colour.

    To be asked before the pixels are loaded: the stored depth is forgotten then.
    """
    transparency: Transparency | None = image.info.get("transparency")
    raw_mode = image.tile[0].args if image.tile else None
    if isinstance(transparency, int) and isinstance(raw_mode, str):
        levels, step = _SHALLOW_GREY.get(raw_mode, (0, 1))
        return transparency * step if transparency < levels else transparency
    if isinstance(transparency, tuple) and raw_mode == "RGB;16B":
        # Pillow keeps the high bytes of 16-bit colour; what is left of the name is theirs.
        return tuple(sample >> 8 for sample in transparency)
    return transparency


def flatten(image: Image.Image, transparency: Transparency | None) -> Image.Image:
    """`image` as RGB, composed on white; `image` itself where it is RGB already."""
    if image.mode.startswith("I"):
        return _flatten_deep_grey(image, transparency)
    if transparency is not None:
        image.info["transparency"] = transparency
    if image.has_transparency_data:
        return _on_white(image if image.mode == "RGBA" else image.convert("RGBA"))
    return image if image.mode == "RGB" else image.convert("RGB")


def _flatten_deep_grey(image: Image.Image, transparency: Transparency | None) -> Image.Image:
    """Grey of 16 bits, which Pillow's own conversion clips at 255 instead of scaling."""
    wide = image.convert("I")
    grey = wide.point([round(level / 257) for level in range(65536)], "L")
    if not isinstance(transparency, int):
        return grey.convert("RGB")
    opacity = wide.point([255 * (level != transparency) for level in range(65536)], "L")
    return _on_white(Image.merge("LA", (grey, opacity)).convert("RGBA"))


def _on_white(image: Image.Image) -> Image.Image:
    canvas = Image.new("RGB", image.size, _WHITE)
    canvas.paste(image, mask=image)
    return canvas
