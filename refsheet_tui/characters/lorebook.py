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
# The most keys of a lorebook, the most characters of text that are searched, and the most
# occurrences of one key that are looked at.
_MAX_KEYS, _MAX_TEXT, _MAX_OCCURRENCES = 4000, 16_000, 50
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

    def is_triggered_by(self, text: str, casefolded_text: str) -> bool:
        """Return True if the keywords come up in `text`; `casefolded_text` is `text` casefolded."""
        searched_text = text if self.case_sensitive else casefolded_text
        return self._has_any_key(self.keys, searched_text) and (
            not self.secondary_keys or self._has_any_key(self.secondary_keys, searched_text)
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

    def with_keyword_entries(self, entries: Iterable[LorebookEntry]) -> Lorebook:
        """Return a copy with other entries that have keywords."""
        return replace(self, keyword_entries=tuple(entries))

    def triggered_texts(
        self, messages: Sequence[str], earlier_texts: Iterable[str]
    ) -> tuple[str, ...]:
        """Return the texts of the entries whose keywords come up in the last of `messages`.

        `earlier_texts`, which the model was told already, are left out. So are the entries of the
        lowest priority if all of them exceed the budget.
        """
        excluded_texts, triggered_entries = set(earlier_texts), list[LorebookEntry]()
        text = "\n".join(messages[-self.scan_depth :])
        for _ in range(_MAX_RECURSION if self.recursive else 1):
            text = text[-_MAX_TEXT:]
            casefolded_text = text.casefold()
            new_entries = [
                entry
                for entry in self.keyword_entries
                if entry.content not in excluded_texts
                and entry.is_triggered_by(text, casefolded_text)
            ]
            triggered_entries += new_entries
            text = "\n".join(entry.content for entry in new_entries)
            excluded_texts.update(entry.content for entry in new_entries)
        contents = self._contents_within_budget(triggered_entries)
        return tuple(
            dict.fromkeys(
                entry.content for entry in self.keyword_entries if entry.content in contents
            )
        )

    def _contents_within_budget(self, entries: Iterable[LorebookEntry]) -> set[str]:
        bytes_left = self.token_budget * _BYTES_PER_TOKEN
        contents = set()
        for entry in sorted(entries, key=lambda entry: -entry.priority):
            bytes_left -= len(entry.content.encode())
            if bytes_left >= 0:
                contents.add(entry.content)
        return contents


def lorebook_from_card(card: Mapping[str, Any]) -> Lorebook:
    """Return the lorebook of a card, in which anything may be missing or of a wrong type."""
    book = card.get("character_book")
    if not isinstance(book, dict) or not isinstance(book.get("entries"), list):
        return Lorebook()
    entries = [each for each in book["entries"][:_MAX_ENTRIES] if isinstance(each, dict)]
    entries.sort(key=lambda entry: _as_number(entry.get("insertion_order"), 0))
    enabled_entries = [each for each in entries if each.get("enabled", True) and _content(each)]
    keys_left, keyword_entries = _MAX_KEYS, list[LorebookEntry]()
    for each in enabled_entries:
        if not each.get("constant") and not _has_patterns(each):
            entry = _entry_from_card(each)
            keys_left -= len(entry.keys) + len(entry.secondary_keys)
            if keys_left < 0:
                break
            keyword_entries.append(entry)
    return Lorebook(
        tuple(_entry_from_card(each) for each in enabled_entries if each.get("constant")),
        tuple(keyword_entries),
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
    extension_value = extensions.get("use_regex") if isinstance(extensions, dict) else None
    return bool(entry.get("use_regex") or extension_value)


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
    items = keys if isinstance(keys, list) else ()
    texts = (clean_text(key).strip() for key in items if isinstance(key, str))
    return tuple(dict.fromkeys(key for key in texts if key))


def _as_number(value: object, default: float) -> float:
    """Return a number of a card, or `default` if the value is not a number.

    Some programs write numbers as strings; true and false are not numbers.
    """
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return default
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < 1e9 else default  # type: ignore[arg-type]


def _contains_word(key: str, text: str) -> bool:
    """Return True if `key` stands in `text` as a whole word: `cat` is not in `catalogue`.

    Scripts without upper and lower case, such as Chinese, have no word boundaries to look for.
    """
    position = -1
    for _ in range(_MAX_OCCURRENCES):
        position = text.find(key, position + 1)
        if position < 0:
            return False
        end = position + len(key)
        before, after = text[position - 1 : position], text[end : end + 1]
        if not (_are_one_word(before, key[0]) or _are_one_word(key[-1], after)):
            return True
    return False


def _are_one_word(left: str, right: str) -> bool:
    return _is_cased(left) and _is_cased(right)


def _is_cased(letter: str) -> bool:
    return letter.lower() != letter.upper()
