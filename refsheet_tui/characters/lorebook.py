"""A card's lorebook (`character_book`): constant entries, and entries with keywords.

The model is always told constant entries, and the others when their keywords come up. Keywords
are plain words. Entries whose keys are regular expressions are ignored: the regular expression of a
stranger can take minutes to match.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from refsheet_tui.untrusted import clean_text

# How many messages are searched, and how many tokens the entries of one message may take, if the
# lorebook doesn't say.
_DEPTH, _BUDGET = 4, 512
_MAX_DEPTH, _MAX_BUDGET, _MAX_ENTRIES = 32, 2048, 1000
# The most keys of a lorebook, the most characters of text that are searched, and the most places
# of one key that are looked at.
_MAX_KEYS, _MAX_TEXT, _MAX_PLACES = 4000, 16_000, 50
# Bytes of UTF-8 in a token: about four in English, two or three in Chinese and Japanese.
_BYTES_PER_TOKEN = 3
# How many rounds of entries may trigger more entries.
_MAX_RECURSION = 3


@dataclass(frozen=True)
class LorebookEntry:
    """A text that the model is told when one of its keywords comes up.

    Attributes:
        keys: The keywords.
        content: The text.
        secondary_keys: If there are any, one of them must come up as well.
        case_sensitive: Upper and lower case of the keywords matter.
        priority: Entries of low priority are left out first if the budget is too small.
    """

    keys: tuple[str, ...]
    content: str
    secondary_keys: tuple[str, ...] = ()
    case_sensitive: bool = False
    priority: float = 0

    def is_triggered_by(self, text: str, folded: str) -> bool:
        """Return True if the keywords come up in `text`; `folded` is `text` casefolded."""
        seen = text if self.case_sensitive else folded
        return self._has_any_key(self.keys, seen) and (
            not self.secondary_keys or self._has_any_key(self.secondary_keys, seen)
        )

    def _has_any_key(self, keys: Iterable[str], text: str) -> bool:
        return any(
            _contains_word(key if self.case_sensitive else key.casefold(), text) for key in keys
        )


@dataclass(frozen=True)
class Lorebook:
    """The entries of a card, in the order in which the model is told them.

    Attributes:
        constant_entries: Entries that are part of the description.
        keyword_entries: Entries that the model is told when their keywords come up.
        scan_depth: How many of the last messages are searched for keywords.
        token_budget: How many tokens the entries of one message may take, about.
        recursive: Entries are searched for keywords as well.
    """

    constant_entries: tuple[LorebookEntry, ...] = ()
    keyword_entries: tuple[LorebookEntry, ...] = ()
    scan_depth: int = _DEPTH
    token_budget: int = _BUDGET
    recursive: bool = False

    def with_keyword_entries(self, by_keyword: Iterable[LorebookEntry]) -> Lorebook:
        """Return a copy with other entries that have keywords."""
        return replace(self, keyword_entries=tuple(by_keyword))

    def triggered_texts(self, messages: Sequence[str], told: Iterable[str]) -> tuple[str, ...]:
        """Return the texts of the entries whose keywords come up in the last of `messages`.

        Texts in `told`, which the model was told already, are left out. So are the entries of the
        lowest priority if all of them exceed the budget.
        """
        known, found = set(told), list[LorebookEntry]()
        text = "\n".join(messages[-self.scan_depth :])
        for _ in range(_MAX_RECURSION if self.recursive else 1):
            text = text[-_MAX_TEXT:]
            folded = text.casefold()
            more = [
                entry
                for entry in self.keyword_entries
                if entry.content not in known and entry.is_triggered_by(text, folded)
            ]
            found += more
            text = "\n".join(entry.content for entry in more)
            known.update(entry.content for entry in more)
        kept = self._within_budget(found)
        return tuple(
            dict.fromkeys(entry.content for entry in self.keyword_entries if entry.content in kept)
        )

    def _within_budget(self, found: Iterable[LorebookEntry]) -> set[str]:
        left = self.token_budget * _BYTES_PER_TOKEN
        kept = set()
        for entry in sorted(found, key=lambda entry: -entry.priority):
            left -= len(entry.content.encode())
            if left >= 0:
                kept.add(entry.content)
        return kept


def lorebook_from_card(card: Mapping[str, Any]) -> Lorebook:
    """Return the lorebook of a card, in which anything may be missing or of a wrong type."""
    book = card.get("character_book")
    if not isinstance(book, dict) or not isinstance(book.get("entries"), list):
        return Lorebook()
    listed = [each for each in book["entries"][:_MAX_ENTRIES] if isinstance(each, dict)]
    listed.sort(key=lambda entry: _as_number(entry.get("insertion_order"), 0))
    wanted = [each for each in listed if each.get("enabled", True) and _content(each)]
    left, by_keyword = _MAX_KEYS, list[LorebookEntry]()
    for each in wanted:
        if not each.get("constant") and not _has_patterns(each):
            entry = _entry_from_card(each)
            left -= len(entry.keys) + len(entry.secondary_keys)
            if left < 0:
                break
            by_keyword.append(entry)
    return Lorebook(
        tuple(_entry_from_card(each) for each in wanted if each.get("constant")),
        tuple(by_keyword),
        scan_depth=int(min(max(_as_number(book.get("scan_depth"), _DEPTH), 1), _MAX_DEPTH)),
        token_budget=int(min(max(_as_number(book.get("token_budget"), _BUDGET), 0), _MAX_BUDGET)),
        recursive=bool(book.get("recursive_scanning")),
    )


def _entry_from_card(entry: dict[str, Any]) -> LorebookEntry:
    return LorebookEntry(
        keys=_keys(entry.get("keys")),
        content=_content(entry),
        secondary_keys=_keys(entry.get("secondary_keys")) if entry.get("selective") else (),
        case_sensitive=bool(entry.get("case_sensitive")),
        priority=_as_number(entry.get("priority"), 0),
    )


def _has_patterns(entry: dict[str, Any]) -> bool:
    extensions = entry.get("extensions")
    inside = extensions.get("use_regex") if isinstance(extensions, dict) else None
    return bool(entry.get("use_regex") or inside)


def _content(entry: dict[str, Any]) -> str:
    """Return the text of an entry without the `@@` lines at its beginning.

    These lines are instructions to programs that know them.
    """
    content = entry.get("content")
    lines = clean_text(content).strip().splitlines() if isinstance(content, str) else []
    while lines and lines[0].startswith("@@"):
        del lines[0]
    return "\n".join(lines).strip()


def _keys(keys: object) -> tuple[str, ...]:
    listed = keys if isinstance(keys, list) else ()
    texts = (clean_text(key).strip() for key in listed if isinstance(key, str))
    return tuple(dict.fromkeys(key for key in texts if key))


def _as_number(value: object, otherwise: float) -> float:
    """Return a number of a card, or `otherwise` if the value is not a number.

    Some programs write numbers as strings; true and false are not numbers.
    """
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return otherwise
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < 1e9 else otherwise  # type: ignore[arg-type]


def _contains_word(key: str, text: str) -> bool:
    """Return True if `key` stands in `text` as a whole word: `cat` is not in `catalogue`.

    Scripts without upper and lower case, such as Chinese, have no word boundaries to look for.
    """
    place = -1
    for _ in range(_MAX_PLACES):
        place = text.find(key, place + 1)
        if place < 0:
            return False
        end = place + len(key)
        before, after = text[place - 1 : place], text[end : end + 1]
        if not (_are_one_word(before, key[0]) or _are_one_word(key[-1], after)):
            return True
    return False


def _are_one_word(left: str, right: str) -> bool:
    return _is_cased(left) and _is_cased(right)


def _is_cased(letter: str) -> bool:
    return letter.lower() != letter.upper()
