"""What was said, as it is kept: messages that each answer another."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, get_args

from refsheet_tui.engine.events import Finish
from refsheet_tui.prompting.turns import Role
from refsheet_tui.storage.database import Row

# As the engine ends a reply; `open` while it is written, and after a power cut.
OPEN, WHOLE = "open", "end_of_turn"
FINISHES = (None, OPEN, *get_args(Finish))


@dataclass(frozen=True)
class Message:
    """`parent` is the message it answers, None for the first of a chat. `finish` is how a reply
    ended, `open` for one that did not; None for what the person said. `extra` is what another
    program keeps with it. `asides` is what the model was told beside it. Times are seconds since
    1970."""

    id: int
    chat: int
    parent: int | None
    role: Role
    text: str
    finish: str | None
    created: float
    extra: dict[str, Any] = field(default_factory=dict)
    pictures: tuple[str, ...] = ()
    asides: tuple[str, ...] = ()
    is_deleted: bool = False

    @property
    def is_unfinished(self) -> bool:
        """Whether it can be continued: it was cut off, by whatever."""
        return self.finish not in (None, WHOLE)

    @property
    def was_cut_off(self) -> bool:
        """Whether nobody wanted it to end: the power failed, or the program."""
        return self.finish == OPEN


@dataclass(frozen=True)
class DraftMessage:
    """`parent` is the index of the message it answers, None for the first of a chat; see
    `Message` for the rest. `pictures` are the bytes of files."""

    parent: int | None
    role: Role
    text: str
    finish: str | None = None
    created: float | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    pictures: tuple[bytes, ...] = ()
    asides: tuple[str, ...] = ()


COLUMNS = (
    "m.id, m.chat, m.parent, m.role, m.text, m.finish, m.created, m.extra, m.asides,"
    " m.deleted IS NOT NULL"
)


def message_of(row: Row, pictures: tuple[str, ...] = ()) -> Message:
    """A row of `COLUMNS`."""
    number, chat, parent, role, text, finish, created, extra, asides, deleted = row
    assert isinstance(number, int) and isinstance(chat, int) and isinstance(created, float)
    return Message(
        number,
        chat,
        parent if isinstance(parent, int) else None,
        "user" if role == "user" else "model",
        str(text),
        str(finish) if finish is not None else None,
        created,
        json.loads(str(extra)),
        pictures,
        tuple(json.loads(str(asides))),
        bool(deleted),
    )
