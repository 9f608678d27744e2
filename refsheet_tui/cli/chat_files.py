"""Importing chats on the command line."""

from __future__ import annotations

from collections.abc import Sequence

import click

from refsheet_tui import paths
from refsheet_tui.chats import (
    Chat,
    Library,
    PortableChat,
    find_character_version,
    import_chat,
    read_chat,
)
from refsheet_tui.cli.library import find_character
from refsheet_tui.untrusted import one_line


def read_drafts(names: Sequence[str]) -> list[PortableChat]:
    """Read chat files, and say what of them is left out. Raises `ChatFileError`."""
    files = [read_chat(paths.expand_user(name)) for name in names]
    for name, file in zip(names, files, strict=True):
        if notice := file.omissions.describe():
            click.echo(f"{one_line(name)}: {notice}", err=True)
    return [file.chat for file in files]


def save_draft(library: Library, draft: PortableChat, character: str | None) -> Chat:
    """Save an imported chat in the library.

    Its character is the one named `character`. If that is None, it is the only character with the
    name in the file, or nobody. Raises `NotFoundError`, `StorageError`.
    """
    if character is not None:
        return import_chat(library, draft, find_character(library, character).version)
    return import_chat(library, draft, find_character_version(library, draft))
