"""Cleaning untrusted text: cards, file names, chat files, and the model's own output.

Characters are removed that can move the cursor, rename the window, type into the shell, or show
text in a different order. Letters, marks, joiners and emoji of every script stay.
"""

from __future__ import annotations

import re

_ESC = "\x1b"
# The beginnings of ECMA-48 control sequences and control strings: the character after ESC, and the
# one-character (C1) form.
_CSI = {"[", "\x9b"}
_CONTROL_STRING = {"]", "P", "X", "^", "_", "\x9d", "\x90", "\x98", "\x9e", "\x9f"}

# C0 without tab and line feed, DEL, C1, bidi embeddings, overrides and isolates, and lone
# surrogates (they can't be encoded, so writing one would raise an error).
CONTROL_CHARACTERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Matches one character that `clean_text` removes or replaces."""
# BEL and ST end a control string, CAN and SUB abandon it, ESC begins `ESC \\` or another sequence.
# A line break ends it as well, so that an unterminated string can't swallow the rest of a message.
_STRING_STOP = re.compile("[\x07\x18\x1a\x1b\x9c\n\r]")
_BREAKS = re.compile("[\t\n\u2028\u2029]")


def clean_text(text: str) -> str:
    r"""Remove everything from a text that could harm the terminal.

    Args:
        text: Any text.

    Returns:
        The text without control characters (line feed and tab stay), escape sequences and bidi
        controls. `\r\n` and `\r` become `\n`, and a lone surrogate becomes U+FFFD.
    """
    # Most texts contain nothing to remove, and a chat file has very many texts.
    return StreamCleaner().feed(text) if CONTROL_CHARACTERS.search(text) else text


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

    The clean pieces add up to the same text, wherever the text was cut. Nothing is held back: an
    escape sequence that was cut is remembered as a state.
    """

    def __init__(self) -> None:
        self._state = self._text
        self._after_cr = False

    def feed(self, piece: str) -> str:
        """Add a piece, and return what it adds to the clean text.

        Args:
            piece: The next piece of the text, of any length.
        """
        out: list[str] = []
        position = 0
        while position < len(piece):
            position = self._state(piece, position, out)
        return "".join(out)

    def flush(self) -> str:
        """End the text, and forget an unfinished escape sequence.

        Returns:
            An empty text, because nothing is ever held back.
        """
        self._state = self._text
        self._after_cr = False
        return ""

    # Each state reads from `position` on, appends the text that stays, and returns the position
    # after what it read.

    def _text(self, piece: str, position: int, out: list[str]) -> int:
        if self._after_cr:
            self._after_cr = False
            if piece[position] == "\n":
                return position + 1
        match = CONTROL_CHARACTERS.search(piece, position)
        if match is None:
            out.append(piece[position:])
            return len(piece)
        out.append(piece[position : match.start()])
        self._handle_control(match.group(), out)
        return match.end()

    def _handle_control(self, char: str, out: list[str]) -> None:
        if char == "\r":
            out.append("\n")
            self._after_cr = True
        elif char == _ESC:
            self._state = self._escape
        elif char in _CSI:
            self._state = self._control_sequence
        elif char in _CONTROL_STRING:
            self._state = self._control_string
        elif "\ud800" <= char <= "\udfff":
            out.append("\ufffd")

    def _escape(self, piece: str, position: int, out: list[str]) -> int:
        char = piece[position]
        if char in _CSI:
            self._state = self._control_sequence
        elif char in _CONTROL_STRING:
            self._state = self._control_string
        elif " " <= char <= "/":  # an intermediate: more of the same sequence follows
            self._state = self._escape
        else:
            self._state = self._text
            if not "0" <= char <= "~":  # not part of any sequence: read it as text
                return position
        return position + 1

    def _control_sequence(self, piece: str, position: int, out: list[str]) -> int:
        char = piece[position]
        if " " <= char <= "?":  # parameters and intermediates
            return position + 1
        self._state = self._text
        return position + 1 if "@" <= char <= "~" else position

    def _control_string(self, piece: str, position: int, out: list[str]) -> int:
        match = _STRING_STOP.search(piece, position)
        if match is None:
            return len(piece)
        char = match.group()
        self._state = self._escape if char == _ESC else self._text
        return match.start() if char in "\r\n" else match.end()
