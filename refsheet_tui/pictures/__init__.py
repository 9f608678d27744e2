"""Turning an untrusted picture file into the pixels that a vision tower needs.

`open_picture` reads a file, `cut_crops` cuts the crops of pan and scan, and `prepare_picture`
resizes. `view` does all three, and `view_of` the last two.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from refsheet_tui.pictures.picture_view import PictureView, PreparedPicture

if TYPE_CHECKING:
    from refsheet_tui.pictures.cropping import cut_crops
    from refsheet_tui.pictures.opening import open_picture
    from refsheet_tui.pictures.preparing import prepare_picture, view, view_of
else:
    # Every module that handles prompts imports this package, and most of them never open a picture.
    # So Pillow is loaded with the first function that needs it.
    _LAZY_MODULES = {
        "cut_crops": "cropping",
        "open_picture": "opening",
        "prepare_picture": "preparing",
        "view": "preparing",
        "view_of": "preparing",
    }

    def __getattr__(name: str) -> object:
        if name not in _LAZY_MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_LAZY_MODULES[name]}"), name)


__all__ = [
    "PictureView",
    "PreparedPicture",
    "cut_crops",
    "open_picture",
    "prepare_picture",
    "view",
    "view_of",
]
