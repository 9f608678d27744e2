"""Which turns the model still sees when a chat has outgrown its context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# The opening and the greeting always stay: who the character is, and how it speaks.
BEGINNING = 2

# A chat does not lose its past to room that hardly any reply fills: a reply which takes more than
# this share of the context ends where the context does.
_REPLY_SHARE = 4
# What a person says is taken to be at least this share of the context (256 tokens of 8,192, some
# 200 words). So the window is known before they say it, and can be read while they type.
_WORDS_SHARE = 32


@dataclass(frozen=True)
class Window:
    """`context_size` and `reserve`, the room that is kept free for a reply, are in tokens."""

    context_size: int
    reserve: int

    @staticmethod
    def of(context_size: int, max_new_tokens: int) -> Window:
        return Window(context_size, min(max_new_tokens, context_size // _REPLY_SHARE))

    def oldest(self, counts: Sequence[int]) -> int:
        """The index of the oldest turn after the greeting that the model sees.

        `counts` are the tokens of each turn from the opening to the person's last, which is to
        be answered; 0 for one that is still to be said. The opening's count is that of a prompt
        of it alone, so everything that is in every prompt is in it.

        The chat is gone through from its beginning, so it does not matter whether it was held
        just now or opened again. When a turn does not fit, those before it leave in pairs until
        they take half of the room beside it: it happens rarely, and between two times the prompt
        only grows at its end.
        """
        room = self.context_size - self.reserve - sum(counts[:BEGINNING])
        oldest, kept = BEGINNING, 0
        for last in range(BEGINNING, len(counts), 2):
            beside = room - max(counts[last], self.context_size // _WORDS_SHARE)
            if kept > beside:
                while oldest < last and kept > beside // 2:
                    kept -= sum(counts[oldest : oldest + 2])
                    oldest += 2
            kept += sum(counts[last : last + 2])
        return oldest
