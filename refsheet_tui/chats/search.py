"""Finding messages by what is in them, in any language."""

from __future__ import annotations

from dataclasses import dataclass

from refsheet_tui.storage import Database
from refsheet_tui.storage.database import Row
from refsheet_tui.text import clean, one_line

# The index knows runs of three characters; shorter words, as most Chinese ones, are looked for in
# the texts themselves.
_TRIGRAM = 3
# Of a word that is everywhere the newest places are ranked, not all.
_RANKED = 1000
_SIDE = 40  # characters of the text on either side of what was found


@dataclass(frozen=True)
class Match:
    """`before`, `found` and `after` are one line of the message, around its first match."""

    message: int
    chat: int
    before: str
    found: str
    after: str
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
WHERE m.deleted IS NULL AND c.deleted IS NULL {conditions}
ORDER BY m.id DESC LIMIT ?
"""


def search(database: Database, words: str, limit: int = 50) -> tuple[Match, ...]:
    """Messages that hold all of `words`, best first. Raises `StorageError`."""
    wanted = clean(words).split()
    if not wanted:
        return ()
    if all(len(word) >= _TRIGRAM for word in wanted):
        rows = database.rows(_INDEXED, (" ".join(map(_quoted, wanted)), limit, _RANKED))
    else:
        conditions = " ".join("AND m.text LIKE ? ESCAPE '\\'" for _ in wanted)
        patterns = [f"%{_escaped(word)}%" for word in wanted]
        rows = database.rows(_PLAIN.format(conditions=conditions), (*patterns, limit))
    return tuple(_match(row, wanted) for row in rows)


def _match(row: Row, wanted: list[str]) -> Match:
    number, chat, text, created = row
    assert isinstance(number, int) and isinstance(chat, int)
    line = one_line(str(text))
    lowered = line.casefold() if len(line.casefold()) == len(line) else line.lower()
    places = {lowered.find(word.casefold()): len(word) for word in wanted}
    begin = min((place for place in places if place >= 0), default=0)
    end = min(len(line), begin + places.get(begin, 0))
    left = max(0, begin - _SIDE)
    return Match(
        number,
        chat,
        ("…" if left else "") + line[left:begin],
        line[begin:end],
        line[end : end + _SIDE] + ("…" if end + _SIDE < len(line) else ""),
        float(str(created)),
    )


def _quoted(word: str) -> str:
    """A string to FTS5, whatever is in it."""
    return '"' + word.replace('"', '""') + '"'


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
