"""Turning a picture upright by its metadata."""

from __future__ import annotations

import re

from PIL import Image

from refsheet_tui.pictures.exif import ORIENTATION, read_exif

# How to transpose the stored pixels, by the value of the EXIF tag Orientation (EXIF 2.32, 4.6.4).
_TRANSPOSES = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_XMP_ORIENTATION = re.compile(rb'tiff:Orientation(?:="|>)([0-9])')


def find_transpose(image: Image.Image) -> Image.Transpose | None:
    """Return how to turn `image` upright; None if it is, or doesn't say.

    EXIF counts before XMP. A picture whose metadata is damaged can still be used.
    """
    orientation = read_exif(_exif_data(image)).get(ORIENTATION)
    if orientation is None:
        xmp = image.info.get("XML:com.adobe.xmp") or image.info.get("xmp") or b""
        match = _XMP_ORIENTATION.search(
            xmp.encode(errors="replace") if isinstance(xmp, str) else xmp
        )
        orientation = int(match[1]) if match else None
    return _TRANSPOSES.get(orientation) if isinstance(orientation, int) else None


def _exif_data(image: Image.Image) -> bytes:
    data = image.info.get("exif")
    if isinstance(data, bytes):
        return data
    # ImageMagick writes it as hexadecimal digits, after three lines.
    lines = str(image.info.get("Raw profile type exif", "")).split("\n")[3:]
    try:
        return bytes.fromhex("".join(lines))
    except ValueError:
        return b""
