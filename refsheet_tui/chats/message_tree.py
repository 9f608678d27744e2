"""The messages of all chats, each chat a tree: a change adds a sibling, and overwrites nothing."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from time import time
from typing import Any

from refsheet_tui.chats.chat_store import TOUCH_CHARACTER
from refsheet_tui.chats.messages import (
    FINISH_OPEN,
    MESSAGE_COLUMNS,
    Message,
    PortableMessage,
    message_from_row,
)
from refsheet_tui.errors import NotFoundError, PictureError
from refsheet_tui.i18n import _
from refsheet_tui.prompting import Role
from refsheet_tui.storage import Database, PictureStore
from refsheet_tui.untrusted import one_line

# So many characters of a chat's first words are stored for lists.
_MAX_BEGINNING = 200
_INSERT = """
INSERT INTO messages (chat, parent, role, text, finish, extra, created, asides)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_SELECT_CHAT = f"""
WITH RECURSIVE remaining (id) AS (
    SELECT id FROM messages WHERE chat = ? AND parent IS NULL AND deleted IS NULL
    UNION ALL SELECT m.id FROM messages m JOIN remaining ON m.parent = remaining.id
    WHERE m.deleted IS NULL
)
SELECT {MESSAGE_COLUMNS} FROM remaining JOIN messages m USING (id) ORDER BY m.id
"""
# From a message to the first of its chat.
_SELECT_PATH = f"""
WITH RECURSIVE path (id, depth) AS (
    VALUES (?, 0)
    UNION ALL SELECT m.parent, depth + 1 FROM messages m JOIN path USING (id)
    WHERE m.parent IS NOT NULL
)
SELECT {MESSAGE_COLUMNS} FROM path JOIN messages m USING (id) ORDER BY depth DESC
"""
# A message, all messages that it answers, and the messages that were deleted together with any of
# them.
_UNDELETE = """
WITH RECURSIVE ancestors (id) AS (
    VALUES (?)
    UNION ALL SELECT m.parent FROM messages m JOIN ancestors USING (id) WHERE m.parent IS NOT NULL
), deleted_ancestors (id, deleted) AS (
    SELECT id, deleted FROM messages WHERE id IN ancestors AND deleted IS NOT NULL
), subtree (id) AS (
    SELECT id FROM deleted_ancestors
    UNION SELECT m.id FROM messages m JOIN subtree ON m.parent = subtree.id
)
UPDATE messages SET deleted = NULL
WHERE id IN subtree AND deleted IN (SELECT deleted FROM deleted_ancestors)
"""
# A message and all of its descendants, with the same time of deletion: by it, they are restored
# together.
_DELETE = """
WITH RECURSIVE subtree (id) AS (
    VALUES (?)
    UNION ALL SELECT m.id FROM messages m JOIN subtree ON m.parent = subtree.id
)
UPDATE messages SET deleted = ? WHERE deleted IS NULL AND id IN subtree
"""
# From a message down to its newest leaf.
_SELECT_NEWEST_LEAF = """
WITH RECURSIVE branch (id) AS (
    VALUES (?)
    UNION ALL SELECT (
        SELECT max(m.id) FROM messages m WHERE m.parent = branch.id AND m.deleted IS NULL
    ) FROM branch WHERE branch.id IS NOT NULL
)
SELECT max(id) FROM branch
"""


