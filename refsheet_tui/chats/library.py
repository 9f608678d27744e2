"""Everything that is the person's own, opened together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.characters.library import CharacterLibrary
from refsheet_tui.chats.shelf import ChatShelf
from refsheet_tui.chats.tree import MessageTree
from refsheet_tui.storage import Database, PictureStore
from refsheet_tui.storage.layout import FILE_NAME

# Seconds in which what was deleted can be brought back.
_UNDO_S = 30 * 24 * 3600.0


@dataclass(frozen=True)
class Library:
    """Characters, chats and messages in one file, with the pictures beside it."""

    database: Database
    characters: CharacterLibrary
    chats: ChatShelf
    tree: MessageTree

    @classmethod
    def open(cls, folder: Path | None = None) -> Library:
        """The person's, or that in `folder`; created where there is none. What was deleted a month
        ago leaves for good. Raises `StorageError`."""
        database = Database((folder or paths.data_dir()) / FILE_NAME)
        pictures = PictureStore(database)
        characters, chats = CharacterLibrary(database, pictures), ChatShelf(database, pictures)
        chats.purge(_UNDO_S)
        characters.purge(_UNDO_S)
        return cls(database, characters, chats, MessageTree(database, pictures))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it, not even something deleted. Raises `StorageError`."""
        query = "SELECT EXISTS (SELECT 1 FROM characters) OR EXISTS (SELECT 1 FROM chats)"
        return self.database.row(query) == (0,)

    def close(self) -> None:
        self.database.close()
