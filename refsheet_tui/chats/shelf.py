"""All chats: which there are, what each is called, and with whom it is held."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from time import time
from typing import Any

from refsheet_tui.errors import NotFoundError
from refsheet_tui.i18n import _
from refsheet_tui.storage import Database, PictureStore
from refsheet_tui.storage.database import Row
from refsheet_tui.untrusted import one_line

_TITLE = 60  # characters


@dataclass(frozen=True)
class Chat:
    """`version` is that of the character it is held with, None for a plain assistant; `title` is
    what lists show, `own_title` what the person called it, empty for most; `leaf` is the message it
    ends with. `note` is for the model, `draft` for the person who has not sent it yet.
    `extra` is what another program keeps with it. Times are seconds since 1970."""

    id: int
    version: int | None
    title: str
    own_title: str
    leaf: int | None
    draft: str
    note: str
    created: float
    used: float
    extra: dict[str, Any] = field(default_factory=dict)


_COLUMNS = "id, version, title, beginning, leaf, draft, note, created, used, extra"


# Whom a chat is held with is used with it.
CHARACTER_USED = """
UPDATE characters SET used = ? WHERE id = (
    SELECT v.character FROM chats c JOIN character_versions v ON v.id = c.version WHERE c.id = ?
)
"""
_ANY_DELETED = """
SELECT 1 FROM chats WHERE deleted <= ? UNION ALL SELECT 1 FROM messages WHERE deleted <= ? LIMIT 1
"""
_DELETE_WITH_ALL_ANSWERS = """
WITH RECURSIVE gone (id) AS (
    SELECT id FROM messages WHERE deleted <= ?
    UNION ALL SELECT m.id FROM messages m JOIN gone ON m.parent = gone.id
)
DELETE FROM messages WHERE id IN gone
"""

_END_SOMEWHERE = """
UPDATE chats SET leaf = (
    SELECT max(id) FROM messages WHERE chat = chats.id AND messages.deleted IS NULL
) WHERE leaf NOT IN (SELECT id FROM messages)
"""


class ChatShelf:
    """Chats by when they were last used."""

    def __init__(self, database: Database, pictures: PictureStore) -> None:
        self._database = database
        self._pictures = pictures

    def begin(self, version: int | None, extra: dict[str, Any] | None = None) -> Chat:
        """A new chat. Raises `StorageError`."""
        with self._database.writing() as connection:
            now = time()
            number = connection.execute(
                "INSERT INTO chats (version, created, used, extra) VALUES (?, ?, ?, ?)",
                (version, now, now, json.dumps(extra or {})),
            ).lastrowid
            connection.execute(CHARACTER_USED, (now, number))
        assert number is not None
        return Chat(number, version, "", "", None, "", "", now, now, extra or {})

    def get(self, chat: int) -> Chat:
        """Raises `NotFoundError`, `StorageError`."""
        row = self._database.row(
            f"SELECT {_COLUMNS} FROM chats WHERE id = ? AND deleted IS NULL", (chat,)
        )
        if row is None:
            raise NotFoundError(
                _("There is no chat {chat}.").format(chat=chat),
                _("'refsheet chats list' shows those there are."),
            )
        return _chat(row)

    def plain(self, count: int = -1) -> tuple[Chat, ...]:
        """The chats used last that are held with no character; -1 is all. Raises
        `StorageError`."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM chats WHERE deleted IS NULL AND version IS NULL"
            " ORDER BY used DESC, id DESC LIMIT ?",
            (count,),
        )
        return tuple(map(_chat, rows))

    def latest(self, count: int = -1, character: int | None = None) -> tuple[Chat, ...]:
        """The chats used last, of one character or of all; -1 is all. Raises `StorageError`."""
        whose = (
            "AND version IN (SELECT id FROM character_versions WHERE character = ?)"
            if character is not None
            else "AND ? IS NULL"
        )
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM chats WHERE deleted IS NULL {whose}"
            " ORDER BY used DESC, id DESC LIMIT ?",
            (character, count),
        )
        return tuple(map(_chat, rows))

    def rename(self, chat: int, title: str) -> None:
        self._set(chat, "title", one_line(title).strip() or None)

    def keep_draft(self, chat: int, draft: str) -> None:
        self._set(chat, "draft", draft)

    def set_note(self, chat: int, note: str) -> None:
        self._set(chat, "note", note)

    def move_to(self, chat: int, version: int) -> None:
        """Hold it with another version of its character. Raises `StorageError`."""
        with self._database.writing() as connection:
            connection.execute(
                'UPDATE character_versions SET "left" = ?'
                " WHERE id = (SELECT version FROM chats WHERE id = ?)",
                (time(), chat),
            )
            connection.execute("UPDATE chats SET version = ? WHERE id = ?", (version, chat))

    def delete(self, chat: int) -> None:
        """Until `undelete`, or until `purge` some days later."""
        self._set(chat, "deleted", time())

    def undelete(self, chat: int) -> None:
        self._set(chat, "deleted", None)

    def purge(self, older_than_s: float) -> None:
        """Remove for good what was deleted so many seconds ago, with the pictures that only it
        had."""
        limit = (time() - older_than_s,)
        if not self._database.rows(_ANY_DELETED, limit * 2):
            return
        with self._database.writing() as connection:
            connection.execute("DELETE FROM chats WHERE deleted <= ?", limit)
            connection.execute(_DELETE_WITH_ALL_ANSWERS, limit)
            connection.execute(_END_SOMEWHERE)
            self._pictures.collect(connection)

    def _set(self, chat: int, column: str, value: str | float | None) -> None:
        with self._database.writing() as connection:
            connection.execute(f"UPDATE chats SET {column} = ? WHERE id = ?", (value, chat))


def _chat(row: Row) -> Chat:
    number, version, title, beginning, leaf, draft, note, created, used, extra = row
    assert isinstance(number, int) and isinstance(created, float) and isinstance(used, float)
    return Chat(
        number,
        version if isinstance(version, int) else None,
        one_line(str(title or beginning)).strip()[:_TITLE],
        str(title or ""),
        leaf if isinstance(leaf, int) else None,
        str(draft),
        str(note),
        created,
        used,
        json.loads(str(extra)),
    )
