"""Conditions of texts with macros: `{{if personality}}…{{else}}…{{/if}}`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

# A condition is the name of a macro, with or without braces. A text may follow in the same macro.
_CONDITION = re.compile(
    r"(?:::?\s*)?(?:(!)\s*)?(?:\{\{\s*(\w+)\s*\}\}|<(\w+)>|(\w+))\s*(?=(::)|\Z)"
)
# How deep conditions are nested that are decided, so that nothing is moved more often than this.
_MAX_OPEN = 16


@dataclass
class _Block:
    """A part of a text with a condition, whose end hasn't come yet.

    Attributes:
        is_true: The condition; None if it can't be decided.
        begin: The number of the first piece behind the condition.
        else_begin: The number of the first piece behind `{{else}}`, if that has come.
    """

    is_true: bool | None
    begin: int
    else_begin: int | None = None


@dataclass
class Conditions:
    """The conditions whose ends haven't come yet in a list of pieces of text.

    Where a condition can't be decided, both of its parts stay, and so they do without an end.
    """

    pieces: list[str]
    _blocks: list[_Block] = field(default_factory=list)

    @property
    def is_excluded(self) -> bool:
        """True if what comes next in the text is removed at the end of a condition."""
        decided = self._blocks[:_MAX_OPEN]
        return any(block.is_true is (block.else_begin is not None) for block in decided)

    def open(self, is_true: bool | None) -> None:
        """Begin a part with a condition; None is one that can't be decided."""
        is_decided = len(self._blocks) < _MAX_OPEN
        self._blocks.append(_Block(is_true if is_decided else None, len(self.pieces)))

    def turn(self, rest: str) -> None:
        """Begin the other part; with another condition in `rest`, nothing can be decided."""
        if not self._blocks:
            return
        block = self._blocks[-1]
        if rest.strip() or block.else_begin is not None:
            block.is_true = None
        block.else_begin = len(self.pieces)

    def close(self) -> None:
        """End the part, and remove what the condition excludes."""
        if not self._blocks:
            return
        block = self._blocks.pop()
        middle = len(self.pieces) if block.else_begin is None else block.else_begin
        if block.is_true is True:
            del self.pieces[middle:]
        elif block.is_true is False:
            del self.pieces[block.begin : middle]


def decide(source: str, has_text: Callable[[str], bool | None]) -> tuple[bool | None, bool]:
    """Decide a condition.

    Args:
        source: What stands behind `if`, with its macros as they are written.
        has_text: Tells whether the macro with a name stands for any text; None if it is unknown.

    Returns:
        The condition, None if it can't be decided; and True if a text follows in the same macro.
    """
    match = _CONDITION.match(source.strip())
    if match is None:
        return None, "::" in source
    is_true = has_text((match[2] or match[3] or match[4]).lower())
    has_inline_text = match[5] is not None
    return (None if is_true is None else is_true is not bool(match[1])), has_inline_text
