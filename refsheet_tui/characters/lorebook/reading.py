"""Reading the lorebook of a card in the shapes that programs write.

The specification's `character_book` has a list of `entries`; other programs write an object of
them, other names for the same values, and some of the values under `extensions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from refsheet_tui.characters.lorebook.decorators import apply_decorators, split_decorators
from refsheet_tui.characters.lorebook.entry import (
    DEFAULT_SCAN_DEPTH,
    ActivationRules,
    Lorebook,
    LorebookEntry,
    Position,
    RecursionRules,
    SelectiveLogic,
)
from refsheet_tui.characters.lorebook.matching import is_pattern, words_of_pattern
from refsheet_tui.characters.lorebook.values import (
    as_count,
    as_flag,
    as_keys,
    as_number,
    as_text,
    first_value,
)
from refsheet_tui.untrusted import one_line

_MAX_SCAN_DEPTH, _MAX_BUDGET, _MAX_DEPTH = 100, 1_000_000, 1000
# The most entries and keys that are read, so that searching for all of them takes no more than a
# second or two even if the keys were made to take long.
_MAX_ENTRIES, _MAX_KEYS, _MAX_KEY_CHARACTERS = 5000, 10_000, 100_000
_MAX_NAME = 60
_DEFAULT_ORDER = 100.0
# Where cards have their lorebook. `world` is usually only the name of one.
_BOOK_KEYS = ("character_book", "lorebook", "world_info", "worldInfo", "world")
_CONTENT_NAMES = ("content", "text", "entry")
_KEY_NAMES = ("keys", "key", "keywords")
_SECONDARY_NAMES = ("secondary_keys", "keysecondary")
# The place of an entry in a chat instead of the description, as a number that some programs write.
_AT_DEPTH, _DEFAULT_DEPTH = 4, 4
_LOGIC_NAMES = {logic.name: logic for logic in SelectiveLogic}


def find_book(card: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the lorebook of a card's data as it stands there; None if the card has none.

    A list of entries counts as a lorebook, too.
    """
    extensions = card.get("extensions")
    for source in (card, extensions if isinstance(extensions, dict) else {}):
        for key in _BOOK_KEYS:
            book = source.get(key)
            if isinstance(book, list) and any(isinstance(each, dict) for each in book):
                return {"entries": book}
            if isinstance(book, dict) and raw_entries(book):
                return book
    return None


def lorebook_from_card(card: Mapping[str, Any]) -> Lorebook:
    """Return the lorebook of a card, in which anything may be missing or of a wrong type."""
    book = find_book(card)
    if book is None:
        return Lorebook()
    sources = _sources(book)
    found_entries = raw_entries(book)
    entries, keys_left, characters_left = list[LorebookEntry](), _MAX_KEYS, _MAX_KEY_CHARACTERS
    for raw_entry in found_entries[:_MAX_ENTRIES]:
        entry = entry_from_card(raw_entry)
        keys_left -= len(entry.all_keys)
        characters_left -= sum(map(len, entry.all_keys))
        if min(keys_left, characters_left) < 0:
            break
        entries.append(entry)
    scan_depth = as_count(first_value(("scan_depth", "scanDepth"), *sources), _MAX_SCAN_DEPTH)
    budget = as_count(first_value(("token_budget", "tokenBudget"), *sources), _MAX_BUDGET)
    recursive = first_value(("recursive_scanning", "recursiveScanning", "recursive"), *sources)
    return Lorebook(
        tuple(sorted(entries, key=lambda entry: entry.order)),
        scan_depth=DEFAULT_SCAN_DEPTH if scan_depth is None else max(scan_depth, 1),
        token_budget=budget or None,  # 0 means that the author has set none
        is_recursive=as_flag(recursive, False),
        unread_count=len(found_entries) - len(entries),
    )


