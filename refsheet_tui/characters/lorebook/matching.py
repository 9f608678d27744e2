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

# A path has a slash in it that isn't escaped, or letters at its end that are no flags.
PATTERN = (
    r"/(?P<body>(?:\\[\s\S]|[^\\/])+)/"
    r"(?![dgimsuvy]*(?P<flag>[dgimsuvy])[dgimsuvy]*(?P=flag))(?P<flags>[dgimsuvy]*)"
)
_PATTERN = re.compile(PATTERN)
# What a pattern of plain words consists of: letters, escaped punctuation, spaces and boundaries.
_PLAIN_PATTERN = re.compile(r"(?:[^\\.^$*+?()\[\]{}|/]|\\[^\w\s]|\\b|\|)+")
_BOUNDARY = "\\b"
_ENCLOSING_GROUP = re.compile(r"(\\b)?\((?:\?:)?([^()]*)\)(\\b)?")
# Characters that are typed for each other. Without the two dots, ё is the same letter to readers.
_VARIANTS = str.maketrans(
    dict.fromkeys("‘’‛ʼ′`´＇", "'")
    | dict.fromkeys("“”„‟″＂", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-")
    | dict.fromkeys("\u00ad\u200b\u2060\ufeff", "")
    | {"ё": "е", "Ё": "Е"}
)
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
    """Return `text` in the form in which keywords are compared.

    Letters are composed and of full or half width as is usual, apostrophes and hyphens are plain,
    and every run of white space becomes one space.
    """
    composed = unicodedata.normalize("NFKC", text.translate(_VARIANTS)).translate(_VARIANTS)
    return " ".join(composed.split())


def fold(normalized_text: str) -> str:
    """Return a normalized text without differences of case; İ counts as i."""
    return unicodedata.normalize("NFKC", normalized_text.casefold().replace("i\u0307", "i"))


@dataclass(frozen=True)
class Keyword:
    """A word or words that a text is searched for.

    Attributes:
        text: The words.
        case_sensitive: Upper and lower case matter.
        begins_word: They count only where a word begins with them.
        ends_word: They count only where a word ends with them.
    """

    text: str
    case_sensitive: bool = False
    begins_word: bool = False
    ends_word: bool = False

    @cached_property
    def normalized(self) -> str:
        """The words in the form in which they are compared."""
        text = normalize(self.text)
        return text if self.case_sensitive else fold(text)


@dataclass(frozen=True)
class SearchText:
    """A text in which keywords are searched. `text` is normalized."""

    text: str

    @cached_property
    def folded(self) -> str:
        """The text without differences of case."""
        return fold(self.text)

    def find(self, keywords: Iterable[Keyword]) -> Keyword | None:
        """Return the first of `keywords` that comes up; None if none does."""
        return next(filter(self._contains, keywords), None)

    def _contains(self, keyword: Keyword) -> bool:
        searched_text = self.text if keyword.case_sensitive else self.folded
        if not keyword.normalized or keyword.normalized not in searched_text:
            return False
        if not (keyword.begins_word or keyword.ends_word):
            return True
        return _contains_word(keyword, searched_text)


def make_keywords(
    texts: Iterable[str], case_sensitive: bool, whole_words: bool
) -> tuple[Keyword, ...]:
    """Return plain words as keywords."""
    return tuple(Keyword(text, case_sensitive, whole_words, whole_words) for text in texts)


def is_pattern(key: str) -> bool:
    """Return True if the key is a regular expression: `/…/`, perhaps with flags behind it."""
    return _PATTERN.fullmatch(key) is not None


def words_of_pattern(key: str) -> tuple[Keyword, ...] | None:
    r"""Return the plain words of a pattern that only lists words, such as `/\b(cave|cavern)\b/i`.

    Returns None for any other pattern.
    """
    match = _PATTERN.fullmatch(key)
    if match is None:
        return None
    group = _ENCLOSING_GROUP.fullmatch(match["body"])
    before, body, after = group.groups("") if group is not None else ("", match["body"], "")
    if _PLAIN_PATTERN.fullmatch(body) is None:
        return None
    is_case_sensitive = "i" not in match["flags"]
    keywords = tuple(
        Keyword(
            re.sub(r"\\(.)", r"\1", word.replace(_BOUNDARY, "")),
            is_case_sensitive,
            begins_word=bool(before) or word.startswith(_BOUNDARY),
            ends_word=bool(after) or word.endswith(_BOUNDARY),
        )
        for word in _alternatives(body)
    )
    return keywords if all(keyword.text.strip() for keyword in keywords) else None


def _alternatives(body: str) -> list[str]:
    r"""Split a pattern at each `|` that is not escaped."""
    return re.split(r"(?<!\\)\|", body)


def _contains_word(keyword: Keyword, text: str) -> bool:
    """Return True if a keyword stands in `text` as a whole word: `cat` is not in `catalogue`."""
    words, position = keyword.normalized, -1
    for _ in range(_MAX_OCCURRENCES):
        position = text.find(words, position + 1)
        if position < 0:
            return False
        end = position + len(words)
        before, after = text[position - 1 : position] if position else "", text[end : end + 1]
        is_begun_before = keyword.begins_word and _are_one_word(before, words[0])
        if not is_begun_before and not (keyword.ends_word and _are_one_word(words[-1], after)):
            return True
    return False


def _are_one_word(left: str, right: str) -> bool:
    return _is_word_character(left) and _is_word_character(right)


def _is_word_character(character: str) -> bool:
    if not character or any(first <= character <= last for first, last in _UNSPACED_SCRIPTS):
        return False
    return character.isalnum() or character == "_" or unicodedata.category(character)[0] == "M"
