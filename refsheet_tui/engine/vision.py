"""How pictures reach the loaded model: as it sees them, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from refsheet_tui.engine.events import ModelInfo
from refsheet_tui.pictures import PictureView


@dataclass(frozen=True)
class Vision:
    """Decides what of a picture file the model of `info` is given. A text-only model gets none.

    `pan_and_scan` adds crops of wide and tall pictures.
    """

    info: ModelInfo
    pan_and_scan: bool

    def view(self, picture: Path) -> PictureView | None:
        """Return the picture as the model sees it, None for a text-only model. Raises
        `PictureError`."""
        return self.require_view(picture) if self.info.sees_pictures else None

    def require_view(self, picture: Path) -> PictureView:
        """Return the picture as the model sees it, where nothing makes sense without it. Raises
        `EngineError` for a text-only model, `PictureError`."""
        from refsheet_tui.pictures import view  # with it comes Pillow

        return view(picture, self.info.seen_size(), self.pan_and_scan)
