"""The dates of messages, as SillyTavern has written them over the years."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime

# Larger than any date in milliseconds. A much larger integer can't be divided as a float.
_MAX_NUMBER = 1e18
# Numbers below are seconds: as milliseconds, they would be in the first years after 1970.
_MIN_MS = 1e11
# No date is longer. The expressions below take quadratic time on digits without an end.
_MAX_LENGTH = 64
# The beginnings of the months' names, in the languages in which SillyTavern writes dates.
_MONTHS = (
    ("jan", "jän", "янв", "січ", "ene", "gen", "sty"),
    ("feb", "fév", "фев", "лют", "fev", "lut"),
    ("mar", "mär", "мар", "бер", "mrt"),
    ("apr", "avr", "апр", "кві", "abr", "kwi"),
    ("may", "mai", "мая", "май", "тра", "mag", "mei", "maj"),
    ("jun", "juin", "июн", "чер", "giu", "cze"),
    ("jul", "juil", "июл", "лип", "lug", "lip"),
    ("aug", "aoû", "aou", "авг", "сер", "ago", "sie"),
    ("sep", "сен", "вер", "set", "wrz"),
    ("oct", "okt", "окт", "жов", "out", "ott", "paź"),
    ("nov", "ноя", "лис", "lis"),
    ("dec", "dez", "déc", "дек", "гру", "dic", "gru"),
)
_MONTH_OF = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
_NUMERIC = re.compile(r"(\d{4})\s*[-/.年년]\s*(\d{1,2})\s*[-/.月월]\s*(\d{1,2})")
_WORD = re.compile(r"[^\W\d_]{3,}")
_DAY = re.compile(r"(?<![\d:])(\d{1,2})(?![\d:])")
_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_TIME = re.compile(
    r"(\d{1,2})\s*[:h時时点시]\s*(\d{1,2})(?:\s*[:m分분]\s*(\d{1,2}))?\s*s?\s*(?:(\d{1,3})\s*ms)?"
)
_AFTERNOON = re.compile(r"p\.?\s?m\b|午後|下午|오후", re.IGNORECASE)
_MORNING = re.compile(r"a\.?\s?m\b|午前|上午|오전", re.IGNORECASE)


def parse_date(date: object) -> float | None:
    """Return a date in seconds since 1970; None if it is in no known form.

    Args:
        date: ISO 8601; milliseconds or seconds since 1970; or the local time, such as "April 5,
            2024 3:14pm", "2024-4-5@03h14m05s", "2024-4-5 @03h 14m 05s 123ms", "5 avril 2024 15:14".
    """
    if isinstance(date, int | float) and not isinstance(date, bool):
        if not abs(date) < _MAX_NUMBER:
            return None
        return date / 1000 if abs(date) >= _MIN_MS else float(date)
    if not isinstance(date, str) or len(date) > _MAX_LENGTH:
        return None
    text = date.strip()
    if text.isdecimal():
        return parse_date(int(text))
    with suppress(ValueError, OverflowError, OSError):
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    with suppress(ValueError, OverflowError, OSError):
        return _parse_written_date(text)
    return None


def _parse_written_date(text: str) -> float | None:
    """Return a date in words or numbers, of the local time; None if no day is named."""
    time = _TIME.search(text)
    day_text = f"{text[: time.start()]} {text[time.end() :]}" if time else text
    day = _parse_day(day_text)
    if day is None:
        return None
    hour, minute, second, millisecond = (
        (int(part or 0) for part in time.groups()) if time else [0] * 4
    )
    if _AFTERNOON.search(text) and hour < 12:
        hour += 12
    elif _MORNING.search(text) and hour == 12:
        hour = 0
    return datetime(*day, hour, minute, second, millisecond * 1000).timestamp()


def _parse_day(text: str) -> tuple[int, int, int] | None:
    if numeric := _NUMERIC.search(text):
        return int(numeric[1]), int(numeric[2]), int(numeric[3])
    months = (_month(word) for word in _WORD.findall(text.casefold()))
    month = next((each for each in months if each), 0)
    year, day = _YEAR.search(text), _DAY.search(text)
    return (int(year[1]), month, int(day[1])) if month and year and day else None


def _month(word: str) -> int:
    return _MONTH_OF.get(word[:4]) or _MONTH_OF.get(word[:3]) or 0
