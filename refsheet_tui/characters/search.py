"""Finding characters by their names, tags, and what was written about them."""

from __future__ import annotations

from dataclasses import dataclass

from refsheet_tui.storage import Database
from refsheet_tui.storage.matching import Excerpt, Wanted


@dataclass(frozen=True)
class CharacterMatch:
    character: int
    name: str
    excerpt: Excerpt


# A name counts ten times what stands in a description.
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


def search(database: Database, words: str, limit: int = 50) -> tuple[CharacterMatch, ...]:
    """Characters of which all of `words` are said somewhere, best first. Raises `StorageError`."""
    wanted = Wanted(words)
    if not wanted.words:
        return ()
    if wanted.is_indexed:
        rows = database.rows(_INDEXED, (wanted.query, limit))
    else:
        condition, values = wanted.like("line")
        rows = database.rows(_PLAIN.format(condition=condition), (*values, limit))
    return tuple(
        CharacterMatch(int(str(number)), str(name), wanted.excerpt(str(line)))
        for number, name, line in rows
    )
