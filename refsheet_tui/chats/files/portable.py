"""A whole chat outside of the library, as it is imported or exported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from refsheet_tui.chats.chat_store import Chat
from refsheet_tui.chats.library import Library
from refsheet_tui.chats.messages import Message, PortableMessage
from refsheet_tui.errors import ChatFileError
from refsheet_tui.i18n import _
from refsheet_tui.prompting import Role
from refsheet_tui.storage import MAX_TIME_S

# Far more than any real chat has.
MAX_MESSAGES = 100_000


def too_many_messages_error() -> ChatFileError:
    """Return the error for a file with more than `MAX_MESSAGES` messages."""
    return ChatFileError(_("The file has too many messages for one chat."), _("Split the file."))


def valid_time(seconds: float | None) -> float | None:
    """Return a time of a file, in seconds since 1970; None if no calendar contains it."""
    return seconds if seconds is not None and 0 <= seconds <= MAX_TIME_S else None


@dataclass(frozen=True)
class PortableChat:
    """A chat with all of its messages, in which messages refer to each other by index.

    Attributes:
        messages: The messages of all branches. A message stands after the one that it answers.
        leaf: The index of the message that the chat ends with; None for an empty chat.
        title: The title that the user gave it; empty for most chats.
        character: The name of the character.
        user_name: The name of the user.
        note: The author's note, or the assistant's system prompt.
        extra: Values that another program stores with the chat.
    """

    messages: tuple[PortableMessage, ...]
    leaf: int | None
    title: str = ""
    character: str = ""
    user_name: str = ""
    note: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def path(self) -> tuple[int, ...]:
        """Return the indices of the messages from the first one to `leaf`."""
        indices: list[int] = []
        index = self.leaf
        while index is not None:
            indices.append(index)
            index = self.messages[index].parent
        return tuple(reversed(indices))

    def siblings(self) -> dict[tuple[int | None, Role], list[int]]:
        """Return the indices of the messages that are swipes of each other.

        The key is the index of the message that they answer, and the side that answers.
        """
        swipes: dict[tuple[int | None, Role], list[int]] = defaultdict(list)
        for index, message in enumerate(self.messages):
            swipes[message.parent, message.role].append(index)
        return swipes


def export_chat(library: Library, chat: Chat) -> PortableChat:
    """Return a saved chat with all of its messages.

    Pictures whose files are missing are left out.

    Args:
        library: The library that contains the chat.
        chat: The chat to export.

    Raises:
        StorageError: The chat can't be read.
    """
    messages = library.tree.messages_of_chat(chat.id)
    index_by_id = {message.id: index for index, message in enumerate(messages)}
    profile = (
        library.characters.get_version(chat.character_version).profile
        if chat.character_version is not None
        else None
    )
    return PortableChat(
        messages=tuple(
            PortableMessage(
                index_by_id[message.parent] if message.parent is not None else None,
                message.role,
                message.text,
                message.finish,
                message.created,
                message.extra,
                tuple(_pictures(library, message)),
                message.context_notes,
            )
            for message in messages
        ),
        leaf=index_by_id.get(chat.leaf) if chat.leaf is not None else None,
        title=chat.user_title,
        character=profile.name if profile else "",
        user_name=profile.person if profile else "",
        note=chat.note,
        extra=chat.extra,
    )


def _pictures(library: Library, message: Message) -> Iterator[bytes]:
    for sha256 in message.pictures:
        with suppress(OSError):
            yield library.tree.picture_path(sha256).read_bytes()


def find_character_version(library: Library, chat: PortableChat) -> int | None:
    """Return the number of the version of the character that a chat is with.

    Args:
        library: The library.
        chat: The chat.

    Returns:
        The newest version of the only character with the name in the file; None if there is no such
        character, or if several have that name.

    Raises:
        StorageError: The library can't be read.
    """
    matches = library.characters.find_by_name(chat.character) if chat.character else ()
    return matches[0].version if len(matches) == 1 else None


def import_chat(library: Library, chat: PortableChat, version: int | None) -> Chat:
    """Save a chat with all of its messages as a new one.

    Args:
        library: The library to save the chat in.
        chat: The chat to import.
        version: The number of the character version it is with; None for the assistant.

    Returns:
        The saved chat.

    Raises:
        StorageError: The chat can't be saved.
    """
    saved_chat = library.chats.create_chat(version, chat.extra)
    library.tree.add_messages(saved_chat.id, chat.messages, chat.leaf)
    if chat.title:
        library.chats.rename_chat(saved_chat.id, chat.title)
    if chat.note:
        library.chats.set_note(saved_chat.id, chat.note)
    return library.chats.get_chat(saved_chat.id)
