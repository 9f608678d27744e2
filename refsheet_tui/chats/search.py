"""Finding messages by what is in them, in any language."""

from __future__ import annotations

from dataclasses import dataclass

from refsheet_tui.storage import Database
from refsheet_tui.storage.database import Row
from refsheet_tui.storage.matching import Excerpt, Wanted

# Of a word that is everywhere the newest places are ranked, not all.
_RANKED = 1000


@dataclass(frozen=True)
class Match:
    message: int
    chat: int
    excerpt: Excerpt
    created: float


_INDEXED = """
SELECT m.id, m.chat, m.text, m.created FROM (
    SELECT rowid, rank FROM message_words WHERE message_words MATCH ?1
    ORDER BY rowid DESC LIMIT ?3
) AS hit JOIN messages m ON m.id = hit.rowid JOIN chats c ON c.id = m.chat
WHERE m.deleted IS NULL AND c.deleted IS NULL ORDER BY hit.rank LIMIT ?2
"""
_PLAIN = """
SELECT m.id, m.chat, m.text, m.created FROM messages m JOIN chats c ON c.id = m.chat
WHERE m.deleted IS NULL AND c.deleted IS NULL AND {condition}
ORDER BY m.id DESC LIMIT ?
"""


def search(database: Database, words: str, limit: int = 50) -> tuple[Match, ...]:
    """Messages that hold all of `words`, best first. Raises `StorageError`."""
    wanted = Wanted(words)
    if not wanted.words:
        return ()
    if wanted.is_indexed:
        rows = database.rows(_INDEXED, (wanted.query, limit, _RANKED))
    else:
        condition, values = wanted.like("m.text")
        rows = database.rows(_PLAIN.format(condition=condition), (*values, limit))
    return tuple(_match(row, wanted) for row in rows)


def _match(row: Row, wanted: Wanted) -> Match:
    number, chat, text, created = row
    assert isinstance(number, int) and isinstance(chat, int)
    return Match(number, chat, wanted.excerpt(str(text)), float(str(created)))
