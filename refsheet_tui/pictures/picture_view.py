"""Pictures exactly as the vision tower sees them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PreparedPicture:
    """A square of pixels for the vision tower.

    Attributes:
        size: Its width and height, in pixels.
        rgb: `size` x `size` pixels, row by row, of 3 bytes each.
        sha256: The hash of the pixels and the size, in hexadecimal digits.
    """

    size: int
    rgb: bytes
    sha256: str


@dataclass(frozen=True)
class PictureView:
    """A picture as a prompt contains it: the whole picture, and its crops of pan and scan.

    Most pictures have no crops.
    """

    picture: PreparedPicture
    crops: tuple[PreparedPicture, ...] = ()
