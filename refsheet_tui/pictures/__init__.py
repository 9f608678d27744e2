"""From an untrusted file to the pixels a vision tower wants.

`open_picture` reads a file, `crops_of` cuts what pan and scan adds, `prepare` resizes, and `view`
does all three.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from refsheet_tui.pictures.prepared import PictureView, PreparedPicture

if TYPE_CHECKING:
    from refsheet_tui.pictures.cropping import crops_of
    from refsheet_tui.pictures.opening import open_picture
    from refsheet_tui.pictures.preparing import prepare, view
else:
    # Everything that holds a prompt imports this package, and most of it never opens a picture:
    # Pillow is loaded with the first function that needs it.
    _HOMES = {
        "crops_of": "cropping",
        "open_picture": "opening",
        "prepare": "preparing",
        "view": "preparing",
    }

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


__all__ = ["PictureView", "PreparedPicture", "crops_of", "open_picture", "prepare", "view"]
