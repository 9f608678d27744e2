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
_OPENING, _CLOSING = "([{（「『“‘«", ",;:)]}）」』”’»，。、；：！？"
_SENTENCE_MARKS = ".,:;!?…。，：；！？"
# What may stand outside of an emphasis by `_`, which is part of many emoticons and names.
_OUTSIDE_UNDERSCORES = _OPENING + _CLOSING + _SENTENCE_MARKS + "*~\"'—–"
# What never stands inside of it, at its ends.
_FACE = "^=<>"


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
        """True if a word can begin or end here."""
        return self.is_space or self.is_punctuation or bool(_UNSPACED.match(self.char))


def emphasis(state: StateInline, silent: bool) -> bool:
    """Read a run of `*` or `_`: an inline rule in place of the parser's own.

    Unlike CommonMark it leaves the marks between the letters or digits of a word (`2*3*4`), allows
    emphasis between the letters of scripts without spaces, and ends one where a new sentence or
    name follows without a space (`**Ada:**Hello`). `literal_marks` keeps others before it.
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
    if state.src[start] == "_":
        return _flanking_underscores(before, after, end - start)
    left = not after.is_space and (not after.is_punctuation or before.is_boundary)
    right = not before.is_space and (not before.is_punctuation or after.is_boundary)
    can_open = (left and before.is_boundary) or (left and not right)
    can_close = (right and after.is_boundary) or (right and not left)
    can_close = can_close or _is_joint(before, after, end - start)
    can_open = can_open and before.char != "^" and after.char not in _CLOSING
    return can_open, can_close and before.char not in _OPENING


def _flanking_underscores(before: _Neighbor, after: _Neighbor, length: int) -> tuple[bool, bool]:
    if length > 2:  # a blank to fill in
        return False, False
    begins = before.is_space or before.char in _OUTSIDE_UNDERSCORES
    ends = after.is_space or after.char in _OUTSIDE_UNDERSCORES
    can_open = begins and not after.is_space and after.char not in _CLOSING + _FACE
    can_close = ends and not before.is_space and before.char not in _OPENING + _FACE
    return can_open, can_close


def _is_joint(before: _Neighbor, after: _Neighbor, length: int) -> bool:
    """Return whether an emphasis ends within what looks like a word: `**Ada:**Hello`, `**word**s`.

    A single `*` between small letters is rather a sign of multiplication.
    """
    ends_sentence = before.char in _SENTENCE_MARKS
    changes_case = before.char.islower() and after.char.isupper()
    is_stem = before.char.isalpha() and length > 1
    return after.char.isalpha() and (ends_sentence or changes_case or is_stem)


def keep_marks_without_words(state: StateInline) -> None:
    """Show marks that enclose no letter or digit, such as `*...*`: a rule before the parser's own.

    Before it, marks were paired; behind it, those with a pair are removed.
    """
    words = [0]
    for token in state.tokens:
        words.append(words[-1] + any(map(str.isalnum, token.content)))
    inner = (meta["delimiters"] for meta in state.tokens_meta if meta and "delimiters" in meta)
    for delimiters in (state.delimiters, *inner):
        for opener in delimiters:
            if opener.end >= 0 and (words[opener.token] == words[delimiters[opener.end].token]):
                opener.end = -1
