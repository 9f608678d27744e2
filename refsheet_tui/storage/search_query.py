"""Turning the words of a search into conditions for SQLite, and showing where they were found."""

from __future__ import annotations

from dataclasses import dataclass

from refsheet_tui.untrusted import clean_text, one_line

# The index has sequences of three characters. Shorter words, such as most Chinese ones, are looked
# for in the texts themselves.
_TRIGRAM = 3
_EXCERPT_MARGIN = 40  # characters of the text on either side of the match


@dataclass(frozen=True)
class Excerpt:
    """A part of a text around the first match, on one line."""

    before: str
    match: str
    after: str

    def __str__(self) -> str:
        return self.before + self.match + self.after


class SearchQuery:
    """The words of a search. A text matches if it contains all of them."""

    def __init__(self, words: str) -> None:
        self.words = tuple(clean_text(words).split())

    @property
    def is_indexed(self) -> bool:
        """True if the index can find the words, because each has three characters or more."""
        return all(len(word) >= _TRIGRAM for word in self.words)

    @property
    def match_expression(self) -> str:
        """The expression for SQLite's `MATCH`, in which all words are quoted."""
        return " ".join('"' + word.replace('"', '""') + '"' for word in self.words)

    def like_condition(self, column: str) -> tuple[str, tuple[str, ...]]:
        """Return a condition that `column` contains all words, and the values for it."""
        condition = " AND ".join(f"{column} LIKE ? ESCAPE '\\'" for _ in self.words)
        return condition, tuple(f"%{_escape_like(word)}%" for word in self.words)

    def make_excerpt(self, text: str) -> Excerpt:
        """Return a part of `text` around the first of the words in it."""
        line = one_line(text)
        lowered = line.casefold() if len(line.casefold()) == len(line) else line.lower()
        match_lengths = {lowered.find(word.casefold()): len(word) for word in self.words}
        begin = min((position for position in match_lengths if position >= 0), default=0)
        end = min(len(line), begin + match_lengths.get(begin, 0))
        start = max(0, begin - _EXCERPT_MARGIN)
        return Excerpt(
            ("…" if start else "") + line[start:begin],
            line[begin:end],
            line[end : end + _EXCERPT_MARGIN] + ("…" if end + _EXCERPT_MARGIN < len(line) else ""),
        )


def _escape_like(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
