"""Recognizing the beginning of a line that is labelled as the user's, such as `**Jane**:`."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum

# What models call a user, whatever the name is: the roles of chat formats.
_ROLES = ("user", "human")
# And what they call one who has no name: the same roles, and "you", in the languages that
# characters speak.
_ROLES_WITHOUT_NAME = (
    *("用户", "用戶", "ユーザー", "사용자", "usuario", "utilisateur"),
    *("benutzer", "пользователь", "المستخدم"),
    *("you", "你", "妳", "您", "あなた", "君", "당신", "너", "toi", "vous", "du", "sie"),
    *("tú", "usted", "ты", "вы", "أنت", "انت"),
)
# A macro that a card did not mean for the screen is never part of a normal reply.
_MACROS = ("{{user}}", "<user>")
# Neither is what begins the user's turn in the prompts of other models.
_TURN_MARKS = (
    *("<|im_start|>user", "<|user|>", "<|start_header_id|>user", "<|start_of_role|>user"),
    *("<start_of_turn>user", "<|turn>user", "<|im_user|>"),
)
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
_MAX_OPENER = 16  # characters of decoration, without spaces, tags and times
_PICTOGRAPHS = "\u2190-\u21ff\u25a0-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
_MACRO_OPENER_CHARACTERS = " *_>[]()【】〔〕《》#\"'„「」『』`~+•·–—-"
_OPENER_CHARACTERS = _MACRO_OPENER_CHARACTERS + "<{}@=‣"
_TAG_NAMES = (
    "b|strong|i|em|u|s|span|font|p|div|h[1-6]|q|mark|small|big|code|center|br|li|blockquote"
)
_TAG = rf"</?(?:{_TAG_NAMES})(?:\s[^<>\n]{{0,60}})?/?>"
_TIME = r"[\[(]\d[\d:./ -]{2,20}(?:[ap]\.?m\.?)?[\])]"
_OPENER = re.compile(rf"(?:{_TAG}|{_TIME}|[{re.escape(_OPENER_CHARACTERS)}{_PICTOGRAPHS}])*")
_MACRO_OPENER = re.compile(rf"[{re.escape(_MACRO_OPENER_CHARACTERS)}{_PICTOGRAPHS}]*")
_TAG_OR_TIME = re.compile(rf"{_TAG}|{_TIME}")
# The beginning of a tag or a time, at the end of what has come of a line.
_PARTIAL_TAG = re.compile(r"</?(?:[a-z][a-z0-9]{0,9}(?:\s[^<>\n]{0,60})?/?)?")
_PARTIAL_TIME = re.compile(r"[\[(]\d[\d:./ -]{0,20}(?:[ap]\.?m?\.?)?")
_BULLET = re.compile(r"(?:^|\s)[*+•·‣–—→●○▪▶-]\s")
_QUOTES = "\"'„「『()`"
_CLOSING_QUOTES = "\"'」』)`"
_BRACES = {"{": "}", "<": ">"}
# After the name: decoration and pictographs, and one remark such as `(smiling)`.
_DECORATION = rf"(?:</?(?:{_TAG_NAMES})>|[\s*_\])>}}】〕》\"'」』`~={_PICTOGRAPHS}]){{0,12}}"
_REMARKS = (
    (r"\(", r"\)"),
    (r"\[", r"\]"),
    (r"\{", r"\}"),
    (r"<", r">"),
    (r"\*", r"\*"),
    ("【", "】"),
)
_MAX_REMARK = 60
_CLOSED_REMARK = "|".join(
    rf"{start}[^\n{start}{end}]{{1,{_MAX_REMARK}}}{end}" for start, end in _REMARKS
)
_OPEN_REMARK = "|".join(rf"{start}[^\n{start}{end}]{{0,{_MAX_REMARK}}}" for start, end in _REMARKS)
# `Jane, smiling:`, but not `Jane, darling:`.
_NO_PARTICIPLES = "darling|nothing|something|anything|everything|morning|evening|sibling|sterling"
_PARTICIPLE = (
    rf", (?:[^\W\d_]+ly )?(?!(?:{_NO_PARTICIPLES})\b)[^\W\d_]{{3,}}ing(?: [^\W\d_]+){{0,3}}"
)
_OPEN_PARTICIPLE = r",(?: [^\W\d_]*){0,5}"
_COMPLETE_TAIL = re.compile(rf"{_DECORATION}(?:(?:{_CLOSED_REMARK}|{_PARTICIPLE}){_DECORATION})?:")
_PARTIAL_TAIL = re.compile(
    rf"{_DECORATION}(?:(?:{_CLOSED_REMARK}|{_PARTICIPLE}){_DECORATION}|{_OPEN_REMARK}"
    rf"|{_OPEN_PARTICIPLE}|<(?:/[a-z0-9]{{0,10}})?)?"
)
# `*Jane smiles*:`
_ACTION_OPENER = re.compile(r"\s*(?:\*|_)")
_ACTION_TAIL = re.compile(rf" [^\W\d_]+s(?: [^\n:*_]{{0,{_MAX_REMARK}}})?[*_] ?:")
_PARTIAL_ACTION_TAIL = re.compile(rf" [^\W\d_]*(?: [^\n:*_]{{0,{_MAX_REMARK}}})?(?:[*_] ?)?")
# A line with nothing but a name: a heading, or in bold.
_HEADING = re.compile(r"\s*#{1,6}\s*[*_]{0,3}")
_BOLD = re.compile(r"\s*(?:\*\*|__)[*_]?")
_LONE_TAIL = re.compile(r"[*_]{0,3}\s*#*\s*")

_SPACES = re.compile(r"\s+")
_NAME_SEPARATOR = re.compile(r"[ ·・]")
_LATIN = re.compile(r"[a-z]")
_SPELLINGS = {
    **dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff")),
    **dict.fromkeys(map(ord, "‘’‚‛ʼʻ′´"), "'"),
    **dict.fromkeys(map(ord, "“”‟«»″"), '"'),
}


class LineKind(Enum):
    """The kind of a line, as far as its beginning tells."""

    ORDINARY = "not labelled as the user's"
    UNDECIDED = "too short to tell"
    USER = "labelled as the user's"


class UserLabels:
    """The labels under which a model may write lines for the user.

    They are the user's full name and first name, and the roles of chat formats. If the user has no
    name, they are the words that models use instead, too. Roles and such words may also begin an
    entry of a list or a quotation, so these are not taken for labels.
    """

    def __init__(self, user_name: str, character_name: str = "") -> None:
        """Collect the labels of a chat.

        Args:
            user_name: The user's name; empty if the user has no name.
            character_name: The name of the character, whose own lines are never the user's.
        """
        own_labels = set(_labels_of(character_name))
        names = set(_labels_of(user_name)) - own_labels
        roles = _ROLES if user_name.strip() else (*_ROLES, *_ROLES_WITHOUT_NAME)
        self._names = tuple(sorted(names, key=len, reverse=True))
        self._roles = tuple(set(map(_fold, roles)) - own_labels - names)
        labels = (*self._names, *self._roles, *_MACROS, *_TURN_MARKS)
        self._max_length = _MAX_AROUND + max(map(len, labels))

    def classify(self, line_start: str) -> LineKind:
        """Return the kind of a line, as far as its beginning tells."""
        if len(line_start) > self._max_length:
            return LineKind.ORDINARY
        text = _fold(line_start)
        kinds = {_classify_turn_mark(text)}
        kinds |= {_classify_with(label, text, _MACRO_OPENER) for label in _MACROS}
        kinds |= {_classify_with(name, text, _OPENER) for name in self._names}
        kinds |= {_classify_with(role, text, _OPENER, is_role=True) for role in self._roles}
        for kind in (LineKind.USER, LineKind.UNDECIDED):
            if kind in kinds:
                return kind
        return LineKind.ORDINARY

    def is_heading(self, line: str) -> bool:
        """Return True if a whole line is a heading for the user's lines, such as `### Jane`."""
        text = _fold(line)
        if len(text) > self._max_length:
            return False
        for opener, labels in (
            (_HEADING, (*self._names, *(role for role in self._roles if role in _ROLES))),
            (_BOLD, self._names),
        ):
            match = opener.match(text)
            rest = text[match.end() :] if match else ""
            if any(rest.startswith(x) and _LONE_TAIL.fullmatch(rest[len(x) :]) for x in labels):
                return True
        return False


