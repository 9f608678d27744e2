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
from refsheet_tui.tui.graphics.terminal import Drawing, cell_size, write_to_terminal

if TYPE_CHECKING:
    from PIL import Image

_MAX_SIDE = 512
"""In pixels. More than a portrait has in most terminals."""
# Pictures are drawn one at a time, because threads share the interpreter with the event loop.
_DRAW_LOCK = Lock()

# The color systems of rich in which a cell can name a picture.
_PICTURE_COLOR_SYSTEMS = ("256", "truecolor")

Pixels: TypeAlias = KittyPicture | SixelPicture
_Rows: TypeAlias = list[list[Segment]]
_DrawResult: TypeAlias = tuple[_Rows, Pixels | None]


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
        self._cached_strips: tuple[object, list[Strip]] = (None, [])
        self.set_reactive(Portrait.path, path)

    @property
    def is_drawn(self) -> bool:
        """True if the picture is shown."""
        return bool(self._rows)

    def on_mount(self) -> None:
        self.watch(self.app, "drawing", self._on_drawing_change)
        # A terminal forgets pictures while the program is suspended.
        self.app.app_resume_signal.subscribe(self, lambda _app: self._redraw())

    def on_unmount(self) -> None:
        self.app.app_resume_signal.unsubscribe(self)
        self._set_picture([], None)

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
        shows_pixels = pixels is not None and self._can_show(pixels)
        if shows_pixels != self._shows_pixels:
            # When a cover goes away, only the covered part would be drawn again.
            self._shows_pixels = shows_pixels
            self.call_later(self.refresh)
        if pixels is None or not shows_pixels:
            return super().render_lines(crop)
        strips = self._pixel_strips(pixels)
        return [strips[y].crop(crop.x, crop.right) for y in crop.line_range]

    def _pixel_strips(self, pixels: Pixels) -> list[Strip]:
        """Return the lines of the picture.

        The same objects are returned until something changes, because they cache their output.
        """
        style, region = self.rich_style, self.region
        if self._cached_strips[0] != (style, region):
            offset = region.offset + self._corner(pixels.columns, pixels.lines)
            rows = pixels.rows(offset, style)
            lines = range(self.size.height)
            strips = [self._strip(rows, pixels.columns, y, style) for y in lines]
            self._cached_strips = (style, region), strips
        return self._cached_strips[1]

    def _strip(self, rows: _Rows, columns: int, y: int, style: Style) -> Strip:
        width = self.size.width
        left, top = self._corner(columns, len(rows))
        if not 0 <= y - top < len(rows):
            return Strip([], 0)  # Textual fills the line
        right = width - left - columns
        margins = (Segment(" " * left, style), Segment(" " * right, style))
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
        return isinstance(pixels, KittyPicture) or self._is_fully_visible()

    def _is_fully_visible(self) -> bool:
        screen, region = self.screen, self.region
        if not screen.region.contains_region(region):
            return False
        # Anything that can cover it is at least two lines high and crosses one of its sides.
        points = product((region.x, region.right - 1), region.line_range[::2])
        return all(screen.get_widget_at(x, y)[0] is self for x, y in points)

    def _on_drawing_change(self, drawing: Drawing) -> None:
        self._set_picture(self._rows, None)
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
        result: _DrawResult = ([], None)
        if path is not None:
            # This imports Pillow. Not in the thread, because two threads that import can wait for
            # each other.
            pictures.open_picture  # noqa: B018
            with suppress(PictureError, OSError):
                result = await in_thread(partial(_draw_picture, path, size, self._choose_drawing()))
        self._set_picture(*result)

    def _choose_drawing(self) -> Drawing:
        """Return how to draw this picture.

        Sixels are not used in a scrolling container, since each step would draw them again.
        """
        if self._drawing == "sixel" and any(
            isinstance(each, ScrollableContainer) for each in self.ancestors
        ):
            return "blocks"
        # A picture's number is encoded as a color.
        if self._drawing == "kitty" and self.app.console.color_system not in _PICTURE_COLOR_SYSTEMS:
            return "blocks"
        return self._drawing

    def _set_picture(self, rows: _Rows, pixels: Pixels | None) -> None:
        sequences = (self._pixels.delete_sequence if self._pixels else "") + (
            pixels.upload_sequence if pixels else ""
        )
        write_to_terminal(self.app, sequences)
        self._rows, self._pixels, self._shows_pixels = rows, pixels, pixels is not None
        self._cached_strips = (None, [])
        self.refresh()


def _draw_picture(path: Path, size: Size, drawing: Drawing) -> _DrawResult:
    """Draw a picture, in blocks and, if wanted, in full resolution.

    Raises `PictureError`, and `OSError` if the file is gone.
    """
    with _DRAW_LOCK:
        image = _open_thumbnail(path, path.stat().st_mtime_ns)
        rows = blocks(image, *fit(image.size, size.width, size.height))
        if drawing == "kitty":
            return rows, KittyPicture.from_image(image, size.width, size.height, cell_size())
        if drawing == "sixel":
            return rows, SixelPicture.from_image(image, size.width, size.height, cell_size())
        return rows, None


@lru_cache(maxsize=32)
def _open_thumbnail(path: Path, mtime_ns: int) -> Image.Image:
    """Return a small copy of a picture.

    It is cached, because every change of the window's size draws it again. `mtime_ns` is the file's
    modification time. Raises `PictureError`.
    """
    image = pictures.open_picture(path)
    image.thumbnail((_MAX_SIDE, _MAX_SIDE))
    return image
