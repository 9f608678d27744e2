"""Finding characters by their names, tags and descriptions."""

from __future__ import annotations

from dataclasses import dataclass

from refsheet_tui.storage import Database, Excerpt, SearchQuery


@dataclass(frozen=True)
class CharacterMatch:
    """A character that was found, and where the words stand in it."""

    character: int
    name: str
    excerpt: Excerpt


# A word in a name counts ten times as much as one in a description.
_INDEXED = """
SELECT c.id, w.name, w.name || ' · ' || coalesce(w.text, '')
FROM character_words w JOIN characters c ON c.id = w.rowid
WHERE c.deleted IS NULL AND character_words MATCH ? ORDER BY bm25(character_words, 10, 1) LIMIT ?
"""
_PLAIN = """
SELECT id, name, line FROM (
    SELECT c.id, w.name, w.name || ' · ' || coalesce(w.text, '') AS line, c.used
    FROM character_words w JOIN characters c ON c.id = w.rowid WHERE c.deleted IS NULL
) WHERE {condition} ORDER BY used DESC LIMIT ?
"""


def search_characters(
    database: Database, words: str, limit: int = 50
) -> tuple[CharacterMatch, ...]:
    """Return the characters whose texts contain all of `words`, the best match first.

    Raises `StorageError`.
    """
    query = SearchQuery(words)
    if not query.words:
        return ()
    if query.is_indexed:
        rows = database.fetch_rows(_INDEXED, (query.match_expression, limit))
    else:
        condition, values = query.like_condition("line")
        rows = database.fetch_rows(_PLAIN.format(condition=condition), (*values, limit))
    return tuple(
        CharacterMatch(int(str(number)), str(name), query.make_excerpt(str(line)))
        for number, name, line in rows
    )
