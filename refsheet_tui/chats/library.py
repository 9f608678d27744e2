"""The library: the user's characters and chats, opened together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from refsheet_tui import paths
from refsheet_tui.characters import CharacterStore
from refsheet_tui.chats.chat_store import ChatStore
from refsheet_tui.chats.message_tree import MessageTree
from refsheet_tui.errors import StorageError
from refsheet_tui.i18n import _
from refsheet_tui.storage import DATABASE_NAME, Database, PictureStore, remove_leftovers

# Seconds for which something deleted can be restored.
_UNDO_S = 30 * 24 * 3600.0


@dataclass(frozen=True)
class Library:
    """The user's characters, chats and messages.

    They are in one database file; the pictures are in a folder beside it.
    """

    database: Database
    characters: CharacterStore
    chats: ChatStore
    tree: MessageTree

    @classmethod
    def open(cls, folder: Path | None = None) -> Library:
        """Open the library in `folder`, or the user's own if it is None.

        A library that doesn't exist is created. Whatever was deleted a month ago is removed for
        good. Raises `StorageError`.
        """
        folder = folder or paths.data_dir()
        library = cls._from_database(Database(folder / DATABASE_NAME))
        remove_leftovers(folder)
        library.chats.purge_deleted(_UNDO_S)
        library.characters.purge_deleted(_UNDO_S)
        return library

    @classmethod
    @contextmanager
    def in_memory(cls) -> Iterator[Library]:
        """Open an empty library for chats that are not saved; it is removed at the end.

        Raises `StorageError` when there is no room for its pictures.
        """
        with ExitStack() as stack:
            try:
                folder = stack.enter_context(TemporaryDirectory(prefix="refsheet-"))
            except OSError as error:
                raise StorageError(
                    _("Can't create a temporary folder: {reason}.").format(reason=error.strerror),
                    _("Free up some space there, or choose another location."),
                ) from error
            library = cls._from_database(Database(Path(folder) / DATABASE_NAME, in_memory=True))
            try:
                yield library
            finally:
                library.close()

    @classmethod
    def _from_database(cls, database: Database) -> Library:
        pictures = PictureStore(database)
        characters, chats = CharacterStore(database, pictures), ChatStore(database, pictures)
        return cls(database, characters, chats, MessageTree(database, pictures))

    @property
    def is_empty(self) -> bool:
        """True if it contains nothing, not even anything deleted. Raises `StorageError`."""
        query = "SELECT EXISTS (SELECT 1 FROM characters) OR EXISTS (SELECT 1 FROM chats)"
        return self.database.fetch_row(query) == (0,)

    def close(self) -> None:
        """Close the database."""
        self.database.close()
