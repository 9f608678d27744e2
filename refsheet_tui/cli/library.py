"""The person's library as commands use it, and how they name what is in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click

from refsheet_tui.characters.library import KeptCharacter
from refsheet_tui.chats.library import Library
from refsheet_tui.chats.messages import Message
from refsheet_tui.cli.console import note
from refsheet_tui.errors import NotFoundError
from refsheet_tui.storage.matching import Excerpt
from refsheet_tui.untrusted import one_line


@contextmanager
def opened() -> Iterator[Library]:
    """Raises `StorageError`."""
    library = Library.open()
    try:
        if library.database.recovered:
            note(library.database.recovered)
        yield library
    finally:
        library.close()


def find_character(library: Library, name: str) -> KeptCharacter:
    """By name or by number. Raises `NotFoundError`, also for a name that several have."""
    found = library.characters.named(name)
    if len(found) == 1:
        return found[0]
    if found:
        numbers = ", ".join(str(each.id) for each in found)
        raise NotFoundError(
            f"There are {len(found)} characters called {one_line(name)}.",
            f"Name the one that you mean by its number: {numbers}.",
        )
    if name.isdecimal():
        return library.characters.get(int(name))
    raise NotFoundError(
        f"There is no character {one_line(name)}.",
        "'refsheet characters list' shows those there are.",
    )


def find_message(library: Library, chat: int, message: int, *, deleted: bool = False) -> Message:
    """Raises `NotFoundError` also where it is in another chat, or deleted and not looked for as
    such."""
    found = library.tree.get(message)
    if found.chat != chat:
        raise NotFoundError(
            f"There is no message {message} in chat {chat}.",
            f"Its messages: refsheet chats show {chat} --all",
        )
    if found.is_deleted and not deleted:
        raise NotFoundError(
            f"Message {message} was deleted.",
            f"To bring it back: refsheet chats delete {chat} --message {message} --undo",
        )
    return found


def when(seconds: float) -> str:
    """A time as a person reads it."""
    return f"{datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M}"


def character_json(kept: KeptCharacter) -> dict[str, Any]:
    return {
        "id": kept.id,
        "version": kept.version,
        **kept.profile.model_dump(mode="json"),
        "created": kept.created,
        "used": kept.used,
    }


def highlighted(excerpt: Excerpt) -> str:
    return excerpt.before + click.style(excerpt.found, bold=True) + excerpt.after


def print_json(value: object) -> None:
    click.echo(json.dumps(value))