def _classify_turn_mark(text: str) -> LineKind:
    text = text.lstrip()
    if text.startswith(_TURN_MARKS):
        return LineKind.USER
    is_beginning = any(mark.startswith(text) for mark in _TURN_MARKS)
    return LineKind.UNDECIDED if is_beginning else LineKind.ORDINARY


def _classify_with(
    label: str, text: str, opener_pattern: re.Pattern[str], *, is_role: bool = False
) -> LineKind:
    match = opener_pattern.match(text)
    assert match is not None  # it matches an empty text
    opener, rest = match[0], text[match.end() :]
    decoration = _TAG_OR_TIME.sub("", opener)
    if len(decoration.replace(" ", "")) > _MAX_OPENER:
        return LineKind.ORDINARY
    if is_role and (_BULLET.search(decoration) or set(decoration) & set(_QUOTES)):
        return LineKind.ORDINARY
    if not rest.startswith(label):
        is_beginning = label.startswith(rest) or _may_become_opener(opener, rest)
        return LineKind.UNDECIDED if is_beginning else LineKind.ORDINARY
    return _classify_tail(decoration, rest[len(label) :], is_role=is_role)


def _may_become_opener(opener: str, rest: str) -> bool:
    """Return True if the text ends within a tag or a time, of which the opener has a bracket."""
    last = opener[-1:]
    return (last == "<" and _PARTIAL_TAG.fullmatch(last + rest) is not None) or (
        last in ("[", "(") and _PARTIAL_TIME.fullmatch(last + rest) is not None
    )


