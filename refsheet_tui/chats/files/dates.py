"""The dates of messages, as SillyTavern has written them over the years."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, timedelta, timezone

# Larger than any date in milliseconds. A much larger integer can't be divided as a float.
_MAX_NUMBER = 1e18
# Numbers below are seconds: as milliseconds, they would be in the first years after 1970.
_MIN_MS = 1e11
# No date is longer. The expressions below take quadratic time on digits without an end.
_MAX_LENGTH = 64
# The beginnings of the months' names, in the languages in which SillyTavern writes dates.
_MONTHS = (
    ("jan", "jän", "янв", "січ", "ene", "gen", "sty", "led", "oca"),
    ("feb", "fév", "фев", "лют", "fev", "lut", "úno", "şub"),
    ("mar", "mär", "мар", "бер", "mrt", "maa", "már", "bře"),
    ("apr", "avr", "апр", "кві", "abr", "kwi", "ápr", "dub", "nis"),
    ("may", "mai", "мая", "май", "тра", "mag", "mei", "maj", "máj", "kvě"),
    ("jun", "juin", "июн", "чер", "giu", "cze", "jún", "čer", "haz"),
    ("jul", "juil", "июл", "лип", "lug", "lip", "júl", "červenc", "tem"),
    ("aug", "aoû", "aou", "авг", "сер", "ago", "sie", "agu", "srp", "ağu"),
    ("sep", "сен", "вер", "set", "wrz", "sze", "zář", "eyl"),
    ("oct", "okt", "окт", "жов", "out", "ott", "paź", "říj", "eki"),
    ("nov", "ноя", "лис", "lis", "kas"),
    ("dec", "dez", "déc", "дек", "гру", "dic", "gru", "des", "pro", "ara"),
)
_MONTH_OF = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
_NUMERIC = re.compile(r"(\d{4})\s*[-/.年년]\s*(\d{1,2})\s*[-/.月월]\s*(\d{1,2})")
# Vietnamese numbers its months.
_NUMBERED_MONTH = re.compile(r"tháng\s+(\d{1,2})")
_ZONE = re.compile(r"(?:\b(?:GMT|UTC)|(?<!\d))([+-]\d{2}):?(\d{2})\b|\b(?:GMT|UTC|Z)\b")
_REMARK = re.compile(r"\([^)]*\)")
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
    """Return a date in words or numbers, of the local time or the zone that it names.

    Returns None if no day is named.
    """
    text = _REMARK.sub("", text)
    time = _TIME.search(text)
    before, after = (text[: time.start()], text[time.end() :]) if time else (text, "")
    zone = _ZONE.search(after)
    day_text = f"{before} {_ZONE.sub(' ', after, count=1)}"
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
    zone_info = _time_zone(zone) if zone else None
    return datetime(*day, hour, minute, second, millisecond * 1000, zone_info).timestamp()


def _time_zone(zone: re.Match[str]) -> timezone:
    hours, minutes = int(zone[1] or 0), int(zone[2] or 0)
    offset = timedelta(hours=abs(hours), minutes=minutes)
    return timezone(-offset if (zone[1] or "").startswith("-") else offset)


def _parse_day(text: str) -> tuple[int, int, int] | None:
    if numeric := _NUMERIC.search(text):
        return int(numeric[1]), int(numeric[2]), int(numeric[3])
    if numbered := _NUMBERED_MONTH.search(text.casefold()):
        month = int(numbered[1])
        rest = f"{text[: numbered.start()]} {text[numbered.end() :]}"
        year, day = _YEAR.search(rest), _DAY.search(rest)
        return (int(year[1]), month, int(day[1])) if year and day else None
    months = (_month(word) for word in _WORD.findall(text.casefold()))
    month = next((each for each in months if each), 0)
    year, day = _YEAR.search(text), _DAY.search(text)
    return (int(year[1]), month, int(day[1])) if month and year and day else None


def _month(word: str) -> int:
    return next((_MONTH_OF[word[:length]] for length in (7, 4, 3) if word[:length] in _MONTH_OF), 0)
