"""The colors of Markdown, from the styles that a widget gives its parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pygments.token import (
    Comment,
    Generic,
    Keyword,
    Name,
    Number,
    Operator,
    String,
)
from rich.style import Style
from rich.syntax import ANSISyntaxTheme
from rich.theme import Theme

COMPONENTS = frozenset(
    f"markdown--{part}"
    for part in (
        "heading",
        "code",
        "code-block",
        "quote",
        "mark",
        "muted",
        "link",
        "keyword",
        "string",
        "number",
        "name",
    )
)
"""The classes of a widget's styles that a palette is made of."""

# Rich's names of what it draws.
_ELEMENTS = {
    **{f"markdown.h{level}": "heading" for level in range(1, 7)},
    "markdown.code": "code",
    "markdown.code_block": "code-block",
    "markdown.code_info": "muted",
    "markdown.block_quote": "quote",
    "markdown.block_quote_bar": "mark",
    "markdown.item.mark": "mark",
    "markdown.hr": "muted",
    "markdown.label": "link",
    "markdown.target": "muted",
    "markdown.table.border": "muted",
    "markdown.table.header": "heading",
}
_TOKENS = {
    Comment: "muted",
    Keyword: "keyword",
    Operator.Word: "keyword",
    Name.Tag: "keyword",
    String: "string",
    Generic.Inserted: "string",
    Number: "number",
    Generic.Deleted: "number",
    Name.Function: "name",
    Name.Class: "name",
    Name.Decorator: "name",
    Name.Attribute: "name",
    Generic.Heading: "name",
}


@dataclass(frozen=True)
class Palette:
    """The styles of the elements, and of the words of code."""

    elements: Theme
    code: ANSISyntaxTheme


def make_palette(get_style: Callable[[str], Style]) -> Palette:
    """Return the palette for the styles that `get_style` returns for the names in `COMPONENTS`."""
    styles = {name.removeprefix("markdown--"): get_style(name) for name in COMPONENTS}
    # All others stand on the ground of what is around them.
    grounds = {"code", "code-block"}
    styles |= {
        name: style.without_color + Style(color=style.color)
        for name, style in styles.items()
        if name not in grounds
    }
    return Palette(
        Theme({element: styles[part] for element, part in _ELEMENTS.items()}),
        ANSISyntaxTheme({token: styles[part] for token, part in _TOKENS.items()}),
    )
