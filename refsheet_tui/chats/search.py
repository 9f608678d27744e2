"""Finding messages by the words in them, in any language."""

from __future__ import annotations

from dataclasses import dataclass

from refsheet_tui.storage import Database, Excerpt, Row, SearchQuery

# Only the newest matches are ranked: a common word has too many of them.
_MAX_RANKED = 1000


@dataclass(frozen=True)
class MessageMatch:
    """A message that was found. `created` is in seconds since 1970."""

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


def search_messages(database: Database, words: str, limit: int = 50) -> tuple[MessageMatch, ...]:
    """Return the messages that contain all of `words`, the best match first.

    Raises `StorageError`.
    """
    query = SearchQuery(words)
    if not query.words:
        return ()
    if query.is_indexed:
        rows = database.fetch_rows(_INDEXED, (query.match_expression, limit, _MAX_RANKED))
    else:
        condition, values = query.like_condition("m.text")
        rows = database.fetch_rows(_PLAIN.format(condition=condition), (*values, limit))
    return tuple(_match_from_row(row, query) for row in rows)


def _match_from_row(row: Row, query: SearchQuery) -> MessageMatch:
    number, chat, text, created = row
    assert isinstance(number, int) and isinstance(chat, int)
    return MessageMatch(number, chat, query.make_excerpt(str(text)), float(str(created)))
