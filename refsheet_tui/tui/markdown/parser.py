"""The Markdown parser of the screens, which loses no letter of a text.

A terminal has no HTML, no footnotes and no hidden targets, so what CommonMark hides is shown as it
was written: tags, entities, comments, backslashes, targets of links, definitions, the words behind
a fence, and what doesn't fit into a table. Line breaks stay line breaks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from markdown_it import MarkdownIt
from markdown_it.rules_block import (
    StateBlock,
    blockquote,
    heading,
    list_block,
    paragraph,
    table,
)
from markdown_it.token import Token

from refsheet_tui.tui.markdown.emphasis import emphasis
from refsheet_tui.tui.markdown.inline_rules import (
    address,
    code,
    escape,
    image_as_written,
    line_break,
    link_as_written,
)

# The columns that stay for the text inside of nested lists and quotes, the columns that one more
# list may take (a number has up to nine digits), and the columns of a table's narrowest column.
_TEXT_COLUMNS, _LIST_COLUMNS, _TABLE_COLUMNS = 16, 12, 8
# A quote begins with a space behind its mark. `>:(` and `>text` are words.
_QUOTE = re.compile(r">+(?:[ \t]|$)")
_UNKNOWN = ("autolink", "entity", "html_block", "html_inline", "lheading", "reference")
# Above all that the rules below allow, because the parser drops a text that is nested deeper.
_MAX_NESTING = 100


def make_parser(width: int) -> MarkdownIt:
    """Return a parser for one text that is shown `width` columns wide.

    Lists, quotes and tables that would need more columns are shown as they were written.
    """
    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING})
    parser.disable(_UNKNOWN).enable(["strikethrough", "table"])
    inline = parser.inline.ruler
    inline.at("newline", line_break)
    inline.at("escape", escape)
    inline.at("backticks", code)
    inline.at("emphasis", emphasis)
    inline.at("link", link_as_written)
    inline.at("image", image_as_written)
    inline.before("newline", "address", address)
    rules = _BlockRules(width)
    block = parser.block.ruler
    block.at("blockquote", rules.quote, {"alt": ["paragraph", "blockquote", "list"]})
    block.at("list", rules.list_block, {"alt": ["paragraph", "blockquote"]})
    block.at("heading", _heading, {"alt": ["paragraph", "blockquote"]})
    block.at("table", rules.table, {"alt": ["paragraph"]})
    block.at("paragraph", _paragraph)
    return parser


class _BlockRules:
    """Rules for blocks that need columns."""

    def __init__(self, width: int) -> None:
        # A list is two levels of the parser, itself and an item; a quote is one.
        self._max_level = 2 * max(0, (width - _TEXT_COLUMNS) // _LIST_COLUMNS)
        self._max_cells = width // _TABLE_COLUMNS
        # The lines of the table that was not read last. The parser asks again at each of them.
        self._rejected_lines = range(0)

    def quote(self, state: StateBlock, start: int, end: int, silent: bool) -> bool:
        is_quote = state.level < self._max_level and _QUOTE.match(_line(state, start))
        return bool(is_quote) and blockquote(state, start, end, silent)

    def list_block(self, state: StateBlock, start: int, end: int, silent: bool) -> bool:
        return state.level < self._max_level and list_block(state, start, end, silent)

    def table(self, state: StateBlock, start: int, end: int, silent: bool) -> bool:
        """Read a table if it has room for all of its cells."""
        if start in self._rejected_lines:
            return False
        count = len(state.tokens)
        if not table(state, start, end, silent):
            return False
        if silent:
            return True
        cells = state.tokens[count:]
        written = state.src[state.bMarks[start] : state.eMarks[state.line - 1]]
        fits = sum(token.type == "th_open" for token in cells) <= self._max_cells
        if fits and _words(written) == "".join(_words(text) for text in _inline_texts(cells)):
            return True
        self._rejected_lines = range(start, state.line)
        del state.tokens[count:]
        return False


def _heading(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    is_empty = not _line(state, start).strip("# \t")
    return not is_empty and heading(state, start, end, silent)


def _paragraph(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a paragraph, and keep the indentation of its first line."""
    paragraph(state, start, end, silent)
    text = state.getLines(start, state.line, state.blkIndent, False)
    state.tokens[-2].content = text.rstrip()
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _inline_texts(tokens: Iterable[Token]) -> Iterable[str]:
    return (token.content for token in tokens if token.type == "inline")


def _words(text: str) -> str:
    return "".join(filter(str.isalnum, text))
