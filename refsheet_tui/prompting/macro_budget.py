"""A limit of what the macros of a card cost, however its author has nested and repeated them."""

from __future__ import annotations

# In characters: what all texts that macros repeat may add.
_MAX_ADDED = 1_000_000
# A step is about what one die costs.
_MAX_STEPS = 200_000


class MacroBudget:
    """A limit of what the macros of several texts cost together."""

    def __init__(self) -> None:
        """Begin with the whole budget."""
        self._characters_left = _MAX_ADDED
        self._steps_left = _MAX_STEPS

    def take_characters(self, count: int) -> bool:
        """Take `count` characters for a repeated text. Returns False if there are not so many."""
        if count > self._characters_left:
            return False
        self._characters_left -= count
        return True

    def take_steps(self, count: int) -> bool:
        """Take `count` steps of computing. Returns False if there are not so many."""
        if count > self._steps_left:
            return False
        self._steps_left -= count
        return True
