"""Macros that compute something: chance, dates, and changes of a text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from refsheet_tui.prompting.dates import format_date, format_moment, format_time, format_weekday
from refsheet_tui.prompting.languages import Language

# A comma between options; one that belongs to an option has a backslash before it.
_COMMA = re.compile(r"(?<!\\),")
_DICE = re.compile(r"(?:(\d{1,3})?\s*d)?\s*(\d{1,6})\s*(?:([+-])\s*(\d{1,6}))?", re.IGNORECASE)
_INTEGER = re.compile(r"\s*-?\d{1,9}\s*")
_STEPS_PER_CALL = 10
_UTC = re.compile("UTC", re.IGNORECASE)
_MILLISECONDS = re.compile(r"[1-9]\d{0,14}")
_UTC_OFFSET = re.compile(r"([+-]?\d{1,2})(?::?(\d\d))?")
# A value that a macro inside of this one has left: it must not be taken apart.
_VALUE_OR_CHARACTER = re.compile("\x01\\d+\x01|.", re.DOTALL)


@dataclass(frozen=True)
class MacroCall:
    """One occurrence of a macro.

    Attributes:
        rest: The text behind its name.
        key: Decides the result of a random macro: the same key gives the same result.
        created: When the chat was created, in seconds since 1970.
        language: The language of dates.
    """

    rest: str
    key: str
    created: float
    language: Language

    @property
    def argument(self) -> str:
        """The text behind the name and its colons."""
        rest = self.rest.strip()
        return rest.removeprefix("::" if rest.startswith("::") else ":").strip()

    @property
    def moment(self) -> datetime:
        """When the chat was created, by the clock of this computer."""
        try:
            return datetime.fromtimestamp(self.created)
        except (OverflowError, OSError, ValueError):
            return datetime.fromtimestamp(0)

    def choose(self, count: int, number: int = 0) -> int:
        """Return a number from 0 to `count` - 1; `number` tells several choices apart."""
        digest = hashlib.sha256(f"{number} {self.key}".encode(errors="replace")).digest()
        return int.from_bytes(digest[:8], "big") % count


def _pick(call: MacroCall) -> str:
    if "::" in call.argument:
        options = call.argument.split("::")
    else:
        options = [each.replace("\\,", ",") for each in _COMMA.split(call.argument)]
    return options[call.choose(len(options))].strip()


def _roll(call: MacroCall) -> str:
    dice = _DICE.fullmatch(call.argument)
    if dice is None or int(dice[2]) == 0:
        return ""
    sides = int(dice[2])
    total = sum(call.choose(sides, number) + 1 for number in range(int(dice[1] or 1)))
    bonus = int(dice[4] or 0)
    return str(total - bonus if dice[3] == "-" else total + bonus)


def _random_number(call: MacroCall) -> str:
    lowest, _, highest = call.argument.partition("::")
    if not (_INTEGER.fullmatch(lowest) and _INTEGER.fullmatch(highest)):
        return ""
    first, last = sorted((int(lowest), int(highest)))
    return str(first + call.choose(last - first + 1))


def _reverse(call: MacroCall) -> str:
    return "".join(reversed(_VALUE_OR_CHARACTER.findall(call.argument)))


def _time(call: MacroCall) -> str:
    if _UTC.match(call.argument):
        return _time_at(call, call.argument[len("UTC") :].strip() or "0")
    return _formatted(call) or format_time(call.moment, call.language)


def _date(call: MacroCall) -> str:
    return _formatted(call) or format_date(call.moment, call.language)


def _formatted(call: MacroCall) -> str:
    """Return a moment in the form that a macro gives; empty if it gives none.

    The form may be followed by a moment in milliseconds since 1970.
    """
    if not call.rest.lstrip().startswith(":"):
        return ""
    pattern, _, milliseconds = call.argument.partition("::")
    if _MILLISECONDS.fullmatch(milliseconds.strip()):
        call = replace(call, created=int(milliseconds) / 1000)
    return format_moment(call.moment, pattern.strip(), call.language)


def _time_at_offset(call: MacroCall) -> str:
    return _time_at(call, call.argument)


def _time_at(call: MacroCall, offset_text: str) -> str:
    offset = _UTC_OFFSET.fullmatch(offset_text)
    if offset is None:
        return ""
    hours, minutes = int(offset[1]), int(offset[2] or 0)
    shift = timedelta(hours=hours, minutes=-minutes if offset[1].startswith("-") else minutes)
    return format_time(call.moment.astimezone(UTC) + shift, call.language)


def count_steps(name: str, call: MacroCall) -> int:
    """Return about how much work it is to compute a macro, in dice."""
    dice = _DICE.fullmatch(call.argument) if FUNCTIONS[name] is _roll else None
    return _STEPS_PER_CALL + (int(dice[1] or 1) if dice is not None else 0)


FUNCTIONS: dict[str, Callable[[MacroCall], str]] = {
    "random": _pick,
    "pick": _pick,
    "roll": _roll,
    "rollp": _roll,
    "dice": _roll,
    "randint": _random_number,
    "reverse": _reverse,
    "upper": lambda call: call.argument.upper(),
    "lower": lambda call: call.argument.lower(),
    "capitalize": lambda call: call.argument[:1].upper() + call.argument[1:],
    "trim": lambda call: call.argument,
    "time": _time,
    "time_utc": _time_at_offset,
    "date": _date,
    "weekday": lambda call: format_weekday(call.moment, call.language),
    "isotime": lambda call: f"{call.moment:%H:%M}",
    "isodate": lambda call: f"{call.moment:%Y-%m-%d}",
    "datetimeformat": lambda call: format_moment(call.moment, call.argument, call.language),
}
"""The function that computes each macro, by its name in lower case."""
CASE_FUNCTIONS = frozenset({"upper", "lower", "capitalize"})
"""The functions that change every letter of a text, also of what macros in it stand for."""
