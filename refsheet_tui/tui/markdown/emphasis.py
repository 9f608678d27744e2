"""Emphasis that leaves the other uses of `*` and `_` alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

# Scripts that put no spaces between words, or join particles to them: Thai, Lao, Burmese, Khmer,
# Chinese, Japanese, Korean. A mark between two of their letters may begin or end an emphasis.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1100-\u11ff\u2e80-\u2fff\u3040-\ud7ff"
    "\uf900-\ufaff\uff66-\uffdc\U00020000-\U0003ffff]"
)
# A mark beside one of these belongs to a formula, a path, a pattern or a program.
_OPERATORS = "/\\=|&+"
_CLOSING, _OPENING = ",;:)]}", "([{"


@dataclass(frozen=True)
class _Neighbor:
    """The character before or after a run of marks."""

    char: str

    @property
    def is_space(self) -> bool:
        return isWhiteSpace(ord(self.char))

    @property
    def is_punctuation(self) -> bool:
        return isMdAsciiPunct(ord(self.char)) or isPunctChar(self.char)

    @property
    def is_boundary(self) -> bool:
        """True if a word can end here."""
        return self.is_space or self.is_punctuation or bool(_UNSPACED.match(self.char))


def emphasis(state: StateInline, silent: bool) -> bool:
    """Read a run of `*` or `_`: an inline rule in place of the parser's own.

    It differs from CommonMark where CommonMark removes marks that mean something: between the
    letters or digits of a word (`2*3*4`), beside operators and paths (`tests/*`), in `__init__`.
    Unlike CommonMark it allows emphasis between the letters of scripts without spaces.
    """
    mark = state.src[state.pos]
    if silent or mark not in "*_":
        return False
    end = state.pos
    while end < state.posMax and state.src[end] == mark:
        end += 1
    can_open, can_close = _flanking(state, state.pos, end)
    for _ in range(end - state.pos):
        state.push("text", "", 0).content = mark
        delimiter = Delimiter(
            marker=ord(mark),
            length=end - state.pos,
            token=len(state.tokens) - 1,
            end=-1,
            open=can_open,
            close=can_close,
        )
        state.delimiters.append(delimiter)
    state.pos = end
    return True


def _flanking(state: StateInline, start: int, end: int) -> tuple[bool, bool]:
    """Return whether the run from `start` to `end` can begin and can end an emphasis."""
    before = _Neighbor(state.src[start - 1] if start > 0 else " ")
    after = _Neighbor(state.src[end] if end < state.posMax else " ")
    is_double_underscore = state.src[start] == "_" and end - start > 1
    if is_double_underscore or before.char in _OPERATORS or after.char in _OPERATORS:
        return False, False
    left = not after.is_space and (not after.is_punctuation or before.is_boundary)
    right = not before.is_space and (not before.is_punctuation or after.is_boundary)
    can_open = (left and before.is_boundary) or (left and not right)
    can_close = (right and after.is_boundary) or (right and not left)
    return can_open and after.char not in _CLOSING, can_close and before.char not in _OPENING
