"""A picture exactly as the vision tower will see it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PreparedPicture:
    """`size` x `size` RGB pixels, row by row, 3 bytes each; `sha256` names pixels and size."""

    size: int
    rgb: bytes
    sha256: str


@dataclass(frozen=True)
class PictureView:
    """One picture as it enters a prompt: the whole, and its pan-and-scan crops (often none)."""

    whole: PreparedPicture
    crops: tuple[PreparedPicture, ...] = ()
