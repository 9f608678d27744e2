"""Context notes: the author's note and lorebook entries, which the model reads with a message.

A context note stays with its message. If it moved to the end with every new message, the model
would have to read everything after its old place again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from refsheet_tui.characters import Lorebook
from refsheet_tui.prompting import ContextNote, Turn

# The author's note is repeated after so many of the user's turns, so that it is always near the
# end.
_NOTE_INTERVAL = 4


@dataclass(frozen=True)
class ContextNoteSelector:
    """Chooses the context notes of a new message. `note` is empty if there is no author's note."""

    note: str = ""
    lorebook: Lorebook = field(default_factory=Lorebook)

    def with_note(self, note: str) -> ContextNoteSelector:
        """Return a copy with another author's note."""
        return replace(self, note=note.strip())

    def due_notes(self, turns: Sequence[Turn], text: str) -> tuple[ContextNote, ...]:
        """Return the context notes of a message `text` that follows `turns`.

        `turns` are the turns that the model still sees. A note that stands in them is not repeated
        too soon.
        """
        user_turns = [turn for turn in turns if turn.role == "user"]
        entries = self.lorebook.triggered_texts(
            [*map(_text_of, turns), text], _note_texts(user_turns)
        )
        was_given_recently = self.note in _note_texts(user_turns[1 - _NOTE_INTERVAL :])
        note_texts = () if was_given_recently or not self.note else (self.note,)
        return tuple(map(ContextNote, (*entries, *note_texts)))


def _text_of(turn: Turn) -> str:
    return "\n".join(item for item in turn.content if isinstance(item, str))


def _note_texts(turns: Sequence[Turn]) -> list[str]:
    return [item.text for turn in turns for item in turn.content if isinstance(item, ContextNote)]
