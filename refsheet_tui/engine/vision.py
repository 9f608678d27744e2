"""Prepare pictures for the loaded model, if it can see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from refsheet_tui.engine.events import ModelInfo
from refsheet_tui.pictures import PictureView

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True)
class Vision:
    """Prepares picture files as the model of `info` sees them. A text-only model gets none.

    `pan_and_scan` adds crops of wide and tall pictures. `opened_images` are pictures that were
    opened already, by file.
    """

    info: ModelInfo
    pan_and_scan: bool
    opened_images: Mapping[Path, Image.Image] = field(default_factory=dict)

    def view(self, picture: Path) -> PictureView | None:
        """Return the picture as the model sees it.

        Args:
            picture: The picture's file.

        Returns:
            The picture and its crops; None for a text-only model.

        Raises:
            PictureError: The picture can't be opened.
        """
        return self.require_view(picture) if self.info.sees_pictures else None

    def require_view(self, picture: Path) -> PictureView:
        """Return the picture as the model sees it, for a caller that can't do without.

        Args:
            picture: The picture's file.

        Returns:
            The picture and its crops.

        Raises:
            EngineError: The model is text-only.
            PictureError: The picture can't be opened.
        """
        from refsheet_tui.pictures import open_picture, view_of  # with them comes Pillow

        image = self.opened_images.get(picture) or open_picture(picture)
        return view_of(image, self.info.require_picture_size(), self.pan_and_scan)
