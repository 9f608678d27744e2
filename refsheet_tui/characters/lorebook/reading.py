"""Reading the lorebook of a card in the shapes that programs write.

The specification's `character_book` has a list of `entries`; other programs write an object of
them, other names for the same values, and some of the values under `extensions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from refsheet_tui.characters.lorebook.books import (
    CONTENT_NAMES,
    content_in_card,
    find_book,
    linked_book_name,
    other_items,
    raw_entries,
    unread_book_keys,
)
from refsheet_tui.characters.lorebook.decorators import apply_decorators, split_decorators
from refsheet_tui.characters.lorebook.entry import (
    DEFAULT_DEPTH,
    DEFAULT_SCAN_DEPTH,
    MAX_DEPTH,
    MAX_SCAN_DEPTH,
    ActivationRules,
    Lorebook,
    LorebookEntry,
    Position,
    RecursionRules,
    SelectiveLogic,
)
from refsheet_tui.characters.lorebook.matching import (
    Keyword,
    is_pattern,
    make_keywords,
    words_of_pattern,
)
from refsheet_tui.characters.lorebook.values import (
    as_count,
    as_flag,
    as_keys,
    as_number,
    as_text,
    first_value,
)
from refsheet_tui.untrusted import one_line

_MAX_BUDGET = 1_000_000
# The most entries and keys that are read, so that searching for all of them takes no more than a
# second or two even if the keys were made to take long.
_MAX_ENTRIES, _MAX_KEYS, _MAX_KEY_CHARACTERS = 5000, 10_000, 100_000
_MAX_NAME = 60
_DEFAULT_ORDER = 100.0
# The names of each value, the specification's first.
_KEY_NAMES = ("keys", "key", "keywords")
_SECONDARY_NAMES = ("secondary_keys", "keysecondary", "secondkey")
_CONSTANT_NAMES = ("constant", "alwaysActive", "forceActivation")
_ORDER_NAMES = ("insertion_order", "order", "insertionOrder", "insertorder")
_LABEL_NAMES = ("name", "comment", "displayName")
_CASE_NAMES = ("case_sensitive", "caseSensitive")
_WHOLE_WORDS_NAMES = (
    "match_whole_words",
    "matchWholeWords",
    "risu_fullWordMatching",
    "fullWordMatching",
)
_PROBABILITY_NAMES = ("probability", "risu_activationPercent", "activationPercent")
# The place of an entry in a chat instead of the description, as a number that some programs write.
_AT_DEPTH = 4
# What other programs do with an entry that this one doesn't.
_UNUSED_OPTIONS = ("group", "sticky", "cooldown", "delay", "vectorized")
_LOGIC_NAMES = {logic.name: logic for logic in SelectiveLogic}


def lorebook_from_card(card: Mapping[str, Any]) -> Lorebook:
    """Return the lorebook of a card, in which anything may be missing or of a wrong type."""
    book = find_book(card)
    if book is None:
        return Lorebook(unread_books=unread_book_keys(card), linked_name=linked_book_name(card))
    sources = _sources(book)
    found_entries = raw_entries(book)
    entries, keys_left, characters_left = list[LorebookEntry](), _MAX_KEYS, _MAX_KEY_CHARACTERS
    for raw_entry in found_entries[:_MAX_ENTRIES]:
        entry = entry_from_card(raw_entry, book)
        keys_left -= len(entry.all_keys)
        characters_left -= sum(len(key.text) for key in entry.all_keys)
        if min(keys_left, characters_left) < 0:
            break
        entries.append(entry)
    scan_depth = as_count(first_value(("scan_depth", "scanDepth"), *sources), MAX_SCAN_DEPTH)
    budget = as_count(first_value(("token_budget", "tokenBudget"), *sources), _MAX_BUDGET)
    recursive = first_value(("recursive_scanning", "recursiveScanning", "recursive"), *sources)
    return Lorebook(
        tuple(sorted(entries, key=lambda entry: entry.order)),
        scan_depth=DEFAULT_SCAN_DEPTH if scan_depth is None else max(scan_depth, 1),
        token_budget=budget or None,  # 0 means that the author has set none
        is_recursive=as_flag(recursive, False),
        unread_count=len(found_entries) - len(entries),
        unknown_count=len(other_items(book)) + sum(map(_is_unknown, found_entries)),
        unread_books=unread_book_keys(card),
    )


def entry_from_card(raw: Mapping[str, Any], book: Mapping[str, Any]) -> LorebookEntry:
    """Return an entry of a card, in which anything may be missing or of a wrong type.

    What an entry doesn't say of case and whole words, its `book` says.
    """
    sources = _sources(raw)
    with_book = (*sources, *_sources(book))
    decorators, content = split_decorators(content_in_card(raw))
    case_sensitive = as_flag(first_value(_CASE_NAMES, *with_book), False) or _has_flag(
        sources, "risu_case_sensitive"
    )
    whole_words = as_flag(first_value(_WHOLE_WORDS_NAMES, *with_book), False)
    keys, patterns = _keywords(keys_in_card(raw), case_sensitive, whole_words)
    secondary_keys, secondary_patterns = _keywords(
        secondary_keys_in_card(raw), case_sensitive, whole_words
    )
    names = (as_text(first_value((name,), raw)) for name in _LABEL_NAMES)
    is_enabled = as_flag(first_value(("enabled",), *sources), True)
    is_disabled = as_flag(first_value(("disable", "disabled"), *sources), False)
    order = as_number(first_value(_ORDER_NAMES, *sources))
    entry = LorebookEntry(
        # Whether the secondary keys come up can't be known if they are patterns.
        keys=() if secondary_patterns else keys,
        content=content,
        name=one_line(next(filter(None, names), ""))[:_MAX_NAME],
        is_enabled=is_enabled and not is_disabled,
        is_constant=is_constant_in_card(raw),
        secondary_keys=secondary_keys,
        logic=_logic(first_value(("selectiveLogic", "selective_logic"), *sources)),
        patterns=(*patterns, *secondary_patterns),
        case_sensitive=case_sensitive,
        whole_words=whole_words,
        scan_depth=_scan_depth(sources),
        priority=_priority(sources),
        order=_DEFAULT_ORDER if order is None else order,
        position=_position(sources),
        depth=_depth(sources),
        rules=ActivationRules(probability=_probability(sources)),
        recursion=RecursionRules(
            is_excluded=_has_flag(sources, "exclude_recursion", "excludeRecursion"),
            is_last=_has_flag(sources, "prevent_recursion", "preventRecursion"),
            is_delayed=_has_flag(sources, "delay_until_recursion", "delayUntilRecursion"),
        ),
        unused_options=tuple(name for name in _UNUSED_OPTIONS if _is_set(name, sources)),
    )
    return apply_decorators(entry, decorators)


def _is_unknown(raw: Mapping[str, Any]) -> bool:
    """Return True for an object without any value of an entry, and with others."""
    names = {*CONTENT_NAMES, *_KEY_NAMES, *_SECONDARY_NAMES}
    values = raw.values()
    return not names & raw.keys() and any(value and value is not True for value in values)


def _is_set(name: str, sources: tuple[Mapping[str, Any], ...]) -> bool:
    value = first_value((name,), *sources)
    return value.strip() not in ("", "0") if isinstance(value, str) else bool(value)


def _keywords(
    keys: tuple[str, ...], case_sensitive: bool, whole_words: bool
) -> tuple[tuple[Keyword, ...], tuple[str, ...]]:
    """Return the keywords among `keys`, those that a pattern lists too, and the other patterns.

    The two flags are for keys that are no patterns, which have flags of their own.
    """
    keywords, patterns = list[Keyword](), list[str]()
    for key in keys:
        if not is_pattern(key):
            keywords += make_keywords((key,), case_sensitive, whole_words)
        elif (listed_keywords := words_of_pattern(key)) is not None:
            keywords += listed_keywords
        else:
            patterns.append(key)
    return tuple(dict.fromkeys(keywords)), tuple(patterns)


def keys_in_card(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys of an entry of a card, patterns among them."""
    return as_keys(first_value(_KEY_NAMES, raw))


