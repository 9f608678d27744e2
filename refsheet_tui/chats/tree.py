"""The messages of all chats: nothing is overwritten, everything is beside something."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from time import time
from typing import Any

from refsheet_tui.chats.messages import COLUMNS, OPEN, DraftMessage, Message, message_of
from refsheet_tui.chats.shelf import CHARACTER_USED
from refsheet_tui.errors import NotFoundError, PictureError
from refsheet_tui.i18n import _
from refsheet_tui.prompting.turns import Role
from refsheet_tui.storage import Database, PictureStore
from refsheet_tui.untrusted import one_line

# Characters of a chat's first words that lists may show.
_BEGINNING = 200
_INSERT = """
INSERT INTO messages (chat, parent, role, text, finish, extra, created, asides)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_ALL = f"""
WITH RECURSIVE seen (id) AS (
    SELECT id FROM messages WHERE chat = ? AND parent IS NULL AND deleted IS NULL
    UNION ALL SELECT m.id FROM messages m JOIN seen ON m.parent = seen.id WHERE m.deleted IS NULL
)
SELECT {COLUMNS} FROM seen JOIN messages m USING (id) ORDER BY m.id
"""
# From a message to the first of its chat.
_PATH = f"""
WITH RECURSIVE path (id, depth) AS (
    VALUES (?, 0)
    UNION ALL SELECT m.parent, depth + 1 FROM messages m JOIN path USING (id)
    WHERE m.parent IS NOT NULL
)
SELECT {COLUMNS} FROM path JOIN messages m USING (id) ORDER BY depth DESC
"""
# A message, all that it answers, and what was taken away together with any of those.
_BRING_BACK = """
WITH RECURSIVE up (id) AS (
    VALUES (?)
    UNION ALL SELECT m.parent FROM messages m JOIN up USING (id) WHERE m.parent IS NOT NULL
), gone (id, deleted) AS (
    SELECT id, deleted FROM messages WHERE id IN up AND deleted IS NOT NULL
), down (id) AS (
    SELECT id FROM gone
    UNION SELECT m.id FROM messages m JOIN down ON m.parent = down.id
)
UPDATE messages SET deleted = NULL
WHERE id IN down AND deleted IN (SELECT deleted FROM gone)
"""
# A message and all that came of it, at one time: that is how they come back together.
_DELETE = """
WITH RECURSIVE down (id) AS (
    VALUES (?)
    UNION ALL SELECT m.id FROM messages m JOIN down ON m.parent = down.id
)
UPDATE messages SET deleted = ? WHERE deleted IS NULL AND id IN down
"""
# From a message to the newest end of what came of it.
_NEWEST_END = """
WITH RECURSIVE down (id) AS (
    VALUES (?)
    UNION ALL SELECT (
        SELECT max(m.id) FROM messages m WHERE m.parent = down.id AND m.deleted IS NULL
    ) FROM down WHERE down.id IS NOT NULL
)
SELECT max(id) FROM down
"""


