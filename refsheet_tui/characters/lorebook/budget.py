"""Choosing the entries that fit the budget of tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from refsheet_tui.characters.lorebook.entry import LorebookEntry

CountTokens = Callable[[str], int]


def fits_surely(entries: Iterable[LorebookEntry], budget: int) -> bool:
    """Return True if the entries fit whatever the tokenizer is: a token is at least one byte."""
    return sum(len(entry.content.encode()) + 1 for entry in entries) <= budget


def choose_within_budget(
    entries: Sequence[LorebookEntry], budget: int, count_tokens: CountTokens
) -> tuple[tuple[LorebookEntry, ...], int]:
    """Return the entries that fit, in the order in which they are told, and their tokens.

    Entries of high priority come first, and of the same priority, those that are told first. An
    entry that does not fit is left out, and the next one is tried.

    Args:
        entries: The entries in the order in which they are told.
        budget: How many tokens they may take together.
        count_tokens: Returns the number of tokens of a text.

    Returns:
        The entries that fit, and the number of tokens that they take.
    """
    chosen, used = set[int](), 0
    for index in sorted(range(len(entries)), key=lambda index: -entries[index].priority):
        tokens = count_tokens(entries[index].content)
        if used + tokens <= budget:
            chosen.add(index)
            used += tokens
    return tuple(entries[index] for index in sorted(chosen)), used