def _classify_tail(decoration: str, tail: str, *, is_role: bool) -> LineKind:
    """Return the kind of a line by what stands behind the label."""
    if not is_role and _ACTION_OPENER.fullmatch(decoration):
        if _ACTION_TAIL.fullmatch(tail):
            return LineKind.USER
        if tail and _PARTIAL_ACTION_TAIL.fullmatch(tail):
            return LineKind.UNDECIDED
    if any(brace in decoration and end not in tail for brace, end in _BRACES.items()):
        # `{ user: 1 }` is code.
        is_beginning = _PARTIAL_TAIL.fullmatch(tail)
        return LineKind.UNDECIDED if is_beginning else LineKind.ORDINARY
    if set(decoration) & set(_QUOTES) and not set(tail) & set(_CLOSING_QUOTES):
        # `"Jane: come here!"` is spoken to Jane, but `"Jane:" Come here!` by her.
        is_beginning = _COMPLETE_TAIL.fullmatch(tail) or _PARTIAL_TAIL.fullmatch(tail)
        return LineKind.UNDECIDED if is_beginning else LineKind.ORDINARY
    if _COMPLETE_TAIL.fullmatch(tail) or (
        tail[-1:] in _CLOSING_QUOTES and _COMPLETE_TAIL.fullmatch(tail[:-1])
    ):
        return LineKind.USER
    return LineKind.UNDECIDED if _PARTIAL_TAIL.fullmatch(tail) else LineKind.ORDINARY


def _labels_of(name: str) -> list[str]:
    full_name = _without_opener(_fold(name)).rstrip(_OPENER_CHARACTERS)
    words = [word for word in _NAME_SEPARATOR.split(full_name) if word]
    labels = [full_name, full_name.replace(".", "")]
    if not _LATIN.search(full_name):  # written without a space as well
        labels += ["".join(words), *(separator.join(words) for separator in " ·・")]
    while words and words[0].rstrip(".") in _TITLES:
        del words[0]
        labels.append(" ".join(words))
    labels.append(words[0] if words and len(words[0]) >= _MIN_FIRST_NAME else "")
    return [label for label in labels if len(label) >= _MIN_FIRST_NAME or label == full_name != ""]


def _without_opener(text: str) -> str:
    return _OPENER.sub("", text, count=1)


def _fold(text: str) -> str:
    """Return `text` without differences of case, Unicode form, and kinds of spaces and quotes.

    The folded form of a beginning is a beginning of the folded text.
    """
    text = text.translate(_SPELLINGS)
    folded = unicodedata.normalize("NFKD", text).casefold().translate(_SPELLINGS)
    return _SPACES.sub(" ", folded)
