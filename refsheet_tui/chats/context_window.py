"""The turns that the model still sees when a chat is longer than the context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# The opening and the greeting always stay: they say who the character is, and show how it speaks.
PINNED_TURNS = 2

# Room for a reply is reserved up to this share of the context: hardly any reply needs more, and
# older turns would leave for it. A longer reply ends at the end of the context.
_MAX_REPLY_DIVISOR = 4
# The user's next message is assumed to take at least this share of the context (256 tokens of
# 8,192, some 200 words). So the window is known before the message is sent, and the model can read
# it while the user types.
_MIN_USER_TURN_DIVISOR = 32


@dataclass(frozen=True)
class ContextWindow:
    """Decides which turns the model sees.

    Attributes:
        context_size: The size of the context, in tokens.
        reply_reserve: The room that stays free for a reply, in tokens.
    """

    context_size: int
    reply_reserve: int

    @staticmethod
    def for_reply_length(context_size: int, max_new_tokens: int) -> ContextWindow:
        """Return a window with room for a reply of `max_new_tokens`, within reason."""
        return ContextWindow(context_size, min(max_new_tokens, context_size // _MAX_REPLY_DIVISOR))

    def oldest_visible_turn(self, counts: Sequence[int]) -> int:
        """Return the index of the oldest turn after the greeting that the model sees.

        The window is computed from the beginning of the chat, so the result is the same for a
        chat in progress and for one that was opened again. When a turn does not fit, the turns
        before it leave in pairs until the rest takes at most half of the room beside it. So turns
        leave rarely, and in between the prompt only grows at its end.

        Args:
            counts: The number of tokens of each turn, from the opening to the user's last turn;
                0 for a turn that is not said yet. The opening's count is that of a prompt with the
                opening alone, so it includes everything that every prompt contains.

        Returns:
            An index into `counts`.
        """
        available_tokens = self.context_size - self.reply_reserve - sum(counts[:PINNED_TURNS])
        oldest, history_tokens = PINNED_TURNS, 0
        for last in range(PINNED_TURNS, len(counts), 2):
            history_limit = available_tokens - max(
                counts[last], self.context_size // _MIN_USER_TURN_DIVISOR
            )
            if history_tokens > history_limit:
                while oldest < last and history_tokens > history_limit // 2:
                    history_tokens -= sum(counts[oldest : oldest + 2])
                    oldest += 2
            history_tokens += sum(counts[last : last + 2])
        return oldest
