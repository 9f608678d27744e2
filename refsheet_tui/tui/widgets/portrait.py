"""A widget that shows a picture in the terminal."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache, partial
from itertools import product
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

from rich.segment import Segment
from rich.style import Style
from textual import work
from textual.containers import ScrollableContainer
from textual.geometry import Offset, Region, Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from refsheet_tui import pictures
from refsheet_tui.errors import PictureError
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.graphics.blocks import blocks, fit
from refsheet_tui.tui.graphics.kitty import KittyPicture
from refsheet_tui.tui.graphics.sixel import SixelPicture
from refsheet_tui.tui.graphics.terminal import Drawing, cell_size, tell_terminal

if TYPE_CHECKING:
    from PIL import Image

_KEPT_SIDE = 512
"""In pixels. More than a portrait has in most terminals."""
# Pictures are drawn one at a time, because threads share the interpreter with the event loop.
_DRAWING = Lock()

# The color systems of rich in which a cell can name a picture.
_COLORFUL = ("256", "truecolor")

Pixels: TypeAlias = KittyPicture | SixelPicture
_Rows: TypeAlias = list[list[Segment]]
_Drawn: TypeAlias = tuple[_Rows, Pixels | None]


class Portrait(Widget):
    """A picture, scaled to the widget with its aspect ratio preserved.

    It is drawn in full resolution if the app does so, and in blocks while something covers it. A
    picture that can't be opened is not shown.
    """

    path: reactive[Path | None] = reactive(None)

    def __init__(self, path: Path | None = None, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._drawing: Drawing = "blocks"
        self._rows: _Rows = []
        self._pixels: Pixels | None = None
        self._shows_pixels = False
        self._strips: tuple[object, list[Strip]] = (None, [])
        self.set_reactive(Portrait.path, path)

    @property
    def is_drawn(self) -> bool:
        """True if the picture is shown."""
        return bool(self._rows)

    def on_mount(self) -> None:
        self.watch(self.app, "drawing", self._drawing_changed)
        # A terminal forgets pictures while the program is suspended.
        self.app.app_resume_signal.subscribe(self, lambda _app: self._redraw())

    def on_unmount(self) -> None:
        self._change([], None)

    def on_resize(self) -> None:
        self._redraw()

    def watch_path(self) -> None:
        self._redraw()

    def render_line(self, y: int) -> Strip:
        """Draw a line of the picture, in the middle of the widget's background."""
        columns = len(self._rows[0]) if self._rows else 0
        return self._strip(self._rows, min(columns, self.size.width), y, self.rich_style)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw lines without the style cache and its filters.

        They would change the number of a picture.
        """
        pixels = self._pixels
        if isinstance(pixels, SixelPicture) and pixels.cell != cell_size():
            # The font size has changed, although the widget may have the same size in cells.
            pixels = self._pixels = None
            self.call_later(self._redraw)
        shows = pixels is not None and self._can_show(pixels)
        if shows != self._shows_pixels:
            # When a cover goes away, only the covered part would be drawn again.
            self._shows_pixels = shows
            self.call_later(self.refresh)
        if pixels is None or not shows:
            return super().render_lines(crop)
        strips = self._strips_of(pixels)
        return [strips[y].crop(crop.x, crop.right) for y in crop.line_range]

    def _strips_of(self, pixels: Pixels) -> list[Strip]:
        """Return the lines of the picture.

        The same objects are returned until something changes, because they cache their output.
        """
        ground, place = self.rich_style, self.region
        if self._strips[0] != (ground, place):
            at = place.offset + self._corner(pixels.columns, pixels.lines)
            rows = pixels.rows(at, ground)
            lines = range(self.size.height)
            strips = [self._strip(rows, pixels.columns, y, ground) for y in lines]
            self._strips = (ground, place), strips
        return self._strips[1]

    def _strip(self, rows: _Rows, columns: int, y: int, ground: Style) -> Strip:
        width = self.size.width
        left, top = self._corner(columns, len(rows))
        if not 0 <= y - top < len(rows):
            return Strip([], 0)  # Textual fills the line
        right = width - left - columns
        margins = (Segment(" " * left, ground), Segment(" " * right, ground))
        return Strip([margins[0], *rows[y - top], margins[1]], width)

    def _corner(self, columns: int, lines: int) -> Offset:
        return Offset((self.size.width - columns) // 2, (self.size.height - lines) // 2)

    def _can_show(self, pixels: Pixels) -> bool:
        """Return True if the picture can be drawn in full resolution now.

        Pictures behind a dialog can't, because they are tinted. Sixels can't if any part of them is
        cut off or covered.
        """
        if not self.is_attached or not self.screen.is_active:
            return False
        if pixels.columns > self.size.width or pixels.lines > self.size.height:
            return False
        return isinstance(pixels, KittyPicture) or self._is_whole()

    def _is_whole(self) -> bool:
        screen, region = self.screen, self.region
        if not screen.region.contains_region(region):
            return False
        # Anything that can cover it is at least two lines high and crosses one of its sides.
        places = product((region.x, region.right - 1), region.line_range[::2])
        return all(screen.get_widget_at(x, y)[0] is self for x, y in places)

    def _drawing_changed(self, drawing: Drawing) -> None:
        self._change(self._rows, None)
        self._drawing = drawing
        self.display = drawing != "off"
        self._redraw()

    def _redraw(self) -> None:
        if self._drawing == "off":
            self._draw(None, self.size)
        elif self.size.width and self.size.height:
            # Texts are drawn first, because threads that draw pictures slow the event loop down.
            self.call_after_refresh(self._draw, self.path, self.size)

    @work(exclusive=True)
    async def _draw(self, path: Path | None, size: Size) -> None:
        drawn: _Drawn = ([], None)
        if path is not None:
            # This imports Pillow. Not in the thread, because two threads that import can wait for
            # each other.
            pictures.open_picture  # noqa: B018
            with suppress(PictureError, OSError):
                drawn = await in_thread(partial(_drawn, path, size, self._way()))
        self._change(*drawn)

    def _way(self) -> Drawing:
        """Return how to draw this picture.

        Sixels are not used in a scrolling container, since each step would draw them again.
        """
        if self._drawing == "sixel" and any(
            isinstance(each, ScrollableContainer) for each in self.ancestors
        ):
            return "blocks"
        # A picture's number is encoded as a color.
        if self._drawing == "kitty" and self.app.console.color_system not in _COLORFUL:
            return "blocks"
        return self._drawing

    def _change(self, rows: _Rows, pixels: Pixels | None) -> None:
        told = (self._pixels.removing if self._pixels else "") + (pixels.sending if pixels else "")
        tell_terminal(self.app, told)
        self._rows, self._pixels, self._shows_pixels = rows, pixels, pixels is not None
        self._strips = (None, [])
        self.refresh()


def _drawn(path: Path, size: Size, drawing: Drawing) -> _Drawn:
    """Draw a picture, in blocks and, if wanted, in full resolution.

    Raises `PictureError`, and `OSError` if the file is gone.
    """
    with _DRAWING:
        image = _opened(path, path.stat().st_mtime_ns)
        rows = blocks(image, *fit(image.size, size.width, size.height))
        if drawing == "kitty":
            return rows, KittyPicture.of(image, size.width, size.height, cell_size())
        if drawing == "sixel":
            return rows, SixelPicture.of(image, size.width, size.height, cell_size())
        return rows, None


@lru_cache(maxsize=32)
def _opened(path: Path, changed: int) -> Image.Image:
    """Return a small copy of a picture.

    It is cached, because every change of the window's size draws it again. `changed` is the file's
    modification time. Raises `PictureError`.
    """
    image = pictures.open_picture(path)
    image.thumbnail((_KEPT_SIDE, _KEPT_SIDE))
    return image
