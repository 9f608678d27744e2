"""Messages, as they are saved: each one answers another."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, get_args

from refsheet_tui.chats.speakers import is_hidden, speaker_of
from refsheet_tui.engine import FinishReason
from refsheet_tui.prompting import Role
from refsheet_tui.storage import Row

# The reasons for which the engine ends a reply, and `open` while it is written and after a power
# cut.
FINISH_OPEN, FINISH_END_OF_TURN = "open", "end_of_turn"
FINISH_REASONS = (None, FINISH_OPEN, *get_args(FinishReason))


class _SpokenMessage:
    """A message whose extra values say who said it, and whether it is hidden."""

    extra: dict[str, Any]

    @property
    def speaker(self) -> str:
        """The name of who said it, if another program stored one; else empty."""
        return speaker_of(self.extra)

    @property
    def is_hidden(self) -> bool:
        """True if the user hid it from the model in another program."""
        return is_hidden(self.extra)


@dataclass(frozen=True)
class Message(_SpokenMessage):
    """A saved message.

    Attributes:
        id: The number of the message.
        chat: The number of its chat.
        parent: The number of the message that it answers; None for the first one of a chat.
        role: The side that said it.
        text: Its text.
        finish: How a reply ended, `open` if it did not; None for a message of the user.
        created: When it was saved, in seconds since 1970.
        extra: Values that another program stores with it.
        pictures: SHA-256 hashes of its pictures.
        context_notes: The texts that the model was told beside it.
        is_deleted: It was deleted, and can still be restored.
    """

    id: int
    chat: int
    parent: int | None
    role: Role
    text: str
    finish: str | None
    created: float
    extra: dict[str, Any] = field(default_factory=dict)
    pictures: tuple[str, ...] = ()
    context_notes: tuple[str, ...] = ()
    is_deleted: bool = False

    @property
    def expects_reply(self) -> bool:
        """True for a message of the user that the model is told."""
        return self.role == "user" and not self.is_hidden

    @property
    def is_unfinished(self) -> bool:
        """True for a reply that can be continued: it was stopped or cut off, for any reason."""
        return self.finish not in (None, FINISH_END_OF_TURN)

    @property
    def was_cut_off(self) -> bool:
        """True for a reply that ended by accident: the power or the program failed."""
        return self.finish == FINISH_OPEN


@dataclass(frozen=True)
class PortableMessage(_SpokenMessage):
    """A message of an imported or exported chat.

    `parent` is the index of the message that it answers, None for the first one of a chat.
    `pictures` are the bytes of picture files. The other fields are those of `Message`.
    """

    parent: int | None
    role: Role
    text: str
    finish: str | None = None
    created: float | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    pictures: tuple[bytes, ...] = ()
    context_notes: tuple[str, ...] = ()


MESSAGE_COLUMNS = (
    "m.id, m.chat, m.parent, m.role, m.text, m.finish, m.created, m.extra, m.asides,"
    " m.deleted IS NOT NULL"
)


def message_from_row(row: Row, pictures: tuple[str, ...] = ()) -> Message:
    """Return the message of a row of `MESSAGE_COLUMNS`."""
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
