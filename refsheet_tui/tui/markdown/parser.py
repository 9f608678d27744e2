"""The Markdown parser of the screens, which loses no letter of a text.

A terminal has no HTML, no footnotes and no hidden targets, so what CommonMark hides is shown as it
was written: tags, entities, comments, backslashes, targets of links, definitions, the words behind
a fence, and what doesn't fit into a table. Line breaks stay line breaks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

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

from refsheet_tui.tui.markdown.emphasis import emphasis, keep_marks_without_words
from refsheet_tui.tui.markdown.inline_rules import (
    LiteralMarks,
    address,
    code,
    escape,
    image_as_written,
    line_break,
    link_as_written,
)

# The columns that stay for the text inside of nested lists and quotes, those that a quote takes,
# those around the mark of an item, and those of a table's narrowest column.
_TEXT_COLUMNS, _QUOTE_COLUMNS, _MARK_MARGIN, _TABLE_COLUMNS = 16, 2, 2, 8
# What may be the number of an item. All items of a list take the columns of the widest mark.
_NUMBER = re.compile(r"(?<!\S)[0-9]{1,9}[.)](?!\S)")
# A quote begins with a space behind its mark. `>:(` and `>text` are words.
_QUOTE = re.compile(r">+(?:[ \t]|$)")
_UNKNOWN = ("autolink", "entity", "html_block", "html_inline", "lheading", "reference")
# The levels that the rules below allow: a list is two, itself and an item; a quote is one. The
# parser's own limit is above them, because it drops a text that is nested deeper.
_MAX_LEVEL, _MAX_NESTING = 32, 100


_Rule = Callable[[StateBlock, int, int, bool], bool]


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
    inline.before("newline", "literal_marks", LiteralMarks())
    parser.inline.ruler2.after("balance_pairs", "wordless_marks", keep_marks_without_words)
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
        self._width = width
        self._number_columns: int | None = None
        # The lines of the table that was not read last. The parser asks again at each of them.
        self._rejected_lines = range(0)

    def quote(self, state: StateBlock, start: int, end: int, silent: bool) -> bool:
        if not _QUOTE.match(_line(state, start)):
            return False
        return self._read(blockquote, _QUOTE_COLUMNS, state, start, end, silent)

    def list_block(self, state: StateBlock, start: int, end: int, silent: bool) -> bool:
        columns = (
            1 if _line(state, start)[:1] in ("-", "+", "*") else self._columns_of_numbers(state)
        )
        return self._read(list_block, columns + _MARK_MARGIN, state, start, end, silent)

    def _read(
        self, rule: _Rule, columns: int, state: StateBlock, start: int, end: int, silent: bool
    ) -> bool:
        """Read a block of which `columns` columns are not for the text, if it has room."""
        has_room = self._width - columns >= _TEXT_COLUMNS and state.level < _MAX_LEVEL
        if silent:
            # What begins outside of the innermost block ends that, whether it has room or not.
            is_outside = state.sCount[start] < state.blkIndent or state.parentType == "blockquote"
            return (has_room or is_outside) and rule(state, start, end, True)
        if not has_room:
            return False
        self._width -= columns
        try:
            return rule(state, start, end, False)
        finally:
            self._width += columns

    def _columns_of_numbers(self, state: StateBlock) -> int:
        if self._number_columns is None:
            self._number_columns = max(map(len, _NUMBER.findall(state.src)), default=0)
        return self._number_columns

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
        fits = sum(token.type == "th_open" for token in cells) <= self._width // _TABLE_COLUMNS
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
