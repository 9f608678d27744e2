"""What the character is reminded of beside what the person says: the note to it, and entries of
its book.

A reminder stays where it was given. If it moved to the end with every message, all that was said
since would have to be read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from refsheet_tui.characters.book import Book
from refsheet_tui.prompting import Aside, Turn

# So that the note is always near the end: every so many of the person's turns.
_EVERY = 4


@dataclass(frozen=True)
class Reminders:
    """`note` is empty where there is none."""

    note: str = ""
    book: Book = field(default_factory=Book)

    def with_note(self, note: str) -> Reminders:
        return replace(self, note=note.strip())

    def due(self, turns: Sequence[Turn], text: str) -> tuple[Aside, ...]:
        """What to say with `text` behind `turns`, which are those that the model still sees."""
        persons = [turn for turn in turns if turn.role == "user"]
        entries = self.book.due([*map(_said, turns), text], _asides(persons))
        is_fresh = self.note in _asides(persons[1 - _EVERY :])
        note = () if is_fresh or not self.note else (self.note,)
        return tuple(map(Aside, (*entries, *note)))


def _said(turn: Turn) -> str:
    return "\n".join(item for item in turn.content if isinstance(item, str))


def _asides(turns: Sequence[Turn]) -> list[str]:
    return [item.text for turn in turns for item in turn.content if isinstance(item, Aside)]
