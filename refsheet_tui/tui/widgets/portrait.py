"""A picture in the terminal."""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual import work
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from refsheet_tui.errors import PictureError
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.blocks import blocks, fit

if TYPE_CHECKING:
    from PIL import Image

_KEPT_SIDE = 512
"""Pixels; more than a portrait has in any terminal."""
# One at a time: only one thread runs Python, and the loop would wait for all of them in turn.
_DRAWING = Lock()


class Portrait(Widget):
    """Shows a picture as large as the widget is, its aspect kept; nothing when it can't be
    opened."""

    path: reactive[Path | None] = reactive(None)

    def __init__(self, path: Path | None = None, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._rows: list[list[Segment]] = []
        self.set_reactive(Portrait.path, path)

    @property
    def is_drawn(self) -> bool:
        return bool(self._rows)

    def on_resize(self) -> None:
        self._redraw()

    def watch_path(self) -> None:
        self._redraw()

    def render_line(self, y: int) -> Strip:
        """The picture in the middle of the widget's own ground."""
        row = y - (self.size.height - len(self._rows)) // 2
        if not 0 <= row < len(self._rows):
            return Strip.blank(0)  # Textual fills it up
        width, ground = self.size.width, self.rich_style
        cells = self._rows[row][:width]
        left = (width - len(cells)) // 2
        right = width - left - len(cells)
        margins = (Segment(" " * left, ground), Segment(" " * right, ground))
        return Strip([margins[0], *cells, margins[1]], width)

    def _redraw(self) -> None:
        if self.size.width and self.size.height:
            # Words first: threads that draw hold up what is drawn on the loop.
            self.call_after_refresh(self._draw, self.path, self.size)

    @work(exclusive=True)
    async def _draw(self, path: Path | None, size: Size) -> None:
        rows: list[list[Segment]] = []
        if path is not None:
            try:
                rows = await in_thread(partial(_drawn, path, size))
            except (PictureError, OSError):
                rows = []
        self._rows = rows
        self.refresh()


def _drawn(path: Path, size: Size) -> list[list[Segment]]:
    """Raises `PictureError`, and `OSError` for a file that is gone."""
    with _DRAWING:
        image = _opened(path, path.stat().st_mtime_ns)
        return blocks(image, *fit(image.size, size.width, size.height))


@lru_cache(maxsize=32)
def _opened(path: Path, changed: int) -> Image.Image:
    """A small copy, kept because every change of a window's size draws it again. Raises
    `PictureError`."""
    from refsheet_tui.pictures import open_picture  # with it comes Pillow

    image = open_picture(path)
    image.thumbnail((_KEPT_SIDE, _KEPT_SIDE))
    return image