class MessageTree:
    """The saved messages, each of which answers another one of its chat.

    Regenerating and editing add siblings. Going back and forth between siblings changes none.
    """

    def __init__(self, database: Database, pictures: PictureStore) -> None:
        self._database = database
        self._pictures = pictures

    def add_message(
        self,
        chat: int,
        parent: int | None,
        role: Role,
        text: str,
        *,
        finish: str | None = None,
        pictures: Sequence[Path] = (),
        extra: dict[str, Any] | None = None,
        context_notes: Sequence[str] = (),
    ) -> Message:
        """Save a message that answers `parent`, and make it the end of its chat.

        The message is on the disk when this returns. Raises `StorageError`, and `PictureError` for
        a picture that can't be read.
        """
        picture_data = [_read_picture(picture) for picture in pictures]
        with self._database.transaction() as connection:
            now = time()
            # Another process may have deleted the message that this one answers.
            connection.execute(_UNDELETE, (parent,))
            metadata = (json.dumps(extra or {}), now, json.dumps(context_notes))
            values = (chat, parent, role, text, finish, *metadata)
            number = connection.execute(_INSERT, values).lastrowid
            assert number is not None
            hashes = self._add_pictures(connection, number, picture_data)
            _set_chat_beginning(connection, chat, role, text)
            _set_leaf(connection, chat, number)
        return Message(
            number, chat, parent, role, text, finish, now, extra or {}, hashes, tuple(context_notes)
        )

    def add_messages(
        self, chat: int, messages: Sequence[PortableMessage], leaf: int | None
    ) -> None:
        """Fill an empty chat in one step; `leaf` is the index of the message that it ends with.

        Raises `StorageError`.
        """
        with self._database.transaction() as connection:
            numbers: list[int] = []
            shown = _path_to(messages, leaf)
            for each in messages:
                parent = numbers[each.parent] if each.parent is not None else None
                created = time() if each.created is None else each.created
                metadata = (json.dumps(each.extra), created, json.dumps(each.context_notes))
                values = (chat, parent, each.role, each.text, each.finish, *metadata)
                number = connection.execute(_INSERT, values).lastrowid
                assert number is not None
                numbers.append(number)
                self._add_pictures(connection, number, each.pictures)
                if not each.is_hidden and (shown is None or len(numbers) - 1 in shown):
                    _set_chat_beginning(connection, chat, each.role, each.text)
            _set_leaf(connection, chat, numbers[leaf] if leaf is not None else None)

    def messages_of_chat(self, chat: int) -> tuple[Message, ...]:
        """Return all messages of a chat, oldest first, without deleted ones and their answers."""
        rows = self._database.fetch_rows(_SELECT_CHAT, (chat,))
        pictures = self._pictures_of([int(str(row[0])) for row in rows])
        return tuple(message_from_row(row, pictures[int(str(row[0]))]) for row in rows)

    def update_message(self, message: int, text: str, finish: str = FINISH_OPEN) -> None:
        """Save the text of a reply, while it is written or at its end. Raises `StorageError`."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE messages SET text = ?, finish = ? WHERE id = ?", (text, finish, message)
            )
            connection.execute(
                "UPDATE chats SET beginning = ? WHERE NOT begun AND id ="
                " (SELECT chat FROM messages WHERE id = ? AND parent IS NULL)",
                (text[:_MAX_BEGINNING], message),
            )

    def set_context_notes(self, message: int, context_notes: Sequence[str]) -> None:
        """Save the texts that the model is told beside a message. Raises `StorageError`."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE messages SET asides = ? WHERE id = ?", (json.dumps(context_notes), message)
            )

    def get_message(self, message: int) -> Message:
        """Return a message by its number. Raises `NotFoundError`, `StorageError`."""
        row = self._database.fetch_row(
            f"SELECT {MESSAGE_COLUMNS} FROM messages m WHERE id = ?", (message,)
        )
        if row is None:
            raise NotFoundError(
                _("This message doesn't exist."), _("It may have been permanently deleted.")
            )
        return message_from_row(row, self._pictures_of([message])[message])

    def picture_path(self, sha256: str) -> Path:
        """Return the file of a picture of a message."""
        return self._pictures.picture_path(sha256)

    def path_to(self, leaf: int) -> tuple[Message, ...]:
        """Return the messages from the first one of the chat to `leaf`. Raises `StorageError`."""
        rows = self._database.fetch_rows(_SELECT_PATH, (leaf,))
        pictures = self._pictures_of([int(str(row[0])) for row in rows])
        return tuple(message_from_row(row, pictures[int(str(row[0]))]) for row in rows)

    def siblings(self, message: Message) -> tuple[int, ...]:
        """Return the numbers of the swipes of `message`, oldest first, with its own number."""
        rows = self._database.fetch_rows(
            "SELECT id FROM messages WHERE chat = ? AND parent IS ? AND role = ?"
            " AND (deleted IS NULL OR id = ?) ORDER BY id",
            (message.chat, message.parent, message.role, message.id),
        )
        return tuple(int(str(row[0])) for row in rows)

    def select_newest_leaf(self, message: Message) -> Message:
        """Make the newest leaf below `message` the end of its chat, and return that leaf."""
        row = self._database.fetch_row(_SELECT_NEWEST_LEAF, (message.id,))
        assert row is not None
        leaf = int(str(row[0]))
        with self._database.transaction() as connection:
            _set_leaf(connection, message.chat, leaf)
        return self.get_message(leaf)

    def set_leaf(self, chat: int, leaf: int | None) -> None:
        """Make exactly `leaf` the end of the chat; None for an empty one. Raises `StorageError`."""
        with self._database.transaction() as connection:
            _set_leaf(connection, chat, leaf)

    def delete_message(self, message: Message) -> Message | None:
        """Delete `message` and everything that answers it, until `undelete_message`.

        Returns the new end of the chat; None for an empty one.
        """
        leaf = self._leaf(message.chat)
        is_on_current_path = leaf is not None and message.id in {
            each.id for each in self.path_to(leaf)
        }
        with self._database.transaction() as connection:
            connection.execute(_DELETE, (message.id, time()))
        if not is_on_current_path:
            return self.get_message(leaf) if leaf is not None else None
        other_swipes = [each for each in self.siblings(message) if each != message.id]
        if other_swipes:
            return self.select_newest_leaf(self.get_message(other_swipes[-1]))
        with self._database.transaction() as connection:
            _set_leaf(connection, message.chat, message.parent)
        return self.get_message(message.parent) if message.parent is not None else None

    def undelete_message(self, message: Message) -> Message:
        """Restore what `delete_message` deleted, and all messages that it answers.

        Returns the new end of the chat, which is `message` or a message below it.
        """
        with self._database.transaction() as connection:
            connection.execute(_UNDELETE, (message.id,))
        return self.select_newest_leaf(message)

    def _leaf(self, chat: int) -> int | None:
        row = self._database.fetch_row("SELECT leaf FROM chats WHERE id = ?", (chat,))
        return row[0] if row is not None and isinstance(row[0], int) else None

    def _add_pictures(
        self, connection: sqlite3.Connection, message: int, pictures: Sequence[bytes]
    ) -> tuple[str, ...]:
        hashes = tuple(self._pictures.add_picture(connection, each) for each in pictures)
        connection.executemany(
            "INSERT INTO message_pictures VALUES (?, ?, ?)",
            [(message, position, sha256) for position, sha256 in enumerate(hashes)],
        )
        return hashes

    def _pictures_of(self, messages: Sequence[int]) -> dict[int, tuple[str, ...]]:
        hashes_by_message: dict[int, tuple[str, ...]] = defaultdict(tuple)
        ids_json = json.dumps(list(messages))
        for message, sha256 in self._database.fetch_rows(
            "SELECT message, sha256 FROM message_pictures"
            " WHERE message IN (SELECT value FROM json_each(?)) ORDER BY message, position",
            (ids_json,),
        ):
            hashes_by_message[int(str(message))] += (str(sha256),)
        return hashes_by_message


