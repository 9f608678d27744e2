"""Replacing the macros of character cards, such as `{{char}}` and `{{random::a::b}}`.

Everything that depends on chance or on the time depends on when the chat was created, so a chat
that is opened again reads the same, and no text has to be read twice.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from refsheet_tui.prompting.languages import ENGLISH, Language
from refsheet_tui.prompting.macro_budget import MacroBudget
from refsheet_tui.prompting.macro_conditions import Conditions, decide
from refsheet_tui.prompting.macro_functions import CASE_FUNCTIONS, FUNCTIONS, MacroCall, count_steps
from refsheet_tui.prompting.macro_variables import VARIABLE_MACROS, Variables, use_variable
from refsheet_tui.prompting.sentence_starts import begins_option, begins_sentence

# Pairs of braces, the older macros in angle brackets, and control characters, which are
# placeholders below and must not come from the text.
_TOKENS = re.compile(r"\{\{(?!\{)|\}\}|<(?:user|bot|char)>|[\x00-\x08]", re.IGNORECASE)
_START = re.compile(r"^[ \t]*<START>[ \t]*$", re.IGNORECASE | re.MULTILINE)
# A macro begins with a name, which marks such as `#` may precede. What doesn't, such as the braces
# of a program, stays.
_NAME = re.compile(r"\s*([#/!?~>&^.$]*)([^\W\d]\w*)")
_COMMENT = re.compile(r"\s*//")
_POSSESSIVE = re.compile("['\u2019]s(?![A-Za-z])")

# What a replaced macro leaves until the end: its value, nothing, or the line breaks to remove.
_VALUE = re.compile("\x01(\\d+)\x01")
_REMOVED, _TRIM = "\x02", "\x03"
_REMOVED_LINE = re.compile("^[ \t]*\x02[\x02 \t]*(?:\n|\\Z)", re.MULTILINE)
_REMOVED_AFTER_BLANK = re.compile("(?:(?<=[ \t])|^)\x02+[ \t]+", re.MULTILINE)

_MAX_DEPTH = 16
_MAX_NAME = 200  # characters, of a longer name only so many are told

_CHARACTER_NAMES = {"char", "bot", "charname", "charifnotgroup", "group", "角色", "キャラ"}
# Macros with free text behind their names. Behind any other name that would be prose in braces.
_NAMES_BEFORE_TEXT = {"comment", "bias"}
# Macros that stand for white space, which a number behind their names repeats.
_WHITE_SPACE = {"newline": "\n", "br": "\n", "space": " ", "tab": "\t"}
_COUNT = re.compile(r"\s*::?\s*(\d{1,3})\s*")
_MIN_PROSE = 3  # words
# Macros with names that a sentence may begin with.
_ORDINARY_WORDS = {"space", "tab", "time", "date", "dice", "trim", "upper", "lower", "capitalize"}
_CONDITION_NAMES = {"if", "elseif", "else"}
_USER_NAMES = {"user", "username", "用户", "用戶", "使用者", "ユーザー"}
_NAMES = _CHARACTER_NAMES | _USER_NAMES


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


def substitute_macros(
    text: str,
    values: MacroValues,
    budget: MacroBudget | None = None,
    *,
    are_texts_repeated: bool = True,
    variables: Variables | None = None,
) -> str:
    """Return `text` with its macros replaced.

    Macros can be nested. The names and texts in `values` are not searched for macros, except that a
    repeated text gets the names. A line `<START>`, which separates examples, becomes an empty line.
    Macros that have no meaning here are removed.

    Args:
        text: A text of a character.
        values: The values of the macros.
        budget: What this and other texts may cost together; None for this text alone. What is
            beyond it is removed.
        are_texts_repeated: The macros of `values.texts` are replaced; if not, they are removed.
        variables: The variables that other texts have set, which this one may change; None for
            those of this text alone.
    """
    text = _START.sub("", text)
    if not _TOKENS.search(text):
        return text
    budget = MacroBudget() if budget is None else budget
    variables = {} if variables is None else variables
    return _Substitution(text, values, budget, variables, are_texts_repeated).run()


@dataclass(slots=True)
class _Level:
    """A macro whose end hasn't come yet, or the text around all macros.

    Attributes:
        begin: Where its content begins in the text.
        pieces: Its content so far, with macros replaced.
        conditions: The conditions in it whose ends haven't come yet; None before the first one.
    """

    begin: int
    pieces: list[str] = field(default_factory=list)
    conditions: Conditions | None = None


class _Substitution:
    """Replaces the macros of one text, in one pass over it."""

    def __init__(
        self,
        text: str,
        values: MacroValues,
        budget: MacroBudget,
        variables: Variables,
        are_texts_repeated: bool,
    ) -> None:
        self._text = text
        self._values = values
        self._budget = budget
        self._variables = variables
        self._are_texts_repeated = are_texts_repeated
        self._levels = [_Level(0)]
        self._results: list[str] = []
        self._digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()
        lower_case_text = text.lower()
        self._tags = {each for each in ("user", "bot", "char") if f"</{each}>" in lower_case_text}

    def run(self) -> str:
        end = 0
        for token in _TOKENS.finditer(self._text):
            out = self._levels[-1].pieces
            out.append(self._text[end : token.start()])
            end = token.end()
            if token[0] == "{{" and len(self._levels) <= _MAX_DEPTH:
                self._levels.append(_Level(end))
            elif token[0] == "}}" and len(self._levels) > 1:
                closed = self._levels.pop()
                source = self._text[closed.begin : token.start()]
                end += self._close("".join(closed.pieces), source, end)
            elif token[0].startswith("<") and (name := token[0][1:-1].lower()) not in self._tags:
                end += self._add_name(name, end)
            elif token[0] >= " ":
                out.append(token[0])
        self._levels[-1].pieces.append(self._text[end:])
        text = "{{".join("".join(level.pieces) for level in self._levels)
        text = _REMOVED_AFTER_BLANK.sub("", _REMOVED_LINE.sub("", text)).replace(_REMOVED, "")
        return self._expand(_trim(text))

    def _close(self, content: str, source: str, end: int) -> int:
        """Add what a macro stands for.

        Args:
            content: What stands between its braces, with macros replaced.
            source: The same as it is written.
            end: Where the text behind it begins.

        Returns:
            How much of the text behind it belongs to it, too.
        """
        out = self._levels[-1].pieces
        if _COMMENT.match(content):
            out.append(_REMOVED)
            return 0
        match = _NAME.match(content)
        if match is None:
            out.append("{{" + content + "}}")
            return 0
        marks, name, rest = match[1], match[2].lower(), content[match.end() :]
        is_plain = not marks and not rest.strip()
        if is_plain and name in _NAMES:
            return self._add_name(name, end)
        if is_plain and name == "trim":
            out.append(_TRIM)
        elif is_plain and name in self._values.texts:
            out.append(self._repeat(self._values.texts[name]))
        elif name in _ORDINARY_WORDS and _is_prose(marks, name, rest):
            out.append(content)
        elif not marks and name in _WHITE_SPACE:
            out.append(self._repeat_white_space(_WHITE_SPACE[name], rest))
        elif not marks and name in VARIABLE_MACROS:
            out.append(self._use_variable(name, rest))
        elif name in _CONDITION_NAMES:
            out.append(self._add_condition(marks, name, rest, source))
        elif not marks and name in FUNCTIONS:
            out.append(self._compute(name, rest, end))
        elif _is_prose(marks, name, rest):
            out.append(content)
        else:
            out.append(_REMOVED)
        return 0

    def _add_condition(self, marks: str, name: str, rest: str, source: str) -> str:
        """Begin, turn or end a part with a condition. Returns what stands in its place."""
        level = self._levels[-1]
        conditions = level.conditions = level.conditions or Conditions(level.pieces)
        if name != "if":
            conditions.turn(rest if name == "else" else name)
        elif "/" in marks:
            conditions.close()
        else:
            match = _NAME.match(source)
            behind = source[match.end() :] if match is not None else ""
            is_true, has_inline_text = decide(behind, self._has_text)
            if not has_inline_text:
                conditions.open(is_true)
            elif is_true:
                return rest.lstrip(" :").partition("::")[2].strip() or _REMOVED
        return _REMOVED

    def _has_text(self, name: str) -> bool | None:
        """Return True if a macro stands for any text; None for unknown macros."""
        if name in _CHARACTER_NAMES:
            return bool(self._values.character.strip())
        if name in _USER_NAMES:
            return bool(self._values.user.strip()) and not self._values.user_possessive
        text = self._values.texts.get(name)
        return None if text is None else bool(text.strip())

    def _add_name(self, name: str, end: int) -> int:
        values, out = self._values, self._levels[-1].pieces
        if name not in _USER_NAMES:
            out.append(self._hold(values.character[:_MAX_NAME]))
            return 0
        possessive = _POSSESSIVE.match(self._text, end) if values.user_possessive else None
        user = values.user_possessive if possessive else values.user[:_MAX_NAME]
        if values.user_possessive and self._begins_sentence():
            user = user[:1].upper() + user[1:]
        out.append(self._hold(user))
        return len(possessive[0]) if possessive else 0

    def _begins_sentence(self) -> bool:
        """Return True if a sentence begins here, also if this is the beginning of an option."""
        level = self._levels[-1]
        for outer_level in self._levels[-2::-1]:
            if not begins_option(level.pieces):
                break
            level = outer_level
        return begins_sentence(level.pieces)

    def _repeat(self, text: str) -> str:
        """Return a text that a macro repeats, without the texts that it would repeat itself."""
        if not self._are_texts_repeated or not self._budget.take_characters(len(text)):
            return _REMOVED
        return self._hold(
            substitute_macros(
                text,
                self._values,
                self._budget,
                are_texts_repeated=False,
                variables=self._variables,
            ).strip()
        )

    def _repeat_white_space(self, character: str, rest: str) -> str:
        count = _COUNT.fullmatch(rest)
        number = int(count[1]) if count is not None else 1
        return character * number if self._budget.take_characters(number) else _REMOVED

    def _use_variable(self, name: str, rest: str) -> str:
        """Read or change a variable, unless a condition removes this part of the text."""
        if any(each.conditions and each.conditions.is_excluded for each in self._levels):
            return _REMOVED
        argument = MacroCall(self._expand(rest), "", 0, self._values.language).argument
        argument = argument.replace(_REMOVED, "").replace(_TRIM, "")
        return self._hold(use_variable(name, argument, self._variables, self._budget))

    def _compute(self, name: str, rest: str, end: int) -> str:
        key = f"{self._values.created!r} {end} {self._digest}"
        if name in CASE_FUNCTIONS:
            rest = self._expand(rest)
        call = MacroCall(rest, key, self._values.created, self._values.language)
        if not self._budget.take_steps(count_steps(name, call)):
            return _REMOVED
        return self._hold(FUNCTIONS[name](call))

    def _hold(self, value: str) -> str:
        """Keep a value until the end, so that nothing in it is taken for a part of a macro."""
        value = _trim(value.replace(_REMOVED, ""))
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
