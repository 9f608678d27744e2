"""Keeping the lorebook of a chat within its budget, in tokens of the loaded model.

Tokens are counted by the engine, each text once, and only of entries that are due. As a token is at
least one byte, short entries fit without being counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from refsheet_tui.characters import Lorebook, LorebookEntry, choose_within_budget, fits_surely
from refsheet_tui.chats.branch import Branch
from refsheet_tui.chats.context_notes import DueNotes
from refsheet_tui.chats.messages import Message
from refsheet_tui.chats.overflow import LorebookOverflow
from refsheet_tui.chats.token_counter import TokenCounter
from refsheet_tui.prompting import Turn


class ChatLorebook:
    """The lorebook of a chat, as far as it fits.

    The constant entries are part of the opening. The others that are due with a message may take
    what the constant ones leave of the budget.

    Attributes:
        opening: The opening. Until `settle` it lacks the constant entries if they may not all fit.
    """

    def __init__(
        self,
        lorebook: Lorebook,
        context_size: int,
        token_counter: TokenCounter,
        build_opening: Callable[[Iterable[LorebookEntry]], Turn],
    ) -> None:
        """Prepare the opening.

        Args:
            lorebook: The lorebook of the character.
            context_size: The size of the context in tokens.
            token_counter: Counts tokens of the loaded model.
            build_opening: Builds the opening with entries of the lorebook in it.
        """
        self._budget = lorebook.budget_in(context_size)
        self._token_counter = token_counter
        self._build_opening = build_opening
        self._opening_entries = lorebook.opening_entries
        self._opening_tokens: int | None = None if self._opening_entries else 0
        self._is_opening_complete = fits_surely(self._opening_entries, self._budget)
        self._due_notes: dict[int, DueNotes] = {}
        self._announced_entries: set[LorebookEntry] = set()
        self._left_out_entries: list[LorebookEntry] = []
        self.opening = build_opening(self._opening_entries if self._is_opening_complete else ())

    def certain_texts(self, due_notes: DueNotes) -> tuple[str, ...]:
        """Return the context notes of a new message, without the entries that may not all fit."""
        is_certain = self._fits_surely(due_notes)
        return due_notes.texts(due_notes.entries if is_certain else ())

    def add_message(self, message: Message, due_notes: DueNotes) -> None:
        """Remember a message to which `settle` has to add entries, if there are any."""
        if not self._fits_surely(due_notes):
            self._due_notes[message.id] = due_notes

    def take_overflow(self) -> LorebookOverflow | None:
        """Return the entries that were left out since the last call, each only once.

        Returns None if there are none.
        """
        entries, self._left_out_entries = tuple(self._left_out_entries), []
        return LorebookOverflow(entries, self._budget) if entries else None

    async def settle(self, branch: Branch) -> None:
        """Choose the entries that fit, and save them with their messages.

        Raises:
            EngineError: The tokens can't be counted.
            StorageError: A message can't be saved.
        """
        await self._settle_opening()
        told_texts = set[str]()
        for message in branch.path if self._due_notes else ():
            due_notes = self._due_notes.get(message.id)
            if due_notes is None:
                continue
            available_tokens = self._budget - await self._count_opening()
            # The messages before this one had no entries yet when it was searched.
            entries = tuple(each for each in due_notes.entries if each.content not in told_texts)
            chosen, _ = await self._choose(entries, available_tokens)
            branch.set_context_notes(message, due_notes.texts(chosen))
            told_texts.update(entry.content for entry in chosen)
            del self._due_notes[message.id]
            self._leave_out(entry for entry in entries if entry not in chosen)

    async def _settle_opening(self) -> None:
        """Build the opening with the constant entries that fit."""
        if self._is_opening_complete:
            return
        entries = self._opening_entries
        self._opening_entries, self._opening_tokens = await self._choose(entries, self._budget)
        self._is_opening_complete = True
        self.opening = self._build_opening(self._opening_entries)
        self._leave_out(entry for entry in entries if entry not in self._opening_entries)

    def _leave_out(self, entries: Iterable[LorebookEntry]) -> None:
        new_entries = [entry for entry in entries if entry not in self._announced_entries]
        self._announced_entries.update(new_entries)
        self._left_out_entries += new_entries

    async def _count_opening(self) -> int:
        if self._opening_tokens is None:
            _, self._opening_tokens = await self._choose(self._opening_entries, self._budget)
        return self._opening_tokens

    async def _choose(
        self, entries: tuple[LorebookEntry, ...], budget: int
    ) -> tuple[tuple[LorebookEntry, ...], int]:
        counts = await self._token_counter.count_texts(entry.content for entry in entries)
        return choose_within_budget(entries, budget, counts.__getitem__)

    def _fits_surely(self, due_notes: DueNotes) -> bool:
        if not due_notes.entries:
            return True
        return self._is_opening_complete and fits_surely(
            (*self._opening_entries, *due_notes.entries), self._budget
        )