def _set_chat_beginning(connection: sqlite3.Connection, chat: int, role: Role, text: str) -> None:
    """Save the words that lists show: the user's first message, or before it the greeting."""
    connection.execute(
        "UPDATE chats SET beginning = ?1, begun = ?2"
        " WHERE id = ?3 AND NOT begun AND (?2 OR beginning = '')",
        (text[:_MAX_BEGINNING], role == "user", chat),
    )


def _path_to(messages: Sequence[PortableMessage], leaf: int | None) -> set[int] | None:
    """Return the indices of the messages on the branch to `leaf`; None if there is no leaf."""
    if leaf is None:
        return None
    path: set[int] = set()
    index: int | None = leaf
    while index is not None:
        path.add(index)
        index = messages[index].parent
    return path


def _set_leaf(connection: sqlite3.Connection, chat: int, leaf: int | None) -> None:
    now = time()
    connection.execute("UPDATE chats SET leaf = ?, used = ? WHERE id = ?", (leaf, now, chat))
    connection.execute(TOUCH_CHARACTER, (now, chat))


def _read_picture(picture: Path) -> bytes:
    try:
        return picture.read_bytes()
    except OSError as error:
        raise PictureError(
            _("Can't read {file}: {reason}.").format(
                file=one_line(str(picture)), reason=error.strerror
            ),
            _("Choose another picture."),
        ) from error
