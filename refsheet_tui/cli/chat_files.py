"""Chats on the command line: from a file into the library, and out again."""

from __future__ import annotations

from collections.abc import Sequence

from refsheet_tui import paths
from refsheet_tui.chats.files import ChatDraft, keep, read_chat
from refsheet_tui.chats.library import Library
from refsheet_tui.chats.shelf import Chat
from refsheet_tui.cli.library import find_character


def read_drafts(names: Sequence[str]) -> list[ChatDraft]:
    """Raises `ChatFileError`."""
    return [read_chat(paths.typed(name)) for name in names]


def keep_draft(library: Library, draft: ChatDraft, character: str | None) -> Chat:
    """A new chat: with the character that was named, else with the only one that is called as the
    file says, else with nobody. Raises `NotFoundError`, `StorageError`."""
    if character is not None:
        return keep(library, draft, find_character(library, character).version)
    found = library.characters.named(draft.character) if draft.character else ()
    return keep(library, draft, found[0].version if len(found) == 1 else None)
