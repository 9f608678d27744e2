"""Context notes: author's notes and lorebook entries, which the model reads with a message.

A context note stays with its message. If it moved to the end with every new message, the model
would have to read everything after its old place again. So a note that belongs at a certain depth
is told again before more messages follow it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from refsheet_tui.characters import (
    DepthPrompt,
    Lorebook,
    LorebookEntry,
    ScanContext,
    evaluate_entries,
    repeat_interval,
)
from refsheet_tui.prompting import ContextNote, Turn

# The author's note is repeated after so many of the user's turns, so that it is always near the
# end.
_NOTE_INTERVAL = 4


@dataclass(frozen=True)
class DueNotes:
    """The context notes of a new message.

    Attributes:
        entries: The lorebook entries that are due, in the order in which they are told. Only those
            that fit the budget are told.
        author_notes: The author's notes that are due.
    """

    entries: tuple[LorebookEntry, ...] = ()
    author_notes: tuple[str, ...] = ()

    def texts(self, entries: Iterable[LorebookEntry]) -> tuple[str, ...]:
        """Return the texts of the notes with `entries`, each text once.

        What belongs at the smallest depth comes last, and the author's notes after all entries.
        """
        ordered_entries = sorted(
            entries, key=lambda entry: float("-inf") if entry.depth is None else -entry.depth
        )
        return tuple(
            dict.fromkeys((*(entry.content for entry in ordered_entries), *self.author_notes))
        )


@dataclass(frozen=True)
class ContextNoteSelector:
    """Chooses the context notes of a new message.

    Attributes:
        note: The author's note; empty if there is none.
        lorebook: The lorebook of the character.
        depth_prompt: An author's note with a depth of its own.
        greetings: The greetings that were written for the character.
    """

    note: str = ""
    lorebook: Lorebook = field(default_factory=Lorebook)
    depth_prompt: DepthPrompt = field(default_factory=DepthPrompt)
    greetings: tuple[str, ...] = ()

    def with_note(self, note: str) -> ContextNoteSelector:
        """Return a copy with another author's note."""
        return replace(self, note=note.strip())

    def due_notes(
        self, turns: Sequence[Turn], text: str, *, oldest_visible: int = 0, seed: str = ""
    ) -> DueNotes:
        """Return the context notes of a message `text` that follows `turns`.

        A note that the model still sees is not repeated too soon.

        Args:
            turns: The turns after the opening.
            text: The text of the message.
            oldest_visible: The index of the oldest turn that the model still sees. It sees the
                greeting in any case.
            seed: A text that is the same whenever the same message of the same chat is added.
        """
        if not (self.note or self.depth_prompt.text or self.lorebook.entries):
            return DueNotes()
        visible_turns = [*turns[:1], *turns[max(oldest_visible, 1) :]]
        notes = [_note_texts(turn) for turn in visible_turns if turn.role == "user"]
        replies = [turn for turn in turns if turn.role == "model"]
        greeting = _text_of(replies[0]) if replies else ""
        context = ScanContext(
            messages=[*map(_text_of, visible_turns), text],
            notes=notes,
            earlier_texts=frozenset(note for turn in turns for note in _note_texts(turn)),
            reply_count=len(replies),
            greeting=self.greetings.index(greeting) if greeting in self.greetings else None,
            is_context_full=oldest_visible > 1,
            seed=seed,
        )
        return DueNotes(
            tuple(each.entry for each in evaluate_entries(self.lorebook, context) if each.is_due),
            self._due_author_notes(notes),
        )

    def _due_author_notes(self, notes: Sequence[Sequence[str]]) -> tuple[str, ...]:
        depth_prompt = self.depth_prompt
        intervals = {
            depth_prompt.text: repeat_interval(depth_prompt.depth),
            self.note: _NOTE_INTERVAL,
        }
        return tuple(
            text
            for text, interval in intervals.items()
            if text
            and not any(text in texts for texts in notes[max(0, len(notes) + 1 - interval) :])
        )


def _text_of(turn: Turn) -> str:
    return "\n".join(item for item in turn.content if isinstance(item, str))


def _note_texts(turn: Turn) -> tuple[str, ...]:
    return tuple(item.text for item in turn.content if isinstance(item, ContextNote))
