"""Resizing pictures and crops to the squares of pixels that the vision tower needs."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PIL import Image

from refsheet_tui.pictures.cropping import cut_crops
from refsheet_tui.pictures.opening import open_picture
from refsheet_tui.pictures.picture_view import PictureView, PreparedPicture


def prepare_picture(image: Image.Image, size: int) -> PreparedPicture:
    """Resize a picture to a square, as the reference implementation does.

    The picture is stretched. The filter is Pillow's bilinear one with antialiasing.

    Args:
        image: An RGB picture of any size.
        size: The width and height of the square, in pixels.

    Returns:
        The pixels of the square.
    """
    rgb = image.resize((size, size), Image.Resampling.BILINEAR).tobytes()
    digest = hashlib.sha256(f"rgb8 {size}x{size}\n".encode())
    digest.update(rgb)
    return PreparedPicture(size, rgb, digest.hexdigest())


def view(path: Path, size: int, pan_and_scan: bool) -> PictureView:
    """Open a picture file for a prompt.

    Args:
        path: The picture file.
        size: The width and height that the vision tower needs, in pixels.
        pan_and_scan: Add the crops of a wide or tall picture.

    Returns:
        The picture and its crops.

    Raises:
        PictureError: The file can't be opened as a picture.
    """
    return view_of(open_picture(path), size, pan_and_scan)


def view_of(image: Image.Image, size: int, pan_and_scan: bool) -> PictureView:
    """Prepare an open picture for a prompt.

    Args:
        image: A picture that `open_picture` returned.
        size: The width and height that the vision tower needs, in pixels.
        pan_and_scan: Add the crops of a wide or tall picture.

    Returns:
        The picture and its crops.
    """
    crops = cut_crops(image) if pan_and_scan else ()
    return PictureView(
        prepare_picture(image, size), tuple(prepare_picture(crop, size) for crop in crops)
    )
