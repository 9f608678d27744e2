"""A lorebook and its entries, in the form in which they are searched."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Literal

from refsheet_tui.characters.lorebook.matching import Keyword

Position = Literal["before", "after"]

# How many of the last messages are searched if the lorebook doesn't say, and how many at most.
DEFAULT_SCAN_DEPTH, MAX_SCAN_DEPTH = 4, 100
# How many messages may follow a text with a place in the chat, if the card doesn't say how many.
DEFAULT_DEPTH, MAX_DEPTH = 4, 1000
# The entries told at one time take at most this share of the context, whatever the card says: the
# chat needs the rest. It is also what they take if the card says nothing.
_BUDGET_DIVISOR = 4
_MAX_LABEL = 40  # characters


class SelectiveLogic(IntEnum):
    """How the secondary keys decide, once one of the keys has come up."""

    AND_ANY = 0
    NOT_ALL = 1
    NOT_ANY = 2
    AND_ALL = 3


@dataclass(frozen=True)
class ActivationRules:
    """Conditions of an entry beside its keys.

    Attributes:
        probability: The chance that the entry is told, in percent.
        is_never_told: The card switches the entry off with a decorator.
        min_replies: How many messages of the character there must be.
        every_nth_reply: The number of the character's messages must be a multiple of this.
        greeting: The chat must have begun with the greeting of this index; None for any.
        stays_active: Once told, the entry needs no keys to be told again.
        is_told_once: Once told, the entry is never told again, even if the model has lost sight
            of it.
        needs_free_context: The entry is not told once turns have left the context.
    """

    probability: float = 100
    is_never_told: bool = False
    min_replies: int = 0
    every_nth_reply: int = 1
    greeting: int | None = None
    stays_active: bool = False
    is_told_once: bool = False
    needs_free_context: bool = False

    @property
    def depends_on_chat(self) -> bool:
        """True if only the course of the chat can say whether the entry is told."""
        return bool(
            self.probability < 100
            or self.min_replies
            or self.every_nth_reply > 1
            or self.greeting is not None
            or self.needs_free_context
        )


@dataclass(frozen=True)
class RecursionRules:
    """How an entry takes part in a search of what other entries say.

    Attributes:
        is_excluded: Other entries don't trigger this one.
        is_last: This entry triggers no others.
        is_delayed: Only other entries trigger this one.
    """

    is_excluded: bool = False
    is_last: bool = False
    is_delayed: bool = False


@dataclass(frozen=True)
class LorebookEntry:
    """A text that the model is told always, or when one of its keywords comes up.

    Attributes:
        keys: The keywords.
        content: The text.
        name: The name that its author gave it; may be empty.
        is_enabled: False if its author has disabled it.
        is_constant: True if it needs no keyword.
        secondary_keys: Further keywords, which count by `logic`.
        logic: What the secondary keys decide.
        additional_keys: If there are any, one of them must come up, too.
        excluded_keys: None of them may come up.
        patterns: Keys that are regular expressions, which are not used.
        case_sensitive: Upper and lower case matter of the keywords that come from no pattern.
        whole_words: These count only where they are whole words.
        scan_depth: How many of the last messages are searched; None for the lorebook's depth.
        priority: If the budget is too small, entries of high priority are told first.
        order: Entries are told in this order, and of the same priority, chosen in this order.
        position: Where a constant entry stands in the opening: before or after the description.
        depth: How many messages at most may follow the entry before it is told again; None for any
            number while the model still sees it.
        rules: Further conditions.
        recursion: How it takes part in a search of what other entries say.
        unused_options: The names of the options in the card that are not used.
    """

    keys: tuple[Keyword, ...]
    content: str
    name: str = ""
    is_enabled: bool = True
    is_constant: bool = False
    secondary_keys: tuple[Keyword, ...] = ()
    logic: SelectiveLogic = SelectiveLogic.AND_ANY
    additional_keys: tuple[Keyword, ...] = ()
    excluded_keys: tuple[Keyword, ...] = ()
    patterns: tuple[str, ...] = ()
    case_sensitive: bool = False
    whole_words: bool = False
    scan_depth: int | None = None
    priority: float = 0
    order: float = 0
    position: Position = "after"
    depth: int | None = None
    rules: ActivationRules = field(default_factory=ActivationRules)
    recursion: RecursionRules = field(default_factory=RecursionRules)
    unused_options: tuple[str, ...] = ()

    @property
    def all_keys(self) -> tuple[Keyword, ...]:
        """The keywords of all kinds."""
        return (*self.keys, *self.secondary_keys, *self.additional_keys, *self.excluded_keys)

    @property
    def label(self) -> str:
        """The name of the entry for the user, or else its first keyword or the first words."""
        first_key = next(iter((*(key.text for key in self.keys), *self.patterns)), "")
        return self.name or first_key or _shorten(self.content.partition("\n")[0])

    def render(
        self, render_text: Callable[[str], str], render_key: Callable[[str], str]
    ) -> LorebookEntry:
        """Return the entry with the macros in its text and in its keywords replaced."""

        def render_keys(keys: tuple[Keyword, ...]) -> tuple[Keyword, ...]:
            rendered = ((key, render_key(key.text)) for key in keys)
            return tuple(
                key if text == key.text else replace(key, text=text)
                for key, text in rendered
                if text
            )

        return replace(
            self,
            keys=render_keys(self.keys),
            content=render_text(self.content),
            secondary_keys=render_keys(self.secondary_keys),
            additional_keys=render_keys(self.additional_keys),
            excluded_keys=render_keys(self.excluded_keys),
        )

    @property
    def is_in_opening(self) -> bool:
        """True if the entry is part of the opening, and so told before the first message."""
        return (
            self.is_constant
            and self.is_enabled
            and self.depth is None
            and not self.rules.is_never_told
            and not self.rules.depends_on_chat
            and not self.additional_keys
            and not self.excluded_keys
            and bool(self.content)
        )


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_LABEL else f"{text[:_MAX_LABEL].rstrip()}…"


@dataclass(frozen=True)
class Lorebook:
    """The entries of a card, in the order in which the model is told them.

    Attributes:
        entries: All entries, also the disabled ones.
        scan_depth: How many of the last messages are searched for keywords.
        token_budget: How many tokens the entries may take; None if the card doesn't say.
        is_recursive: Entries are searched for keywords as well.
        unread_count: How many entries the card has beyond the limits of this program.
        unknown_count: How many entries have a form that is not read.
        unread_books: The keys of the card with further lorebooks, or lorebooks in an unknown form.
        linked_name: The name of a lorebook that the card names, and that is not in it.
    """

    entries: tuple[LorebookEntry, ...] = ()
    scan_depth: int = DEFAULT_SCAN_DEPTH
    token_budget: int | None = None
    is_recursive: bool = False
    unread_count: int = 0
    unknown_count: int = 0
    unread_books: tuple[str, ...] = ()
    linked_name: str = ""

    @property
    def opening_entries(self) -> tuple[LorebookEntry, ...]:
        """The entries that are part of the opening if they fit."""
        return tuple(entry for entry in self.entries if entry.is_in_opening)

    @property
    def pattern_entries(self) -> tuple[LorebookEntry, ...]:
        """The entries with keys that are regular expressions, which are not used."""
        return tuple(entry for entry in self.entries if entry.patterns and not entry.is_constant)

    @property
    def entries_without_keys(self) -> tuple[LorebookEntry, ...]:
        """The enabled entries that are never told because they have no keywords."""
        return tuple(
            entry
            for entry in self.entries
            if entry.content
            and entry.is_enabled
            and not (entry.is_constant or entry.rules.is_never_told)
            and not (entry.keys or entry.patterns)
        )

    def with_entries(self, entries: Iterable[LorebookEntry]) -> Lorebook:
        """Return a copy with other entries."""
        return replace(self, entries=tuple(entries))

    def budget_in(self, context_size: int) -> int:
        """Return how many tokens the entries told at one time may take in a context."""
        share = context_size // _BUDGET_DIVISOR
        return share if self.token_budget is None else min(self.token_budget, share)
