"""Cleaning untrusted text: cards, file names, chat files, and the model's own output.

Characters are removed that can move the cursor, rename the window, type into the shell, or show
text in a different order. Every sequence that controls a terminal begins with one of them, so what
is left of it is plain text, and nothing that may be a word is removed. Letters, marks, joiners and
emoji of every script stay.
"""

from __future__ import annotations

import re

# C0 without tab and line feed, DEL, C1, bidi embeddings, overrides and isolates, and lone
# surrogates (they can't be encoded, so writing one would raise an error).
CONTROL_CHARACTERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Matches one character that `clean_text` removes or replaces."""
_LINE_ENDS = re.compile("\r\n?")
_SURROGATES = re.compile("[\ud800-\udfff]")
_BREAKS = re.compile("[\t\n\u2028\u2029]")


def clean_text(text: str) -> str:
    r"""Remove the characters of a text that could harm the terminal.

    Args:
        text: Any text.

    Returns:
        The text without control characters (line feed and tab stay) and bidi controls. `\r\n` and
        `\r` become `\n`, and a lone surrogate becomes U+FFFD.
    """
    if not CONTROL_CHARACTERS.search(text):
        return text  # most texts contain nothing to remove, and a chat file has very many texts
    text = _SURROGATES.sub("\ufffd", _LINE_ENDS.sub("\n", text))
    return CONTROL_CHARACTERS.sub("", text)


def one_line(text: str) -> str:
    """Clean a text that has to fit on one line, such as a name inside of an error.

    Args:
        text: Any text.

    Returns:
        The text as `clean_text` returns it, with a space for every line break and tab.
    """
    return _BREAKS.sub(" ", clean_text(text))


class StreamCleaner:
    """Does what `clean_text` does, for a text that arrives in pieces.

    The clean pieces add up to the same text, wherever the text was cut. Nothing is held back.
    """

    def __init__(self) -> None:
        self._after_cr = False

    def feed(self, piece: str) -> str:
        """Add a piece, and return what it adds to the clean text.

        Args:
            piece: The next piece of the text, of any length.
        """
        if not piece:
            return ""
        rest = piece.removeprefix("\n") if self._after_cr else piece
        self._after_cr = piece.endswith("\r")
        return clean_text(rest)

    def flush(self) -> str:
        """End the text.

        Returns:
            An empty text, because nothing is ever held back.
        """
        self._after_cr = False
        return ""
