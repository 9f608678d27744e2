"""Decorators: lines that begin with `@@` at the beginning of an entry's text (cards, version 3).

Each sets a condition or a place of the entry. A line that begins with `@@@` is used only if the
decorators before it are unknown. No decorator is ever told to the model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from refsheet_tui.characters.lorebook.entry import MAX_DEPTH, MAX_SCAN_DEPTH, LorebookEntry
from refsheet_tui.characters.lorebook.matching import Keyword, make_keywords
from refsheet_tui.characters.lorebook.values import as_count, as_keys, as_number

_MAX_COUNT = 1_000_000
# A function that applies a decorator with a value, or returns None if the value is not valid.
Decorator = Callable[[LorebookEntry, str], LorebookEntry | None]


def split_decorators(content: str) -> tuple[tuple[str, ...], str]:
    """Return the decorators at the beginning of a text, and the rest of it."""
    lines = content.strip().splitlines()
    count = 0
    while count < len(lines) and (lines[count].startswith("@@") or not lines[count].strip()):
        count += 1
    decorators = tuple(line.strip() for line in lines[:count] if line.strip())
    return decorators, "\n".join(lines[count:]).strip()


def apply_decorators(entry: LorebookEntry, decorators: tuple[str, ...]) -> LorebookEntry:
    """Return `entry` with the decorators applied that are known and have a valid value.

    Of several with one name, the first counts.
    """
    applied_names = set[str]()
    was_ignored = False
    for line in decorators:
        is_fallback = line.startswith("@@@")
        if is_fallback and not was_ignored:
            continue
        name, _, value = line.lstrip("@").partition(" ")
        name = name.strip().casefold()
        decorator = _DECORATORS.get(name)
        decorated = decorator(entry, value.strip()) if decorator is not None else None
        was_ignored = decorated is None
        if decorated is not None and name not in applied_names:
            applied_names.add(name)
            entry = decorated
    if "activate" in applied_names:  # wins over `@@dont_activate`
        entry = replace(entry, is_constant=True, rules=replace(entry.rules, is_never_told=False))
    return replace(entry, depth=None) if "position" in applied_names else entry


def _with_rules(**changes: object) -> Decorator:
    return lambda entry, _: replace(entry, rules=replace(entry.rules, **changes))  # type: ignore[arg-type]


def _counted(
    apply: Callable[[LorebookEntry, int], LorebookEntry],
    minimum: int = 0,
    maximum: int = _MAX_COUNT,
) -> Decorator:
    def decorate(entry: LorebookEntry, value: str) -> LorebookEntry | None:
        count = as_count(value, maximum)
        return apply(entry, count) if count is not None and count >= minimum else None

    return decorate


def _keywords(entry: LorebookEntry, value: str) -> tuple[Keyword, ...]:
    return make_keywords(as_keys(value), entry.case_sensitive, entry.whole_words)


def _position(entry: LorebookEntry, value: str) -> LorebookEntry | None:
    name = value.casefold()
    if name == "before_desc":
        return replace(entry, position="before")
    if name in ("after_desc", "personality", "scenario"):
        return replace(entry, position="after")
    return None


def _depth(entry: LorebookEntry, value: str) -> LorebookEntry | None:
    number = as_number(value)
    return replace(entry, depth=max(0, min(int(number), MAX_DEPTH))) if number is not None else None


def _probability(entry: LorebookEntry, value: str) -> LorebookEntry | None:
    number = as_number(value)
    if number is None:
        return None
    return replace(entry, rules=replace(entry.rules, probability=max(0.0, min(number, 100.0))))


def _role(entry: LorebookEntry, value: str) -> LorebookEntry | None:
    """Accept the role without effect: Gemma's prompts have no role for what is not said."""
    return entry if value.casefold() in ("assistant", "system", "user") else None


_DECORATORS: dict[str, Decorator] = {
    "activate": lambda entry, _: replace(entry, is_constant=True),
    "activate_only_after": _counted(
        lambda entry, count: replace(entry, rules=replace(entry.rules, min_replies=count))
    ),
    "activate_only_every": _counted(
        lambda entry, count: replace(entry, rules=replace(entry.rules, every_nth_reply=count)), 1
    ),
    "additional_keys": lambda entry, value: replace(entry, additional_keys=_keywords(entry, value)),
    "constant": lambda entry, _: replace(entry, is_constant=True),
    "depth": _depth,
    "dont_activate": _with_rules(is_never_told=True),
    "dont_activate_after_match": _with_rules(is_told_once=True),
    "exclude_keys": lambda entry, value: replace(entry, excluded_keys=_keywords(entry, value)),
    "ignore_on_max_context": _with_rules(needs_free_context=True),
    "is_greeting": _counted(
        lambda entry, count: replace(entry, rules=replace(entry.rules, greeting=count))
    ),
    "keep_activate_after_match": _with_rules(stays_active=True),
    "position": _position,
    "probability": _probability,
    "role": _role,
    "scan_depth": _counted(
        lambda entry, count: replace(entry, scan_depth=count), maximum=MAX_SCAN_DEPTH
    ),
}
