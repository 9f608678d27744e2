"""Markdown that grows."""

from __future__ import annotations

from time import monotonic
from typing import ClassVar

from rich.markdown import Markdown
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

# Seconds between two drawings, and how many times as long as a drawing they are at least apart: a
# long reply is drawn less often, so that the keys are never kept waiting.
_STEP_S, _SHARE = 0.05, 8


class Prose(Widget):
    """One widget however long the text is. Textual's own Markdown is one for every paragraph, list
    and bullet, and all of them are laid out again whenever a line is added."""

    DEFAULT_CSS = "Prose { height: auto; }"
    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self, text: str = "", *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._text = text
        self._lines: list[Strip] = []
        self._width = 0
        self._wait_s = _STEP_S
        self._pause: Timer | None = None
        self._is_behind = False

    def update(self, text: str) -> None:
        """Show `text`, at once or very soon."""
        self._text = text
        self._is_behind = True
        if self._pause is None:
            self._catch_up()

    def finish(self) -> None:
        """Show all of it now: nothing more comes."""
        if self._pause is not None:
            self._pause.stop()
        self._catch_up()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        if width != self._width:
            self._draw(width)
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        if self.size.width != self._width:
            self._draw(self.size.width)
        return self._lines[y] if y < len(self._lines) else Strip.blank(0)

    def notify_style_update(self) -> None:
        """In other colours it is another drawing."""
        self._width = 0
        super().notify_style_update()

    def _catch_up(self) -> None:
        self._pause = None
        if not self._is_behind:
            return
        before = self._lines
        if self._width:
            self._draw(self._width)
        self._pause = self.set_timer(self._wait_s, self._catch_up)
        if len(self._lines) != len(before) or not self._width:
            self.refresh(layout=True)
            return
        changed = [y for y, line in enumerate(before) if line != self._lines[y]]
        if changed:
            height = changed[-1] - changed[0] + 1
            self.refresh(Region(0, changed[0], self._width, height))

    def _draw(self, width: int) -> None:
        begin = monotonic()
        # A line break is meant as one: a poem is not a paragraph.
        markdown = Markdown(self._text.replace("\n", "  \n"), hyperlinks=False)
        options = self.app.console_options.update(width=width, height=None, highlight=False)
        lines = self.app.console.render_lines(markdown, options, style=self.rich_style)
        self._lines = [Strip(line, width) for line in lines]
        self._width = width
        self._is_behind = False
        self._wait_s = max(_STEP_S, _SHARE * (monotonic() - begin))
