"""A Markdown text that Rich can draw."""

from __future__ import annotations

from typing import ClassVar

from rich import markdown
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.syntax import SyntaxTheme
from rich.text import Text

from refsheet_tui.tui.markdown.elements import (
    BlockQuote,
    CodeBlock,
    Heading,
    ListElement,
    ListItem,
    TableElement,
)
from refsheet_tui.tui.markdown.parser import make_parser

_MIN_WIDTH = 16  # columns; a narrower text is shown as it was written


def render_markdown(text: str, width: int, code_theme: SyntaxTheme) -> RenderableType:
    """Return `text` as Markdown, to be drawn `width` columns wide."""
    return MarkdownView(text, width, code_theme) if width >= _MIN_WIDTH else Text(text)


class MarkdownView(markdown.Markdown):
    """Rich's Markdown, with a parser and elements that lose no letter."""

    elements: ClassVar[dict[str, type[markdown.MarkdownElement]]] = {
        **markdown.Markdown.elements,
        "heading_open": Heading,
        "fence": CodeBlock,
        "code_block": CodeBlock,
        "blockquote_open": BlockQuote,
        "bullet_list_open": ListElement,
        "ordered_list_open": ListElement,
        "list_item_open": ListItem,
        "table_open": TableElement,
    }
    inlines: ClassVar[set[str]] = {*markdown.Markdown.inlines, "label", "target"}  # type: ignore[misc]

    def __init__(self, text: str, width: int, code_theme: SyntaxTheme) -> None:
        super().__init__("", hyperlinks=False)
        self.markup = text
        self.parsed = make_parser(width).parse(text)
        self.code_theme = code_theme  # type: ignore[assignment]  # a theme or the name of one

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        rendered = iter(super().__rich_console__(console, options))
        # Rich puts an empty line above a list or a quote, even above the first block.
        first = next(rendered, None)
        if first is not None and first != Segment.line():
            yield first
        yield from rendered
