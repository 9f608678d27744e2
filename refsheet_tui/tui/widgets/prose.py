"""A widget for growing Markdown text."""

from __future__ import annotations

from time import monotonic
from typing import ClassVar

from textual.geometry import Region, Size
from textual.selection import Selection
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from refsheet_tui.tui.markdown.palette import COMPONENTS, Palette, make_palette
from refsheet_tui.tui.markdown.view import render_markdown

# The least number of seconds between two drawings, and the least ratio of that pause to the
# duration of a drawing. A long reply is drawn less often, so that keys never have to wait.
_MIN_PAUSE_S, _PAUSE_RATIO = 0.05, 8
_CARET = "▌"


class Prose(Widget):
    """Markdown in one widget, however long the text is, with all that was written.

    Textual's own Markdown uses one widget for every paragraph, list and bullet, and lays out all of
    them again whenever a line is added.
    """

    DEFAULT_CSS = "Prose { height: auto; }"
    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)

    def __init__(self, text: str = "", *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._text = text
        self._is_growing = False
        self._lines: list[Strip] = []
        self._palette: Palette | None = None
        self._width = 0
        self._pause_s = _MIN_PAUSE_S
        self._pause_timer: Timer | None = None
        self._is_outdated = False

    def update(self, text: str) -> None:
        """Show `text` at once or very soon, followed by a caret, since more is to come."""
        self._text = text
        self._is_growing = True
        self._is_outdated = True
        if self._pause_timer is None:
            self._draw_if_outdated()

    def finish(self) -> None:
        """Show the complete text now, without a caret."""
        self._is_outdated = self._is_outdated or self._is_growing
        self._is_growing = False
        if self._pause_timer is not None:
            self._pause_timer.stop()
        self._draw_if_outdated()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        if width != self._width:
            self._draw(width)
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        if self.size.width != self._width:
            self._draw(self.size.width)
        if y >= len(self._lines):
            return Strip([], 0)
        line = self._lines[y]
        selected = self.text_selection.get_span(y) if self.text_selection is not None else None
        if selected is not None:
            start, end = selected
            style = self.screen.get_component_rich_style("screen--selection")
            end = line.cell_length if end < 0 else end
            parts = (line.crop(0, start), line.crop(start, end).apply_style(style), line.crop(end))
            line = Strip.join(parts)
        return line.apply_offsets(0, y)

    def get_selection(self, selection: Selection) -> tuple[str, str]:
        """Return the selected text as it is shown."""
        text = "\n".join(line.text.rstrip() for line in self._lines)
        return selection.extract(text), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()

    def notify_style_update(self) -> None:
        """Draw the text again after the colors have changed."""
        self._width = 0
        self._palette = None
        super().notify_style_update()

    def _draw_if_outdated(self) -> None:
        self._pause_timer = None
        if not self._is_outdated:
            return
        old_lines = self._lines
        if self._width:
            self._draw(self._width)
        self._pause_timer = self.set_timer(self._pause_s, self._draw_if_outdated)
        if len(self._lines) != len(old_lines) or not self._width:
            self.refresh(layout=True)
            return
        changed_rows = [y for y, line in enumerate(old_lines) if line != self._lines[y]]
        if changed_rows:
            height = changed_rows[-1] - changed_rows[0] + 1
            self.refresh(Region(0, changed_rows[0], self._width, height))

    def _draw(self, width: int) -> None:
        started_at = monotonic()
        palette = self._palette = self._palette or make_palette(self.get_component_rich_style)
        text = self._text + _CARET if self._is_growing else self._text
        console = self.app.console
        options = self.app.console_options.update(width=width, height=None, highlight=False)
        with console.use_theme(palette.elements):
            markdown = render_markdown(text, width, palette.code)
            lines = console.render_lines(markdown, options, style=self.rich_style)
        self._lines = [Strip(line, width) for line in lines]
        self._width = width
        self._is_outdated = False
        self._pause_s = max(_MIN_PAUSE_S, _PAUSE_RATIO * (monotonic() - started_at))
