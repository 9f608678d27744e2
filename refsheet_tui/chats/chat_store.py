"""The list of all chats, with the title and the character of each."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from time import time
from typing import Any

from refsheet_tui.errors import NotFoundError
from refsheet_tui.i18n import _
from refsheet_tui.storage import Database, PictureStore, Row
from refsheet_tui.untrusted import one_line

_MAX_TITLE = 60  # characters


@dataclass(frozen=True)
class Chat:
    """A chat without its messages.

    Attributes:
        id: The number of the chat.
        character_version: The number of the character version it is with; None for the assistant.
        title: The title that lists show.
        user_title: The title that the user gave it; empty for most chats.
        leaf: The number of the message that it ends with.
        draft: Text that the user has typed, but not sent.
        note: The author's note, or the assistant's system prompt.
        created: When the chat was created, in seconds since 1970.
        last_used: When the chat was last used, in seconds since 1970.
        extra: Values that another program stores with the chat.
    """

    id: int
    character_version: int | None
    title: str
    user_title: str
    leaf: int | None
    draft: str
    note: str
    created: float
    last_used: float
    extra: dict[str, Any] = field(default_factory=dict)


_COLUMNS = "id, version, title, beginning, leaf, draft, note, created, used, extra"


# Using a chat counts as using its character.
TOUCH_CHARACTER = """
UPDATE characters SET used = ? WHERE id = (
    SELECT v.character FROM chats c JOIN character_versions v ON v.id = c.version WHERE c.id = ?
)
"""
_ANY_DELETED = """
SELECT 1 FROM chats WHERE deleted <= ? UNION ALL SELECT 1 FROM messages WHERE deleted <= ? LIMIT 1
"""
_DELETE_WITH_DESCENDANTS = """
WITH RECURSIVE subtree (id) AS (
    SELECT id FROM messages WHERE deleted <= ?
    UNION ALL SELECT m.id FROM messages m JOIN subtree ON m.parent = subtree.id
)
DELETE FROM messages WHERE id IN subtree
"""

_REPAIR_LEAVES = """
UPDATE chats SET leaf = (
    SELECT max(id) FROM messages WHERE chat = chats.id AND messages.deleted IS NULL
) WHERE leaf NOT IN (SELECT id FROM messages)
"""


class ChatStore:
    """The saved chats, without their messages."""

    def __init__(self, database: Database, pictures: PictureStore) -> None:
        self._database = database
        self._pictures = pictures

    def create_chat(
        self,
        version: int | None,
        extra: dict[str, Any] | None = None,
        *,
        created: float | None = None,
    ) -> Chat:
        """Add an empty chat.

        `version` is the number of a character version, None for the assistant. `created` is when
        the chat begins, in seconds since 1970; None for now. Raises `StorageError`.
        """
        with self._database.transaction() as connection:
            now = time() if created is None else created
            number = connection.execute(
                "INSERT INTO chats (version, created, used, extra) VALUES (?, ?, ?, ?)",
                (version, now, now, json.dumps(extra or {})),
            ).lastrowid
            connection.execute(TOUCH_CHARACTER, (now, number))
        assert number is not None
        return Chat(number, version, "", "", None, "", "", now, now, extra or {})

    def get_chat(self, chat: int) -> Chat:
        """Return a chat by its number. Raises `NotFoundError`, `StorageError`."""
        row = self._database.fetch_row(
            f"SELECT {_COLUMNS} FROM chats WHERE id = ? AND deleted IS NULL", (chat,)
        )
        if row is None:
            raise NotFoundError(
                _("Chat {chat} doesn't exist.").format(chat=chat),
                _("Run 'refsheet chats list' to see all chats."),
            )
        return _chat_from_row(row)

    def latest_assistant_chats(self, count: int = -1) -> tuple[Chat, ...]:
        """Return the `count` chats with the assistant that were used last; -1 means all.

        Raises `StorageError`.
        """
        rows = self._database.fetch_rows(
            f"SELECT {_COLUMNS} FROM chats WHERE deleted IS NULL AND version IS NULL"
            " ORDER BY used DESC, id DESC LIMIT ?",
            (count,),
        )
        return tuple(map(_chat_from_row, rows))

    def latest_chats(self, count: int = -1, character: int | None = None) -> tuple[Chat, ...]:
        """Return the `count` chats that were used last; -1 means all.

        `character` is the number of a character; None returns chats with any partner. Raises
        `StorageError`.
        """
        character_condition = (
            "AND version IN (SELECT id FROM character_versions WHERE character = ?)"
            if character is not None
            else "AND ? IS NULL"
        )
        rows = self._database.fetch_rows(
            f"SELECT {_COLUMNS} FROM chats WHERE deleted IS NULL {character_condition}"
            " ORDER BY used DESC, id DESC LIMIT ?",
            (character, count),
        )
        return tuple(map(_chat_from_row, rows))

    def rename_chat(self, chat: int, title: str) -> None:
        """Save the user's title of a chat; if it is empty, the chat has its first words again."""
        self._set_column(chat, "title", one_line(title).strip() or None)

    def save_draft(self, chat: int, draft: str) -> None:
        """Save what the user has typed, but not sent."""
        self._set_column(chat, "draft", draft)

    def set_note(self, chat: int, note: str) -> None:
        """Save the author's note of a chat, or the assistant's system prompt."""
        self._set_column(chat, "note", note)

    def set_character_version(self, chat: int, version: int) -> None:
        """Continue a chat with another version of its character. Raises `StorageError`."""
        with self._database.transaction() as connection:
            connection.execute(
                'UPDATE character_versions SET "left" = ?'
                " WHERE id = (SELECT version FROM chats WHERE id = ?)",
                (time(), chat),
            )
            connection.execute("UPDATE chats SET version = ? WHERE id = ?", (version, chat))

    def delete_chat(self, chat: int) -> None:
        """Mark a chat as deleted: `undelete_chat` restores it until it is purged."""
        self._set_column(chat, "deleted", time())

    def undelete_chat(self, chat: int) -> None:
        """Restore a deleted chat."""
        self._set_column(chat, "deleted", None)

    def purge_deleted(self, older_than_s: float) -> None:
        """Remove for good the chats and messages deleted more than `older_than_s` seconds ago.

        Pictures that nothing else uses leave with them.
        """
        limit = (time() - older_than_s,)
        if not self._database.fetch_rows(_ANY_DELETED, limit * 2):
            return
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM chats WHERE deleted <= ?", limit)
            connection.execute(_DELETE_WITH_DESCENDANTS, limit)
            connection.execute(_REPAIR_LEAVES)
            self._pictures.delete_unused(connection)

    def _set_column(self, chat: int, column: str, value: str | float | None) -> None:
        with self._database.transaction() as connection:
            connection.execute(f"UPDATE chats SET {column} = ? WHERE id = ?", (value, chat))


def _chat_from_row(row: Row) -> Chat:
    number, version, title, beginning, leaf, draft, note, created, used, extra = row
    assert isinstance(number, int) and isinstance(created, float) and isinstance(used, float)
    return Chat(
        number,
        version if isinstance(version, int) else None,
        one_line(str(title or beginning)).strip()[:_MAX_TITLE],
        str(title or ""),
        leaf if isinstance(leaf, int) else None,
        str(draft),
        str(note),
        created,
        used,
        json.loads(str(extra)),
    )
