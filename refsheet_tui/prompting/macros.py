"""Replacing the macros of character cards, such as `{{char}}` and `{{random::a::b}}`.

Everything that depends on chance or on the time depends on when the chat was created, so a chat
that is opened again reads the same, and no text has to be read twice.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from refsheet_tui.prompting.languages import ENGLISH, Language
from refsheet_tui.prompting.macro_functions import FUNCTIONS, MacroCall

# Pairs of braces, the older macros in angle brackets, and control characters, which are
# placeholders below and must not come from the text.
_TOKENS = re.compile(r"\{\{(?!\{)|\}\}|<(?:user|bot|char)>|[\x00-\x08]", re.IGNORECASE)
_START = re.compile(r"^[ \t]*<START>[ \t]*$", re.IGNORECASE | re.MULTILINE)
# A macro begins with a name, which marks such as `#` may precede. What doesn't, such as the braces
# of a program, stays.
_NAME = re.compile(r"\s*([#/!?~>&^.$]*)([^\W\d]\w*)")
_COMMENT = re.compile(r"\s*//")
_POSSESSIVE = re.compile("['\u2019]s(?![A-Za-z])")
_SENTENCE_START = re.compile(
    "(?:^|[.!?\u2026]['\"\u201d\u2019*_)]*\\s+|\n)[\\s\x02\x03*_\"\u201c\u2018'(>-]*$"
)

# What a replaced macro leaves until the end: its value, nothing, or the line breaks to remove.
_VALUE = re.compile("\x01(\\d+)\x01")
_REMOVED, _TRIM = "\x02", "\x03"
_REMOVED_LINE = re.compile("^[ \t]*\x02[\x02 \t]*(?:\n|\\Z)", re.MULTILINE)
_REMOVED_AFTER_BLANK = re.compile("(?:(?<=[ \t])|^)\x02+[ \t]+", re.MULTILINE)

_MAX_DEPTH = 16
# In characters: what all fields that a text repeats may add to it.
_MAX_ADDED = 200_000
# How many macros of one text are computed, and how far back the beginning of a sentence may be.
_MAX_CALLS, _LOOK_BACK = 2000, 40

_CHARACTER_NAMES = {"char", "bot", "charname", "charifnotgroup", "group", "角色", "キャラ"}
# Macros with free text behind their names. Behind any other name that would be prose in braces.
_NAMES_BEFORE_TEXT = {"comment", "bias", "if", "elseif", "setvar", "addvar", "setglobalvar"}
_MIN_PROSE = 3  # words
_USER_NAMES = {"user", "username", "用户", "用戶", "使用者", "ユーザー"}


@dataclass(frozen=True)
class MacroValues:
    """The values of the macros in the texts of a character.

    Attributes:
        character: The name of the character.
        user: The name of the user, or what stands for it.
        user_possessive: What stands for `{{user}}'s`; empty if `user` takes the `'s`.
        texts: The texts that others can repeat, by the lower-case name of the macro.
        created: When the chat was created, in seconds since 1970.
        language: The language of dates.
    """

    character: str
    user: str
    user_possessive: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    created: float = 0
    language: Language = ENGLISH


def substitute_macros(text: str, values: MacroValues) -> str:
    """Return `text` with its macros replaced.

    Macros can be nested. The names and texts in `values` are not searched for macros, except that a
    repeated text gets the names. A line `<START>`, which separates examples, becomes an empty line.
    Macros that have no meaning here are removed.
    """
    text = _START.sub("", text)
    if not _TOKENS.search(text):
        return text
    return _Substitution(values, text).run()


class _Substitution:
    """Replaces the macros of one text, in one pass over it."""

    def __init__(self, values: MacroValues, text: str) -> None:
        self._values = values
        self._text = text
        self._results: list[str] = []
        self._left = _MAX_ADDED
        self._calls_left = _MAX_CALLS
        self._digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()
        lower_case_text = text.lower()
        self._tags = {each for each in ("user", "bot", "char") if f"</{each}>" in lower_case_text}

    def run(self) -> str:
        stack: list[list[str]] = [[]]
        end = 0
        for token in _TOKENS.finditer(self._text):
            stack[-1].append(self._text[end : token.start()])
            end = token.end()
            if token[0] == "{{" and len(stack) <= _MAX_DEPTH:
                stack.append([])
            elif token[0] == "}}" and len(stack) > 1:
                content = "".join(stack.pop())
                end += self._close(content, stack[-1], end)
            elif token[0].startswith("<") and (name := token[0][1:-1].lower()) not in self._tags:
                end += self._add_name(name, stack[-1], end)
            elif token[0] >= " ":
                stack[-1].append(token[0])
        stack[-1].append(self._text[end:])
        text = "{{".join(map("".join, stack))
        text = _REMOVED_AFTER_BLANK.sub("", _REMOVED_LINE.sub("", text)).replace(_REMOVED, "")
        return self._expand(_trim(text))

    def _close(self, content: str, out: list[str], end: int) -> int:
        """Add what the macro with this content stands for. Returns how much text it also takes."""
        if _COMMENT.match(content):
            out.append(_REMOVED)
            return 0
        match = _NAME.match(content)
        if match is None:
            out.append("{{" + content + "}}")
            return 0
        name, rest = match[2].lower(), content[match.end() :]
        is_plain = not match[1] and not rest.strip()
        if is_plain and name in _CHARACTER_NAMES | _USER_NAMES:
            return self._add_name(name, out, end)
        if is_plain and name == "trim":
            out.append(_TRIM)
        elif is_plain and name in self._values.texts:
            out.append(self._repeat(self._values.texts[name]))
        elif is_plain and name == "newline":
            out.append("\n")
        elif not match[1] and name in FUNCTIONS and self._calls_left:
            self._calls_left -= 1
            key = f"{self._values.created!r} {end} {self._digest}"
            call = MacroCall(rest, key, self._values.created, self._values.language)
            out.append(self._hold(FUNCTIONS[name](call)))
        elif _is_prose(match[1], name, rest):
            out.append(content)
        else:
            out.append(_REMOVED)
        return 0

    def _add_name(self, name: str, out: list[str], end: int) -> int:
        values = self._values
        if name not in _USER_NAMES:
            out.append(self._hold(values.character))
            return 0
        possessive = _POSSESSIVE.match(self._text, end) if values.user_possessive else None
        user = values.user_possessive if possessive else values.user
        if values.user_possessive and _SENTENCE_START.search(_tail(out)):
            user = user[:1].upper() + user[1:]
        out.append(self._hold(user))
        return len(possessive[0]) if possessive else 0

    def _repeat(self, text: str) -> str:
        """Return a text that a macro repeats, without the texts that it would repeat itself."""
        if len(text) > self._left:
            return _REMOVED
        self._left -= len(text)
        return self._hold(substitute_macros(text, replace(self._values, texts={})).strip())

    def _hold(self, value: str) -> str:
        """Keep a value until the end, so that nothing in it is taken for a part of a macro."""
        if not value:
            return _REMOVED
        self._results.append(self._expand(value))
        return f"\x01{len(self._results) - 1}\x01"

    def _expand(self, text: str) -> str:
        return _VALUE.sub(lambda match: self._results[int(match[1])], text)


def _is_prose(marks: str, name: str, rest: str) -> bool:
    """Return True for words in double braces that are no macro: some authors set them off so."""
    if marks or name in _NAMES_BEFORE_TEXT or not rest[:1].isspace():
        return False
    return len(rest.split(maxsplit=_MIN_PROSE)) >= _MIN_PROSE


def _trim(text: str) -> str:
    """Return `text` without the marks of where to trim, and the line breaks beside them."""
    first, *others = text.split(_TRIM)
    if not others:
        return text
    *middle, last = others
    inner = (each.strip("\n") for each in middle)
    return "".join((first.rstrip("\n"), *inner, last.lstrip("\n")))


def _tail(pieces: list[str]) -> str:
    """Return the last characters of a text in pieces."""
    tail = ""
    for piece in reversed(pieces):
        tail = piece[-_LOOK_BACK:] + tail
        if len(tail) >= _LOOK_BACK:
            break
    return tail