class MessageTree:
    """Regenerating, editing and swiping add siblings; going back and forth changes nothing."""

    def __init__(self, database: Database, pictures: PictureStore) -> None:
        self._database = database
        self._pictures = pictures

    def add(
        self,
        chat: int,
        parent: int | None,
        role: Role,
        text: str,
        *,
        finish: str | None = None,
        pictures: Sequence[Path] = (),
        extra: dict[str, Any] | None = None,
        asides: Sequence[str] = (),
    ) -> Message:
        """Say something in answer to `parent`; from now on the chat ends with it. It is on the disk
        when this returns. Raises `StorageError`, `PictureError` for one that can't be read."""
        data = [_bytes_of(picture) for picture in pictures]
        with self._database.writing() as connection:
            now = time()
            # Another program may have taken away what this answers.
            connection.execute(_BRING_BACK, (parent,))
            kept = (json.dumps(extra or {}), now, json.dumps(asides))
            values = (chat, parent, role, text, finish, *kept)
            number = connection.execute(_INSERT, values).lastrowid
            assert number is not None
            hashes = self._add_pictures(connection, number, data)
            _begin_with(connection, chat, role, text)
            _end_with(connection, chat, number)
        return Message(
            number, chat, parent, role, text, finish, now, extra or {}, hashes, tuple(asides)
        )

    def add_all(self, chat: int, messages: Sequence[DraftMessage], leaf: int | None) -> None:
        """Fill an empty chat in one step; `leaf` is the index of the message it ends with. Raises
        `StorageError`."""
        with self._database.writing() as connection:
            numbers: list[int] = []
            for each in messages:
                parent = numbers[each.parent] if each.parent is not None else None
                created = time() if each.created is None else each.created
                kept = (json.dumps(each.extra), created, json.dumps(each.asides))
                values = (chat, parent, each.role, each.text, each.finish, *kept)
                number = connection.execute(_INSERT, values).lastrowid
                assert number is not None
                numbers.append(number)
                self._add_pictures(connection, number, each.pictures)
                _begin_with(connection, chat, each.role, each.text)
            _end_with(connection, chat, numbers[leaf] if leaf is not None else None)

    def all_of(self, chat: int) -> tuple[Message, ...]:
        """Every message of a chat that is not deleted, nor answers one that is; oldest first."""
        rows = self._database.rows(_ALL, (chat,))
        pictures = self._pictures_of([int(str(row[0])) for row in rows])
        return tuple(message_of(row, pictures[int(str(row[0]))]) for row in rows)

    def write(self, message: int, text: str, finish: str = OPEN) -> None:
        """A reply so far, or as it ended. Raises `StorageError`."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE messages SET text = ?, finish = ? WHERE id = ?", (text, finish, message)
            )
            connection.execute(
                "UPDATE chats SET beginning = ? WHERE NOT begun AND id ="
                " (SELECT chat FROM messages WHERE id = ? AND parent IS NULL)",
                (text[:_BEGINNING], message),
            )

    def get(self, message: int) -> Message:
        """Raises `NotFoundError`, `StorageError`."""
        row = self._database.row(f"SELECT {COLUMNS} FROM messages m WHERE id = ?", (message,))
        if row is None:
            raise NotFoundError(
                _("There is no such message."), _("It may have been removed for good.")
            )
        return message_of(row, self._pictures_of([message])[message])

    def picture(self, sha256: str) -> Path:
        """Where a picture of a message is."""
        return self._pictures.path(sha256)

    def path(self, leaf: int) -> tuple[Message, ...]:
        """From the first message of the chat to `leaf`. Raises `StorageError`."""
        rows = self._database.rows(_PATH, (leaf,))
        pictures = self._pictures_of([int(str(row[0])) for row in rows])
        return tuple(message_of(row, pictures[int(str(row[0]))]) for row in rows)

    def siblings(self, message: Message) -> tuple[int, ...]:
        """Everything that was said in its place, oldest first, itself included."""
        rows = self._database.rows(
            "SELECT id FROM messages WHERE chat = ? AND parent IS ? AND role = ?"
            " AND (deleted IS NULL OR id = ?) ORDER BY id",
            (message.chat, message.parent, message.role, message.id),
        )
        return tuple(int(str(row[0])) for row in rows)

    def go_to(self, message: Message) -> Message:
        """Let the chat end with the newest of what came of `message`; that end."""
        row = self._database.row(_NEWEST_END, (message.id,))
        assert row is not None
        leaf = int(str(row[0]))
        with self._database.writing() as connection:
            _end_with(connection, message.chat, leaf)
        return self.get(leaf)

    def end_with(self, chat: int, leaf: int | None) -> None:
        """Let the chat end exactly there. Raises `StorageError`."""
        with self._database.writing() as connection:
            _end_with(connection, chat, leaf)

    def delete(self, message: Message) -> Message | None:
        """Take `message` away, with all that came of it, until `undelete`; the chat's end from now
        on, None for an empty one."""
        leaf = self._leaf(message.chat)
        is_seen = leaf is not None and message.id in {each.id for each in self.path(leaf)}
        with self._database.writing() as connection:
            connection.execute(_DELETE, (message.id, time()))
        if not is_seen:
            return self.get(leaf) if leaf is not None else None
        beside = [each for each in self.siblings(message) if each != message.id]
        if beside:
            return self.go_to(self.get(beside[-1]))
        with self._database.writing() as connection:
            _end_with(connection, message.chat, message.parent)
        return self.get(message.parent) if message.parent is not None else None

    def undelete(self, message: Message) -> Message:
        """Bring back what `delete` took, with all that it answers; the chat ends with it, or with
        what came of it."""
        with self._database.writing() as connection:
            connection.execute(_BRING_BACK, (message.id,))
        return self.go_to(message)

    def _leaf(self, chat: int) -> int | None:
        row = self._database.row("SELECT leaf FROM chats WHERE id = ?", (chat,))
        return row[0] if row is not None and isinstance(row[0], int) else None

    def _add_pictures(
        self, connection: sqlite3.Connection, message: int, pictures: Sequence[bytes]
    ) -> tuple[str, ...]:
        hashes = tuple(self._pictures.add(connection, each) for each in pictures)
        connection.executemany(
            "INSERT INTO message_pictures VALUES (?, ?, ?)",
            [(message, position, sha256) for position, sha256 in enumerate(hashes)],
        )
        return hashes

    def _pictures_of(self, messages: Sequence[int]) -> dict[int, tuple[str, ...]]:
        found: dict[int, tuple[str, ...]] = defaultdict(tuple)
        marks = json.dumps(list(messages))
        for message, sha256 in self._database.rows(
            "SELECT message, sha256 FROM message_pictures"
            " WHERE message IN (SELECT value FROM json_each(?)) ORDER BY message, position",
            (marks,),
        ):
            found[int(str(message))] += (str(sha256),)
        return found


def _begin_with(connection: sqlite3.Connection, chat: int, role: Role, text: str) -> None:
    """What the person said first is what the chat is called; until then its first words."""
    connection.execute(
        "UPDATE chats SET beginning = ?1, begun = ?2"
        " WHERE id = ?3 AND NOT begun AND (?2 OR beginning = '')",
        (text[:_BEGINNING], role == "user", chat),
    )


def _end_with(connection: sqlite3.Connection, chat: int, leaf: int | None) -> None:
    now = time()
    connection.execute("UPDATE chats SET leaf = ?, used = ? WHERE id = ?", (leaf, now, chat))
    connection.execute(CHARACTER_USED, (now, chat))


def _bytes_of(picture: Path) -> bytes:
    try:
        return picture.read_bytes()
    except OSError as error:
        raise PictureError(
            _("{file} can't be read: {reason}.").format(
                file=one_line(str(picture)), reason=error.strerror
            ),
            _("Choose another picture."),
        ) from error
