"""The notice to the user that a chat no longer fits the context."""

from __future__ import annotations

from dataclasses import dataclass

from refsheet_tui.chats.turns import text_of
from refsheet_tui.i18n import _
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


def _first_words(turn: Turn) -> str:
    words = one_line(text_of(turn))
    return words if len(words) <= _MAX_QUOTE_LENGTH else f"{words[:_MAX_QUOTE_LENGTH].rstrip()}…"
