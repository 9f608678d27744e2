"""The last step: the square of pixels that the vision tower is given."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PIL import Image

from refsheet_tui.pictures.cropping import crops_of
from refsheet_tui.pictures.opening import open_picture
from refsheet_tui.pictures.prepared import PictureView, PreparedPicture


def prepare(image: Image.Image, size: int) -> PreparedPicture:
    """The RGB `image` as `size` by `size` pixels, stretched: the reference ignores the aspect.

    Bilinear with antialiasing, as Pillow does it, is the reference's own filter.
    """
    rgb = image.resize((size, size), Image.Resampling.BILINEAR).tobytes()
    named = hashlib.sha256(f"rgb8 {size}x{size}\n".encode())
    named.update(rgb)
    return PreparedPicture(size, rgb, named.hexdigest())


def view(path: Path, size: int, pan_and_scan: bool) -> PictureView:
    """The picture at `path` as a prompt shows it to a tower that wants `size` by `size` pixels,
    with its crops if `pan_and_scan` asks for them. Raises `PictureError`.
    """
    image = open_picture(path)
    crops = crops_of(image) if pan_and_scan else ()
    return PictureView(prepare(image, size), tuple(prepare(crop, size) for crop in crops))
