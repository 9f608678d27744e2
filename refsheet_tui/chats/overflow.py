"""Notices to the user that a chat, or its lorebook, doesn't fit the context."""

from __future__ import annotations

from dataclasses import dataclass

from refsheet_tui.characters import LorebookEntry, list_names
from refsheet_tui.chats.turns import text_of
from refsheet_tui.i18n import _, ngettext
from refsheet_tui.prompting import Turn
from refsheet_tui.untrusted import one_line

_MAX_QUOTE_LENGTH = 40  # characters, which are enough to find the place again


@dataclass(frozen=True)
class ContextOverflow:
    """The event that turns have left the context.

    The model still sees the opening, the greeting, and the turns from the index `oldest_visible`
    on. `turn` is the turn of that index.
    """

    oldest_visible: int
    turn: Turn

    def __str__(self) -> str:
        """Return a notice for the user."""
        words = _(
            "This chat no longer fits the context. The model sees the opening and "
            "everything from “{words}” on. Increase context_size to keep more."
        )
        return words.format(words=_first_words(self.turn))


@dataclass(frozen=True)
class LorebookOverflow:
    """The event that entries of the lorebook were left out, because their tokens have no room.

    `budget` is how many tokens the entries told at one time may take.
    """

    entries: tuple[LorebookEntry, ...]
    budget: int

    def __str__(self) -> str:
        """Return a notice for the user."""
        count = len(self.entries)
        text = ngettext(
            "{count} lorebook entry doesn't fit the budget of {budget} tokens: {names}.",
            "{count} lorebook entries don't fit the budget of {budget} tokens: {names}.",
            count,
        )
        return text.format(count=count, budget=f"{self.budget:,}", names=list_names(self.entries))


def _first_words(turn: Turn) -> str:
    words = one_line(text_of(turn))
    return words if len(words) <= _MAX_QUOTE_LENGTH else f"{words[:_MAX_QUOTE_LENGTH].rstrip()}…"
