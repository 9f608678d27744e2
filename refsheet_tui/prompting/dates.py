"""Dates and times of day in the languages that characters speak."""

from __future__ import annotations

import re
from datetime import datetime

from refsheet_tui.prompting.languages import Language

# How a date is written, with {month} for the month's number or name.
_DATES = {
    "en": "{month} {day}, {year}",
    "zh-Hans": "{year}年{month}月{day}日",
    "zh-Hant": "{year}年{month}月{day}日",
    "ja": "{year}年{month}月{day}日",
    "ko": "{year}년 {month}월 {day}일",
    "fr": "{day} {month} {year}",
    "de": "{day}. {month} {year}",
    "es": "{day} de {month} de {year}",
    "ru": "{day} {month} {year} г.",
    "ar": "{day} {month} {year}",
}
_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre"
    " diciembre",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
}
# From Monday to Sunday.
_WEEKDAYS = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "zh-Hans": "星期一 星期二 星期三 星期四 星期五 星期六 星期日",
    "zh-Hant": "星期一 星期二 星期三 星期四 星期五 星期六 星期日",
    "ja": "月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日",
    "ko": "월요일 화요일 수요일 목요일 금요일 토요일 일요일",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "de": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
    "ru": "понедельник вторник среда четверг пятница суббота воскресенье",
    "ar": "الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد",
}
# What follows the number of a day where it is spoken as an ordinal number.
_ORDINAL_ENDINGS = {
    "zh-Hans": "日",
    "zh-Hant": "日",
    "ja": "日",
    "ko": "일",
    "de": ".",
    "es": "º",
    "ru": "-го",
}
_ENGLISH = "en"
_FORMAT_TOKENS = re.compile(
    r"\[([^\[\]]*)\]|Y{4}|YY|M{1,4}|DDDD|DD|Do|D|d{3,4}|H{1,2}|h{1,2}|mm?|ss?|[aA]"
)


def format_date(moment: datetime, language: Language) -> str:
    """Return a date as it is written in `language`, or in English if the language is unknown."""
    code = _known_code(language)
    return _DATES[code].format(year=moment.year, month=_month(moment, code), day=moment.day)


def format_time(moment: datetime, language: Language) -> str:
    """Return the time of day, with AM or PM in English."""
    if _known_code(language) == _ENGLISH:
        return f"{_hour_of_12(moment)}:{moment:%M} {_half_of_day(moment)}"
    return f"{moment:%H:%M}"


def format_weekday(moment: datetime, language: Language) -> str:
    """Return the day of the week."""
    return _WEEKDAYS[_known_code(language)].split()[moment.weekday()]


def format_moment(moment: datetime, pattern: str, language: Language) -> str:
    """Return a moment in the form of `pattern`, such as `DD.MM.YYYY HH:mm`.

    Text in square brackets stays as it is.
    """
    code = _known_code(language)
    month, weekday = _month(moment, code), format_weekday(moment, language)
    values = {
        "YYYY": f"{moment.year:04}",
        "YY": f"{moment.year % 100:02}",
        "MMMM": month,
        "MMM": month[:3],
        "MM": f"{moment:%m}",
        "M": str(moment.month),
        "DDDD": f"{moment:%j}",
        "DD": f"{moment:%d}",
        "Do": _ordinal_day(moment.day, code),
        "D": str(moment.day),
        "dddd": weekday,
        "ddd": weekday[:3],
        "HH": f"{moment:%H}",
        "H": str(moment.hour),
        "hh": f"{_hour_of_12(moment):02}",
        "h": str(_hour_of_12(moment)),
        "mm": f"{moment:%M}",
        "m": str(moment.minute),
        "ss": f"{moment:%S}",
        "s": str(moment.second),
        "A": _half_of_day(moment),
        "a": _half_of_day(moment).lower(),
    }
    return _FORMAT_TOKENS.sub(
        lambda token: values[token[0]] if token[1] is None else token[1], pattern
    )


def _known_code(language: Language) -> str:
    return language.code if language.code in _DATES else _ENGLISH


def _month(moment: datetime, code: str) -> str:
    names = _MONTHS.get(code)
    return names.split()[moment.month - 1] if names else str(moment.month)


def _ordinal_day(day: int, code: str) -> str:
    if code == _ENGLISH:
        endings = {1: "st", 2: "nd", 3: "rd"}
        return f"{day}{'th' if day in (11, 12, 13) else endings.get(day % 10, 'th')}"
    if code == "fr":
        return "1er" if day == 1 else str(day)
    return f"{day}{_ORDINAL_ENDINGS.get(code, '')}"


def _hour_of_12(moment: datetime) -> int:
    return (moment.hour + 11) % 12 + 1


def _half_of_day(moment: datetime) -> str:
    return "AM" if moment.hour < 12 else "PM"
