"""Recognizing the beginning of a line that is labelled as the user's, such as `**Jane**:`."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum

# What models call a user who has no name: the roles of chat formats, and "you" in the languages
# that characters speak.
_ROLES = (
    *("user", "human", "用户", "用戶", "ユーザー", "사용자", "usuario", "utilisateur"),
    *("benutzer", "пользователь", "المستخدم"),
    *("you", "你", "あなた", "당신", "toi", "du", "tú", "ты", "أنت"),
)
# A macro that a card did not mean for the screen is never part of a normal reply.
_MACROS = ("{{user}}", "<user>")
_TITLES = frozenset(
    [
        *("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "dame", "lady", "lord", "madam"),
        *("captain", "king", "queen", "prince", "princess", "monsieur", "madame", "herr", "frau"),
        *("the", "a", "an", "le", "la", "el", "los", "der", "die", "das"),
    ]
)
_MIN_FIRST_NAME = 2  # characters: a single letter is more often a numbered choice

# In characters: what stands before and behind a name in a label, spaces included.
_MAX_AROUND = 256
_MAX_OPENER = 16  # characters of decoration, without spaces
_OPENER_CHARACTERS = " *_>[]()【】〔〕《》#\"'“”„«»「」『』‘’`~+•·–—-"
_PICTOGRAPHS = "\u2600-\u27bf\U0001f000-\U0001faff"
_OPENER = re.compile(rf"[{re.escape(_OPENER_CHARACTERS)}{_PICTOGRAPHS}]*")
_BULLET = re.compile(r"(?:^|\s)[*+•·–—-]\s")
_QUOTES = "\"'“”„«»「『‘’()`"
_CLOSING_QUOTES = "\"'”“»«」』’)`"
# After the name: decoration and pictographs, and one remark such as `(smiling)`.
_DECORATION = rf"[\s*_\])>}}】〕》\"'“”»«」』’`~{_PICTOGRAPHS}]{{0,12}}"
_REMARKS = ((r"\(", r"\)"), (r"\[", r"\]"), (r"\*", r"\*"), ("【", "】"))
_MAX_REMARK = 60
_CLOSED_REMARK = "|".join(
    rf"{start}[^\n{start}{end}]{{1,{_MAX_REMARK}}}{end}" for start, end in _REMARKS
)
_OPEN_REMARK = "|".join(rf"{start}[^\n{start}{end}]{{0,{_MAX_REMARK}}}" for start, end in _REMARKS)
_COMPLETE_TAIL = re.compile(rf"{_DECORATION}(?:(?:{_CLOSED_REMARK}){_DECORATION})?:")
_PARTIAL_TAIL = re.compile(rf"{_DECORATION}(?:(?:{_CLOSED_REMARK}){_DECORATION}|{_OPEN_REMARK})?")

_SPACES = re.compile(r"\s+")
_NAME_SEPARATOR = re.compile(r"[ ·・]")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff"))


class LineKind(Enum):
    """The kind of a line, as far as its beginning tells."""

    ORDINARY = "not labelled as the user's"
    UNDECIDED = "too short to tell"
    USER = "labelled as the user's"


class UserLabels:
    """The labels under which a model may write lines for the user.

    They are the user's full name and first name. If the user has no name, they are the words that
    models use instead; such a word may also begin an entry of a list or a quotation, so these are
    not taken for labels.
    """

    def __init__(self, user_name: str, character_name: str = "") -> None:
        """Collect the labels of a chat.

        Args:
            user_name: The user's name; empty if the user has no name.
            character_name: The name of the character, whose own lines are never the user's.
        """
        names = set(_labels_of(user_name)) - set(_labels_of(character_name))
        roles = () if user_name.strip() else map(_fold, _ROLES)
        self._names = (*sorted(names, key=len, reverse=True), *_MACROS)
        self._roles = tuple(set(roles) - set(_labels_of(character_name)))
        self._max_length = _MAX_AROUND + max(map(len, (*self._names, *self._roles)))

    def classify(self, line_start: str) -> LineKind:
        """Return the kind of a line, as far as its beginning tells."""
        if len(line_start) > self._max_length:
            return LineKind.ORDINARY
        text = _fold(line_start)
        kinds = {self._classify_with(name, text, is_role=False) for name in self._names}
        kinds |= {self._classify_with(role, text, is_role=True) for role in self._roles}
        for kind in (LineKind.USER, LineKind.UNDECIDED):
            if kind in kinds:
                return kind
        return LineKind.ORDINARY

    def _classify_with(self, label: str, text: str, *, is_role: bool) -> LineKind:
        rest = _without_opener(text)
        opener = text[: len(text) - len(rest)]
        if len(opener.replace(" ", "")) > _MAX_OPENER:
            return LineKind.ORDINARY
        if is_role and (_BULLET.search(opener) or set(opener) & set(_QUOTES)):
            return LineKind.ORDINARY
        if len(rest) < len(label):
            return LineKind.UNDECIDED if label.startswith(rest) else LineKind.ORDINARY
        if not rest.startswith(label):
            return LineKind.ORDINARY
        tail = rest[len(label) :]
        if _COMPLETE_TAIL.fullmatch(tail):
            is_open = set(opener) & set(_QUOTES) and not set(tail) & set(_CLOSING_QUOTES)
            # `"Jane: come here!"` is spoken to Jane.
            return LineKind.ORDINARY if is_open else LineKind.USER
        return LineKind.UNDECIDED if _PARTIAL_TAIL.fullmatch(tail) else LineKind.ORDINARY


def _labels_of(name: str) -> list[str]:
    full_name = _without_opener(_fold(name)).rstrip(_OPENER_CHARACTERS)
    words = [word for word in _NAME_SEPARATOR.split(full_name) if word]
    while words and words[0].rstrip(".") in _TITLES:
        del words[0]
    labels = [full_name, words[0] if words and len(words[0]) >= _MIN_FIRST_NAME else ""]
    return [label for label in labels if label]


def _without_opener(text: str) -> str:
    return _OPENER.sub("", text, count=1)


def _fold(text: str) -> str:
    """Return `text` without differences of case, of Unicode form, and of kinds of space.

    The folded form of a beginning is a beginning of the folded text.
    """
    folded = unicodedata.normalize("NFKD", text).casefold().translate(_INVISIBLE)
    return _SPACES.sub(" ", folded)
