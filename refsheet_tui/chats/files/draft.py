"""A whole chat outside of the library: on its way in, or out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from refsheet_tui.chats.library import Library
from refsheet_tui.chats.messages import DraftMessage, Message
from refsheet_tui.chats.shelf import Chat
from refsheet_tui.errors import ChatFileError
from refsheet_tui.i18n import _
from refsheet_tui.prompting.turns import Role

# The end of the year 9999, where calendars stop, less the day by which clocks differ.
_LAST_S = 253_402_300_799 - 24 * 3600
# Far above what people say to each other in a chat.
MESSAGES = 100_000


def too_many() -> ChatFileError:
    return ChatFileError(_("It has too many messages for a chat."), _("Split it."))


def sound_time(seconds: float | None) -> float | None:
    """Seconds since 1970 as a file says them; None where they are in no calendar."""
    return seconds if seconds is not None and 0 <= seconds <= _LAST_S else None


@dataclass(frozen=True)
class ChatDraft:
    """Parents stand before what answers them. `leaf` is the index of the message it ends with;
    `character` and `person` are names."""

    messages: tuple[DraftMessage, ...]
    leaf: int | None
    title: str = ""
    character: str = ""
    person: str = ""
    note: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def path(self) -> tuple[int, ...]:
        """The indices from the first message to the one it ends with."""
        found: list[int] = []
        index = self.leaf
        while index is not None:
            found.append(index)
            index = self.messages[index].parent
        return tuple(reversed(found))

    def siblings(self) -> dict[tuple[int | None, Role], list[int]]:
        """The indices of all that was said in one place: in answer to one message, by one side."""
        found: dict[tuple[int | None, Role], list[int]] = defaultdict(list)
        for index, message in enumerate(self.messages):
            found[message.parent, message.role].append(index)
        return found


def draft_of(library: Library, chat: Chat) -> ChatDraft:
    """Pictures that are gone are left out. Raises `StorageError`."""
    messages = library.tree.all_of(chat.id)
    index = {message.id: place for place, message in enumerate(messages)}
    profile = library.characters.at(chat.version).profile if chat.version is not None else None
    return ChatDraft(
        messages=tuple(
            DraftMessage(
                index[message.parent] if message.parent is not None else None,
                message.role,
                message.text,
                message.finish,
                message.created,
                message.extra,
                tuple(_pictures(library, message)),
                message.asides,
            )
            for message in messages
        ),
        leaf=index.get(chat.leaf) if chat.leaf is not None else None,
        title=chat.own_title,
        character=profile.name if profile else "",
        person=profile.person if profile else "",
        note=chat.note,
        extra=chat.extra,
    )


def _pictures(library: Library, message: Message) -> Iterator[bytes]:
    for sha256 in message.pictures:
        with suppress(OSError):
            yield library.tree.picture(sha256).read_bytes()


def keep(library: Library, draft: ChatDraft, version: int | None) -> Chat:
    """A new chat with all of it, held with this version of a character. Raises `StorageError`."""
    chat = library.chats.begin(version, draft.extra)
    library.tree.add_all(chat.id, draft.messages, draft.leaf)
    if draft.title:
        library.chats.rename(chat.id, draft.title)
    if draft.note:
        library.chats.set_note(chat.id, draft.note)
    return library.chats.get(chat.id)
