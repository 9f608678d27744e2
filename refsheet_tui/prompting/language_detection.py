"""Recognizing the language of a text: by its script, and by its most frequent words."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable

from refsheet_tui.prompting.language_words import UNCERTAIN, WORDS
from refsheet_tui.prompting.languages import Language, language

# What is no language: macros, addresses, tags.
_NO_WORDS = re.compile(r"\{\{.{0,500}?\}\}|<[^<>\n]{0,200}>|https?://\S+", re.DOTALL)
_MAX_TEXT = 20_000  # characters, which are more than enough
_SCRIPTS = {
    "kana": "\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d",
    "hangul": "\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e",
    "han": "\u3400-\u4dbf\u4e00-\u9fff",
    "cyrillic": "\u0400-\u052f",
    "arabic": "\u0620-\u064a\u066e-\u06d3\u06d5",
    "latin": "A-Za-z\u00c0-\u024f\u1e00-\u1eff",
    "devanagari": "\u0904-\u0939\u0958-\u0961",
    # Each of these belongs to one language, or almost only to one.
    "Armenian": "\u0531-\u0587",
    "Bengali": "\u0985-\u09b9\u09dc-\u09e1",
    "Burmese": "\u1000-\u102a",
    "Georgian": "\u10d0-\u10ff",
    "Greek": "\u0370-\u03ff\u1f00-\u1fff",
    "Gujarati": "\u0a85-\u0ab9",
    "Hebrew": "\u05d0-\u05ea",
    "Kannada": "\u0c85-\u0cb9",
    "Khmer": "\u1780-\u17b3",
    "Lao": "\u0e81-\u0ebd",
    "Malayalam": "\u0d05-\u0d3a",
    "Punjabi": "\u0a05-\u0a39",
    "Sinhala": "\u0d85-\u0dc6",
    "Tamil": "\u0b85-\u0bb9",
    "Telugu": "\u0c05-\u0c39",
    "Thai": "\u0e01-\u0e33\u0e40-\u0e45",
}
_SCRIPT_LETTERS = {script: re.compile(f"[{letters}]") for script, letters in _SCRIPTS.items()}
# One character of these scripts stands for about as many letters.
_WEIGHTS = {"kana": 2, "hangul": 2, "han": 3}
# Characters of which each is common in one of the two Chinese scripts and unknown in the other.
_SIMPLIFIED = frozenset(
    "这个们来时说对会过还没为发后么开关东见长马问间话该给让从头师爱现实点样动气听认识"
)
_TRADITIONAL = frozenset(
    "這個們來時說對會過還沒為發後麼開關東見長馬問間話該給讓從頭師愛現實點樣動氣聽認識"
)
_RUSSIAN = frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюя")
_ONLY_UKRAINIAN, _NOT_UKRAINIAN = frozenset("іїєґ"), frozenset("ёъыэ")
_NOT_BULGARIAN, _BULGARIAN_WORDS = (
    frozenset("ёыэ"),
    frozenset(("съм", "аз", "ще", "това", "че", "сте", "във")),
)
# Letters that other languages have beside the Arabic ones.
_NOT_ARABIC = frozenset(map(chr, (*range(0x672, 0x6D4), 0x6D5)))
_PERSIAN, _ONLY_URDU = frozenset("پچژگکیۀ"), frozenset("ٹڈڑےںہھ")
_HINDI_WORDS = frozenset(("है", "हैं", "हूँ", "हूं", "और", "में", "नहीं", "का", "की", "के", "हो"))
_VIETNAMESE = re.compile("[\u01a1\u01b0\u0111\u1ea0-\u1eb7\u1ebb-\u1ec9\u1ecf-\u1ee3\u1ee7-\u1ef9]")
_WORD_WITH_MARKS = re.compile(r"[\w\u0900-\u0963]+")
_WORD = re.compile(r"[^\W\d_]+")
# At least one of so many letters is one of those that only Vietnamese has.
_VIETNAMESE_SHARE = 20
# Fewer words than these say too little, and another language must have clearly fewer of its own.
_MIN_WORDS, _MARGIN = 2, 1.2


def detect_language(texts: Iterable[str]) -> Language | None:
    """Return the language of the first of `texts` that shows one.

    Args:
        texts: Texts in one language, the most telling one first.

    Returns:
        One of `LANGUAGES`, or a language with its English name as the only one; None if none can be
        told for certain.
    """
    for text in texts:
        name = _detect(_without_macros(text))
        if name is not None:
            return language(name) if name else None
    return None


def has_words(texts: Iterable[str]) -> bool:
    """Return True if any of `texts` has a letter outside of macros, tags and addresses."""
    return any(any(map(str.isalpha, _without_macros(text))) for text in texts)


def _without_macros(text: str) -> str:
    return unicodedata.normalize("NFC", _NO_WORDS.sub(" ", text[:_MAX_TEXT]))


def _detect(text: str) -> str | None:
    """Return the name of the language, an empty text for one that is not certain, or None."""
    letter_counts = {
        script: len(letters.findall(text)) for script, letters in _SCRIPT_LETTERS.items()
    }
    script = max(_SCRIPTS, key=lambda each: letter_counts[each] * _WEIGHTS.get(each, 1))
    count = letter_counts[script] * _WEIGHTS.get(script, 1)
    other_letters = sum(map(str.isalpha, text)) - sum(letter_counts.values())
    if not count:
        return "" if other_letters else None
    if other_letters > count:
        return ""
    if script in ("kana", "han"):
        # Japanese has kana in every sentence; a Chinese text has some in a name at most.
        kana, han = (letter_counts[each] * _WEIGHTS[each] for each in ("kana", "han"))
        return "ja" if kana * 8 > han else _detect_chinese(text)
    detect = _DETECTORS.get(script)
    return detect(text.lower()) if detect is not None else script


def _detect_chinese(text: str) -> str:
    traditional = sum(character in _TRADITIONAL for character in text)
    return (
        "zh-Hant"
        if traditional > sum(character in _SIMPLIFIED for character in text)
        else "zh-Hans"
    )


def _detect_cyrillic(text: str) -> str:
    letters = frozenset(_SCRIPT_LETTERS["cyrillic"].findall(text))
    other_letters = letters - _RUSSIAN
    if other_letters:
        is_ukrainian = other_letters <= _ONLY_UKRAINIAN and not letters & _NOT_UKRAINIAN
        return "Ukrainian" if is_ukrainian else ""
    if not letters & _NOT_BULGARIAN and _BULGARIAN_WORDS & {*_WORD.findall(text)}:
        return "Bulgarian"
    return "ru"


def _detect_arabic(text: str) -> str:
    other_letters = _NOT_ARABIC & frozenset(text)
    if not other_letters:
        return "ar"
    if other_letters <= _PERSIAN:
        return "Persian" if other_letters & frozenset("کی") else ""
    return "Urdu" if other_letters <= _PERSIAN | _ONLY_URDU else ""


def _detect_devanagari(text: str) -> str:
    return "Hindi" if _HINDI_WORDS & {*_WORD_WITH_MARKS.findall(text)} else ""


def _detect_latin(text: str) -> str | None:
    words = Counter(_WORD.findall(text))
    if len(_VIETNAMESE.findall(text)) * _VIETNAMESE_SHARE > sum(map(len, words.elements())):
        return "Vietnamese"
    counts = Counter({name: sum(words[word] for word in known) for name, known in WORDS.items()})
    (name, count), (_, next_count) = counts.most_common(2)
    if count < _MIN_WORDS or count < next_count * _MARGIN:
        return None
    return "" if name in UNCERTAIN else name


# Scripts of several languages. Any other script, and Hangul, belongs to one.
_DETECTORS: dict[str, Callable[[str], str | None]] = {
    "latin": _detect_latin,
    "cyrillic": _detect_cyrillic,
    "arabic": _detect_arabic,
    "devanagari": _detect_devanagari,
    "hangul": lambda text: "ko",
}
