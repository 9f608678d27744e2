"""Finding the keywords of lorebook entries in what was said.

Keywords are plain words. The regular expression of a stranger can take minutes to match, so a
pattern is used only if it lists plain words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

_PATTERN = re.compile(r"/(.+)/([a-zA-Z]*)", re.DOTALL)
# What a pattern of plain words consists of: letters, escaped punctuation, spaces and boundaries.
_PLAIN_PATTERN = re.compile(r"(?:[^\\.^$*+?()\[\]{}|/]|\\[^\w\s]|\\b|\|)+")
_ENCLOSING_GROUP = re.compile(r"(\\b)?\((?:\?:)?([^()]*)\)(\\b)?")
_APOSTROPHES = str.maketrans(dict.fromkeys("‘’‛ʼ′`´＇", "'") | dict.fromkeys("“”„‟″＂", '"'))
# How many occurrences of one key are looked at to find one that is a whole word.
_MAX_OCCURRENCES = 50
# Scripts that write no spaces between words, or append endings to them: there a whole word can't be
# recognized by what stands beside it.
_UNSPACED_SCRIPTS = (
    ("\u0e00", "\u0eff"),  # Thai and Lao
    ("\u1000", "\u109f"),  # Myanmar
    ("\u1100", "\u11ff"),  # Hangul letters
    ("\u1780", "\u17ff"),  # Khmer
    ("\u2e80", "\u9fff"),  # kana and Han
    ("\uac00", "\ud7ff"),  # Hangul
    ("\uf900", "\ufaff"),  # Han
    ("\U00020000", "\U0003ffff"),  # Han
)


def normalize(text: str) -> str:
    """Return `text` in the form in which keywords are compared: composed, with plain apostrophes.

    Every run of white space becomes one space.
    """
    return " ".join(unicodedata.normalize("NFC", text).translate(_APOSTROPHES).split())


def fold(normalized_text: str) -> str:
    """Return a normalized text without differences of case; İ counts as i."""
    return unicodedata.normalize("NFC", normalized_text.casefold().replace("i\u0307", "i"))


@dataclass(frozen=True)
class SearchText:
    """A text in which keywords are searched. `text` is normalized."""

    text: str

    @cached_property
    def folded(self) -> str:
        """The text without differences of case."""
        return fold(self.text)

    def find(self, keys: Iterable[str], *, case_sensitive: bool, whole_words: bool) -> str:
        """Return the first of `keys` that comes up; empty if none does."""
        searched_text = self.text if case_sensitive else self.folded
        contains = _contains_word if whole_words else _contains
        for key in keys:
            normalized_key = normalize(key) if case_sensitive else fold(normalize(key))
            if normalized_key and contains(normalized_key, searched_text):
                return key
        return ""


def is_pattern(key: str) -> bool:
    """Return True if the key is a regular expression: `/…/`, perhaps with flags behind it."""
    return _PATTERN.fullmatch(key) is not None


def words_of_pattern(key: str) -> tuple[str, ...] | None:
    r"""Return the plain words of a pattern that only lists words, such as `/\b(cave|cavern)\b/i`.

    Returns None for any other pattern.
    """
    match = _PATTERN.fullmatch(key)
    if match is None:
        return None
    group = _ENCLOSING_GROUP.fullmatch(match[1])
    body = group[2] if group is not None else match[1]
    if _PLAIN_PATTERN.fullmatch(body) is None:
        return None
    words = [re.sub(r"\\(.)", r"\1", word.replace("\\b", "")) for word in _alternatives(body)]
    return tuple(words) if all(word.strip() for word in words) else None


def _alternatives(body: str) -> list[str]:
    r"""Split a pattern at each `|` that is not escaped."""
    return re.split(r"(?<!\\)\|", body)


def _contains(key: str, text: str) -> bool:
    return key in text


def _contains_word(key: str, text: str) -> bool:
    """Return True if `key` stands in `text` as a whole word: `cat` is not in `catalogue`."""
    position = -1
    for _ in range(_MAX_OCCURRENCES):
        position = text.find(key, position + 1)
        if position < 0:
            return False
        end = position + len(key)
        before, after = text[position - 1 : position] if position else "", text[end : end + 1]
        if not (_are_one_word(before, key[0]) or _are_one_word(key[-1], after)):
            return True
    return False


def _are_one_word(left: str, right: str) -> bool:
    return _is_word_character(left) and _is_word_character(right)


def _is_word_character(character: str) -> bool:
    if not character or any(first <= character <= last for first, last in _UNSPACED_SCRIPTS):
        return False
    return character.isalnum() or character == "_" or unicodedata.category(character)[0] == "M"
