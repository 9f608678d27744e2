"""The user's library, and how commands find and show what is in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click

from refsheet_tui.characters import SavedCharacter
from refsheet_tui.chats import Library, Message
from refsheet_tui.cli.console import print_note
from refsheet_tui.errors import NotFoundError
from refsheet_tui.storage import Excerpt
from refsheet_tui.untrusted import one_line


@contextmanager
def open_library() -> Iterator[Library]:
    """Open the user's library, and close it after the `with` block. Raises `StorageError`."""
    library = Library.open()
    try:
        if library.database.recovery_notice:
            print_note(library.database.recovery_notice)
        yield library
    finally:
        library.close()


def find_character(library: Library, name: str) -> SavedCharacter:
    """Return the character with this name or number.

    Raises `NotFoundError`, also if several characters have the name.
    """
    matches = library.characters.find_by_name(name)
    if len(matches) == 1:
        return matches[0]
    if matches:
        numbers = ", ".join(str(each.id) for each in matches)
        raise NotFoundError(
            f"{len(matches)} characters are named {one_line(name)}.",
            f"Use a number instead: {numbers}.",
        )
    if name.isdecimal():
        return library.characters.get_character(int(name))
    raise NotFoundError(
        f"Unknown character {one_line(name)}.",
        "Run 'refsheet characters list' to see all characters.",
    )


def find_message(library: Library, chat: int, message: int, *, deleted: bool = False) -> Message:
    """Return a message of a chat.

    Raises `NotFoundError`, also if the message is in another chat, or is deleted while `deleted`
    is False.
    """
    saved_message = library.tree.get_message(message)
    if saved_message.chat != chat:
        raise NotFoundError(
            f"Chat {chat} has no message {message}.",
            f"To see its messages: refsheet chats show {chat} --all",
        )
    if saved_message.is_deleted and not deleted:
        raise NotFoundError(
            f"Message {message} was deleted.",
            f"To restore it: refsheet chats delete {chat} --message {message} --undo",
        )
    return saved_message


def format_time(seconds: float) -> str:
    """Return a Unix time as a local date and time."""
    return f"{datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M}"


def character_json(character: SavedCharacter) -> dict[str, Any]:
    """Return a character as a JSON object."""
    return {
        "id": character.id,
        "version": character.version,
        **character.profile.model_dump(mode="json"),
        "created": character.created,
        "used": character.last_used,
    }


def format_excerpt(excerpt: Excerpt) -> str:
    """Return an excerpt with the match in bold."""
    return excerpt.before + click.style(excerpt.match, bold=True) + excerpt.after
