"""The blocks of a Markdown text, drawn so that they show what was written."""

from __future__ import annotations

from markdown_it.token import Token
from rich import box, markdown
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.segment import Segment
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

_QUOTE_MARK = "▌ "


class Heading(markdown.Heading):
    """A heading, at the left like all text."""

    LEVEL_ALIGN = dict.fromkeys(markdown.Heading.LEVEL_ALIGN, "left")


class CodeBlock(markdown.CodeBlock):
    """Code on a ground of its own, below the words that were written behind its fence."""

    def __init__(self, info: str, theme: str) -> None:
        super().__init__(info.partition(" ")[0] or "text", theme)
        self._info = info

    @classmethod
    def create(cls, markdown: markdown.Markdown, token: Token) -> CodeBlock:
        return cls(token.info.strip(), markdown.code_theme)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        style = console.get_style("markdown.code_block")
        code = str(self.text).rstrip()
        text = Syntax(code, self.lexer_name, theme=self.theme, word_wrap=True).highlight(code)
        text.rstrip()
        if text.plain != code:  # a lexer reads more into the code than its colors
            text = Text(code)
        if self._info:
            yield Padding(Text(self._info, "markdown.code_info"), (0, 1), style=style)
        yield Padding(text, (0 if self._info else 1, 1, 1, 1), style=style)


class BlockQuote(markdown.BlockQuote):
    """A quote, with a bar at its left even if it is empty."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        inner = options.update(width=options.max_width - cell_len(_QUOTE_MARK))
        bar = Segment(_QUOTE_MARK, console.get_style("markdown.block_quote_bar"))
        for line in console.render_lines(self.elements, inner, style=self.style) or [[]]:
            yield bar
            yield from line
            yield Segment.line()


class ListItem(markdown.ListItem):
    """An item, with the number or the mark that was written before it."""

    def __init__(self, mark: str) -> None:
        super().__init__()
        self.mark = mark

    @classmethod
    def create(cls, markdown: markdown.Markdown, token: Token) -> ListItem:
        if token.info:
            return cls(token.info + token.markup)
        return cls("•" if token.markup == "*" else token.markup)

    def render_marked(
        self, console: Console, options: ConsoleOptions, columns: int
    ) -> RenderResult:
        """Render the item with its mark in the first `columns` columns."""
        inner = options.update(width=options.max_width - columns)
        style = console.get_style("markdown.item.mark")
        margin = f"{self.mark} ".rjust(columns)
        for line in console.render_lines(self.elements, inner, style=self.style) or [[]]:
            yield Segment(margin, style)
            yield from line
            yield Segment.line()
            margin = " " * columns


class ListElement(markdown.ListElement):
    """A list of either kind."""

    items: list[ListItem]  # type: ignore[assignment]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        columns = max(cell_len(item.mark) for item in self.items) + 2
        for item in self.items:
            yield from item.render_marked(console, options, columns)


class TableElement(markdown.TableElement):
    """A table, whose cells become higher where they aren't wide enough."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        grid = Table(box=box.SIMPLE, pad_edge=False, style="markdown.table.border")
        if self.header is not None and self.header.row is not None:
            for cell in self.header.row.cells:
                title = cell.content.copy()
                title.stylize("markdown.table.header")
                grid.add_column(title, overflow="fold", justify=cell.justify)
        for row in self.body.rows if self.body is not None else ():
            grid.add_row(*(cell.content for cell in row.cells))
        yield grid
