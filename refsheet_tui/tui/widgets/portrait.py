"""A picture in the terminal, two pixels to a cell."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rich.segment import Segment
from rich.style import Style
from textual import work
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from refsheet_tui.errors import PictureError

_HALF = "▀"
"""Upper half block: its foreground is the pixel above, its background the one below."""


class Portrait(Widget):
    """Shows a picture as large as the widget is, its aspect kept; nothing when it can't be
    opened."""

    path: reactive[Path | None] = reactive(None)

    def __init__(self, path: Path | None = None, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._strips: list[Strip] = []
        self.set_reactive(Portrait.path, path)

    @property
    def is_drawn(self) -> bool:
        """Whether the picture is shown."""
        return bool(self._strips)

    def on_resize(self) -> None:
        self._redraw()

    def watch_path(self) -> None:
        self._redraw()

    def render_line(self, y: int) -> Strip:
        if y < len(self._strips):
            return self._strips[y]
        return Strip.blank(self.size.width, self.rich_style)

    def _redraw(self) -> None:
        if self.size.width and self.size.height:
            self._draw(self.path, self.size)

    @work(exclusive=True)
    async def _draw(self, path: Path | None, size: Size) -> None:
        strips: list[Strip] = []
        if path is not None:
            try:
                strips = await asyncio.to_thread(half_blocks, path, size, self.rich_style)
            except PictureError:
                strips = []
        self._strips = strips
        self.refresh()


def half_blocks(path: Path, size: Size, ground: Style) -> list[Strip]:
    """The picture in the middle of `size` cells. Raises `PictureError`."""
    from refsheet_tui.pictures import open_picture

    picture = open_picture(path)
    scale = min(size.width / picture.width, 2 * size.height / picture.height)
    width = max(1, round(picture.width * scale))
    height = max(2, round(picture.height * scale) // 2 * 2)
    small = picture.resize((width, height))
    rgb = small.tobytes()
    left = (size.width - width) // 2
    top = (size.height - height // 2) // 2
    blank = Strip.blank(size.width, ground)
    strips = [blank] * top
    for row in range(0, height, 2):
        cells = [Segment(" " * left, ground)]
        for column in range(width):
            above, below = (3 * ((row + half) * width + column) for half in (0, 1))
            colors = (rgb[above : above + 3], rgb[below : below + 3])
            upper, lower = (f"#{color.hex()}" for color in colors)
            cells.append(Segment(_HALF, Style(color=upper, bgcolor=lower)))
        cells.append(Segment(" " * (size.width - left - width), ground))
        strips.append(Strip(cells, size.width))
    return strips