def entry_from_card(raw: Mapping[str, Any]) -> LorebookEntry:
    """Return an entry of a card, in which anything may be missing or of a wrong type."""
    sources = _sources(raw)
    decorators, content = split_decorators(content_in_card(raw))
    keys, patterns, are_words = _plain_keys(keys_in_card(raw))
    secondary_keys, secondary_patterns, _ = _plain_keys(secondary_keys_in_card(raw))
    name = as_text(first_value(("name",), raw)) or as_text(first_value(("comment",), raw))
    is_enabled = as_flag(first_value(("enabled",), *sources), True)
    is_disabled = as_flag(first_value(("disable", "disabled"), *sources), False)
    order = as_number(first_value(("insertion_order", "order", "insertionOrder"), *sources))
    whole_words = first_value(("match_whole_words", "matchWholeWords"), *sources)
    entry = LorebookEntry(
        # Whether the secondary keys come up can't be known if they are patterns.
        keys=() if secondary_patterns else keys,
        content=content,
        name=one_line(name)[:_MAX_NAME],
        is_enabled=is_enabled and not is_disabled,
        is_constant=as_flag(first_value(("constant",), *sources), False),
        secondary_keys=secondary_keys,
        logic=_logic(first_value(("selectiveLogic", "selective_logic"), *sources)),
        patterns=(*patterns, *secondary_patterns),
        case_sensitive=as_flag(first_value(("case_sensitive", "caseSensitive"), *sources), False),
        whole_words=as_flag(whole_words, False) or are_words,
        scan_depth=_scan_depth(sources),
        priority=as_number(first_value(("priority",), *sources)) or 0,
        order=_DEFAULT_ORDER if order is None else order,
        position=_position(sources),
        depth=_depth(sources),
        rules=ActivationRules(probability=_probability(sources)),
        recursion=RecursionRules(
            is_excluded=_has_flag(sources, "exclude_recursion", "excludeRecursion"),
            is_last=_has_flag(sources, "prevent_recursion", "preventRecursion"),
            is_delayed=_has_flag(sources, "delay_until_recursion", "delayUntilRecursion"),
        ),
    )
    return apply_decorators(entry, decorators)


def raw_entries(book: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the entries of a lorebook as they stand in the card."""
    entries = book.get("entries")
    values: Iterable[object] = ()
    if isinstance(entries, dict):
        values = entries.values()
    elif isinstance(entries, list):
        values = entries
    return [each for each in values if isinstance(each, dict)]


def _plain_keys(keys: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    r"""Return the plain words among `keys`, the other patterns, and if all words stand in `\b`."""
    words, patterns = list[str](), list[str]()
    for key in keys:
        if not is_pattern(key):
            words.append(key)
        elif (listed_words := words_of_pattern(key)) is not None:
            words += listed_words
        else:
            patterns.append(key)
    are_words = bool(keys) and all(is_pattern(key) and "\\b" in key for key in keys)
    return tuple(dict.fromkeys(words)), tuple(patterns), are_words


def content_in_card(raw: Mapping[str, Any]) -> str:
    """Return the text of an entry of a card, with its decorators."""
    return as_text(first_value(_CONTENT_NAMES, raw))


def keys_in_card(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys of an entry of a card, patterns among them."""
    return as_keys(first_value(_KEY_NAMES, raw))


def secondary_keys_in_card(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the secondary keys of an entry of a card; none if the card says not to use them."""
    # The programs that write `keysecondary` use it unless `selective` is false.
    is_selective = as_flag(first_value(("selective",), *_sources(raw)), "keysecondary" in raw)
    return as_keys(first_value(_SECONDARY_NAMES, raw)) if is_selective else ()


def _sources(raw: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return the objects that have the values of a lorebook or an entry."""
    extensions = raw.get("extensions")
    return (raw, extensions) if isinstance(extensions, dict) else (raw,)


def _logic(value: object) -> SelectiveLogic:
    if isinstance(value, str):
        name = value.strip().upper().replace(" ", "_").replace("-", "_")
        if name in _LOGIC_NAMES:
            return _LOGIC_NAMES[name]
    number = as_number(value)
    return SelectiveLogic(int(number)) if number in (0, 1, 2, 3) else SelectiveLogic.AND_ANY


def _position(sources: tuple[Mapping[str, Any], ...]) -> Position:
    # Where both are given, the number under `extensions` is the exact one.
    for source in reversed(sources):
        position = source.get("position")
        if position is not None:
            is_before = as_number(position) == 0 or as_text(position) == "before_char"
            return "before" if is_before else "after"
    return "after"


def _depth(sources: tuple[Mapping[str, Any], ...]) -> int | None:
    # A program that has this place writes its number under `extensions`, and an approximation of
    # it as the specification's `position`.
    positions = [as_number(source.get("position")) for source in sources]
    if _AT_DEPTH not in positions:
        return None
    depth = as_count(first_value(("depth",), *sources), _MAX_DEPTH)
    return _DEFAULT_DEPTH if depth is None else depth


def _scan_depth(sources: tuple[Mapping[str, Any], ...]) -> int | None:
    return as_count(first_value(("scan_depth", "scanDepth"), *sources), _MAX_SCAN_DEPTH)


def _probability(sources: tuple[Mapping[str, Any], ...]) -> float:
    number = as_number(first_value(("probability",), *sources))
    is_used = as_flag(first_value(("useProbability", "use_probability"), *sources), True)
    return max(0.0, min(number, 100.0)) if number is not None and is_used else 100.0


def _has_flag(sources: tuple[Mapping[str, Any], ...], *names: str) -> bool:
    value = first_value(names, *sources)
    # Some programs write the level of the recursion instead of true.
    return as_flag(value, False) or bool(as_number(value))
