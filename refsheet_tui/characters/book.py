"""A card's `character_book`: what is told always, and what is told when it comes up.

Keys are plain words. Entries whose keys are regular expressions are never looked for: one of a
stranger's can take minutes to match.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from refsheet_tui.untrusted import clean

# How many messages are looked through, and how much is told at once, where the book doesn't say.
_DEPTH, _BUDGET = 4, 512
_MOST_DEPTH, _MOST_BUDGET, _MOST_ENTRIES = 32, 2048, 1000
# Of all that is looked for, and of what it is looked for in, in characters; how often in one text a
# key is looked at.
_MOST_KEYS, _MOST_TEXT, _MOST_PLACES = 4000, 16_000, 50
# Bytes of UTF-8 in a token: about four in English, two or three in Chinese and Japanese.
_BYTES_OF_A_TOKEN = 3
# How often what is told may bring up more.
_ROUNDS = 3


@dataclass(frozen=True)
class Entry:
    """`secondary_keys`: one of them must come up as well, where there are any. What has a low
    `priority` is left out first."""

    keys: tuple[str, ...]
    content: str
    secondary_keys: tuple[str, ...] = ()
    case_sensitive: bool = False
    priority: float = 0

    def comes_up_in(self, text: str, folded: str) -> bool:
        """`folded` is `text` with the case taken away."""
        seen = text if self.case_sensitive else folded
        return self._any(self.keys, seen) and (
            not self.secondary_keys or self._any(self.secondary_keys, seen)
        )

    def _any(self, keys: Iterable[str], text: str) -> bool:
        return any(_stands_in(key if self.case_sensitive else key.casefold(), text) for key in keys)


@dataclass(frozen=True)
class Book:
    """Entries in the order in which they are told. `depth` is in messages, `budget` in tokens;
    `recursive`: what is told can bring up more."""

    constant: tuple[Entry, ...] = ()
    by_keyword: tuple[Entry, ...] = ()
    depth: int = _DEPTH
    budget: int = _BUDGET
    recursive: bool = False

    def with_entries(self, by_keyword: Iterable[Entry]) -> Book:
        return replace(self, by_keyword=tuple(by_keyword))

    def due(self, messages: Sequence[str], told: Iterable[str]) -> tuple[str, ...]:
        """What the last of `messages` bring up, but for what was `told` already and what exceeds
        the budget."""
        known, found = set(told), list[Entry]()
        text = "\n".join(messages[-self.depth :])
        for _ in range(_ROUNDS if self.recursive else 1):
            text = text[-_MOST_TEXT:]
            folded = text.casefold()
            more = [
                entry
                for entry in self.by_keyword
                if entry.content not in known and entry.comes_up_in(text, folded)
            ]
            found += more
            text = "\n".join(entry.content for entry in more)
            known.update(entry.content for entry in more)
        kept = self._within_budget(found)
        return tuple(
            dict.fromkeys(entry.content for entry in self.by_keyword if entry.content in kept)
        )

    def _within_budget(self, found: Iterable[Entry]) -> set[str]:
        left = self.budget * _BYTES_OF_A_TOKEN
        kept = set()
        for entry in sorted(found, key=lambda entry: -entry.priority):
            left -= len(entry.content.encode())
            if left >= 0:
                kept.add(entry.content)
        return kept


def book_of(card: Mapping[str, Any]) -> Book:
    """The book of a card, of which anything may be missing or of another type."""
    book = card.get("character_book")
    if not isinstance(book, dict) or not isinstance(book.get("entries"), list):
        return Book()
    listed = [each for each in book["entries"][:_MOST_ENTRIES] if isinstance(each, dict)]
    listed.sort(key=lambda entry: _number(entry.get("insertion_order"), 0))
    wanted = [each for each in listed if each.get("enabled", True) and _content(each)]
    left, by_keyword = _MOST_KEYS, list[Entry]()
    for each in wanted:
        if not each.get("constant") and not _has_patterns(each):
            entry = _entry(each)
            left -= len(entry.keys) + len(entry.secondary_keys)
            if left < 0:
                break
            by_keyword.append(entry)
    return Book(
        tuple(_entry(each) for each in wanted if each.get("constant")),
        tuple(by_keyword),
        depth=int(min(max(_number(book.get("scan_depth"), _DEPTH), 1), _MOST_DEPTH)),
        budget=int(min(max(_number(book.get("token_budget"), _BUDGET), 0), _MOST_BUDGET)),
        recursive=bool(book.get("recursive_scanning")),
    )


def _entry(entry: dict[str, Any]) -> Entry:
    return Entry(
        keys=_keys(entry.get("keys")),
        content=_content(entry),
        secondary_keys=_keys(entry.get("secondary_keys")) if entry.get("selective") else (),
        case_sensitive=bool(entry.get("case_sensitive")),
        priority=_number(entry.get("priority"), 0),
    )


def _has_patterns(entry: dict[str, Any]) -> bool:
    extensions = entry.get("extensions")
    inside = extensions.get("use_regex") if isinstance(extensions, dict) else None
    return bool(entry.get("use_regex") or inside)


def _content(entry: dict[str, Any]) -> str:
    """Without the lines of `@@` in front, which are orders to programs that know them."""
    content = entry.get("content")
    lines = clean(content).strip().splitlines() if isinstance(content, str) else []
    while lines and lines[0].startswith("@@"):
        del lines[0]
    return "\n".join(lines).strip()


def _keys(keys: object) -> tuple[str, ...]:
    listed = keys if isinstance(keys, list) else ()
    texts = (clean(key).strip() for key in listed if isinstance(key, str))
    return tuple(dict.fromkeys(key for key in texts if key))


def _number(value: object, otherwise: float) -> float:
    """Numbers come as strings, and as truth values."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return otherwise
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < 1e9 else otherwise  # type: ignore[arg-type]


def _stands_in(key: str, text: str) -> bool:
    """As a word of its own where its script has such: `cat` is not in `catalogue`."""
    place = -1
    for _ in range(_MOST_PLACES):
        place = text.find(key, place + 1)
        if place < 0:
            return False
        end = place + len(key)
        before, after = text[place - 1 : place], text[end : end + 1]
        if not (_joins(before, key[0]) or _joins(key[-1], after)):
            return True
    return False


def _joins(left: str, right: str) -> bool:
    return _is_cased(left) and _is_cased(right)


def _is_cased(letter: str) -> bool:
    return letter.lower() != letter.upper()
