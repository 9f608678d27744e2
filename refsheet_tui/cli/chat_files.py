"""Chats on the command line: from a file into the library, and out again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.chats.files import (
    LARGEST,
    ChatDraft,
    draft_of,
    keep,
    read_chat,
    to_json,
    to_jsonl,
    to_markdown,
)
from refsheet_tui.chats.library import Library
from refsheet_tui.chats.shelf import Chat
from refsheet_tui.cli.console import note
from refsheet_tui.cli.library import find_character, write_file
from refsheet_tui.errors import ChatFileError
from refsheet_tui.text import one_line

_KINDS = {".json": to_json, ".jsonl": to_jsonl, ".md": to_markdown}


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


def write_chat(library: Library, chat: Chat, file: Path, *, force: bool) -> None:
    """Raises `ChatFileError` for a kind of file that is none, `StorageError`."""
    write = _KINDS.get(file.suffix.lower())
    if write is None:
        raise ChatFileError(
            f"{one_line(str(file))} is neither a .json, a .jsonl nor a .md file.",
            "Give it such a name.",
        )
    data = write(draft_of(library, chat))
    write_file(file, data, force=force)
    if len(data) > LARGEST:
        note(
            "It is too large to be imported again, for its pictures: refsheet backup has no limit."
        )