def is_constant_in_card(raw: Mapping[str, Any]) -> bool:
    """Return True if the card says that an entry needs no keyword, other than by a decorator."""
    return as_flag(first_value(_CONSTANT_NAMES, *_sources(raw)), False)


def secondary_keys_in_card(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the secondary keys of an entry of a card; none if the card says not to use them."""
    # The programs that write `keysecondary` use it unless `selective` is false.
    is_selective = as_flag(first_value(("selective",), *_sources(raw)), "keysecondary" in raw)
    return as_keys(first_value(_SECONDARY_NAMES, raw)) if is_selective else ()


def _sources(raw: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return the objects that have the values of a lorebook or an entry."""
    # One program misspells the name.
    extensions = (raw.get(key) for key in ("extensions", "extentions"))
    return (raw, *(each for each in extensions if isinstance(each, dict)))


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
    depth = as_count(first_value(("depth",), *sources), MAX_DEPTH)
    return DEFAULT_DEPTH if depth is None else depth


def _priority(sources: tuple[Mapping[str, Any], ...]) -> float:
    context = first_value(("contextConfig",), *sources)
    places = (*sources, context) if isinstance(context, dict) else sources
    return as_number(first_value(("priority", "budgetPriority"), *places)) or 0


def _scan_depth(sources: tuple[Mapping[str, Any], ...]) -> int | None:
    return as_count(first_value(("scan_depth", "scanDepth"), *sources), MAX_SCAN_DEPTH)


def _probability(sources: tuple[Mapping[str, Any], ...]) -> float:
    number = as_number(first_value(_PROBABILITY_NAMES, *sources))
    is_used = as_flag(first_value(("useProbability", "use_probability"), *sources), True)
    return max(0.0, min(number, 100.0)) if number is not None and is_used else 100.0


def _has_flag(sources: tuple[Mapping[str, Any], ...], *names: str) -> bool:
    value = first_value(names, *sources)
    # Some programs write the level of the recursion instead of true.
    return as_flag(value, False) or bool(as_number(value))
