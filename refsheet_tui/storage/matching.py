"""Words a person looks for, as SQLite finds them, and where in a text they are."""

from __future__ import annotations

from dataclasses import dataclass

from refsheet_tui.untrusted import clean, one_line

# The index knows runs of three characters; shorter words, as most Chinese ones, are looked for in
# the texts themselves.
_TRIGRAM = 3
_SIDE = 40  # characters of the text on either side of what was found


@dataclass(frozen=True)
class Excerpt:
    """One line of a text, around the first match in it."""

    before: str
    found: str
    after: str

    def __str__(self) -> str:
        return self.before + self.found + self.after


class Wanted:
    """The words of a search, all of which must be there."""

    def __init__(self, words: str) -> None:
        self.words = tuple(clean(words).split())

    @property
    def is_indexed(self) -> bool:
        """Whether a trigram index can find them."""
        return all(len(word) >= _TRIGRAM for word in self.words)

    @property
    def query(self) -> str:
        """For `MATCH`: strings, whatever is in them."""
        return " ".join('"' + word.replace('"', '""') + '"' for word in self.words)

    def like(self, column: str) -> tuple[str, tuple[str, ...]]:
        """The condition that `column` holds all of them, and its values."""
        condition = " AND ".join(f"{column} LIKE ? ESCAPE '\\'" for _ in self.words)
        return condition, tuple(f"%{_escaped(word)}%" for word in self.words)

    def excerpt(self, text: str) -> Excerpt:
        line = one_line(text)
        lowered = line.casefold() if len(line.casefold()) == len(line) else line.lower()
        places = {lowered.find(word.casefold()): len(word) for word in self.words}
        begin = min((place for place in places if place >= 0), default=0)
        end = min(len(line), begin + places.get(begin, 0))
        left = max(0, begin - _SIDE)
        return Excerpt(
            ("…" if left else "") + line[left:begin],
            line[begin:end],
            line[end : end + _SIDE] + ("…" if end + _SIDE < len(line) else ""),
        )


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
