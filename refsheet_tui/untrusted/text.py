"""Cleaning text from outside: cards, file names, chat files, and the model's own output.

What is removed can move the cursor, rename the window, answer back to the shell, or show text in
another order than it is read. Letters, marks, joiners and emoji of every script stay.
"""

from __future__ import annotations

import re

_ESC = "\x1b"
# Introducers of ECMA-48 control sequences and control strings, as the character after ESC and
# as the one-character (C1) form.
_CSI = {"[", "\x9b"}
_STRING = {"]", "P", "X", "^", "_", "\x9d", "\x90", "\x98", "\x9e", "\x9f"}

# C0 but tab and line feed, DEL, C1, bidi embeddings, overrides and isolates, lone surrogates
# (they can't be encoded, so writing one would raise).
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""One of them; none has a width."""
# BEL and ST end a control string, CAN and SUB abandon it, ESC begins `ESC \\` or another sequence.
# A line break ends it too, so that a string that was never terminated can't swallow the rest of a
# message.
_STRING_STOP = re.compile("[\x07\x18\x1a\x1b\x9c\n\r]")
_BREAKS = re.compile("[\t\n\u2028\u2029]")


def clean(text: str) -> str:
    """`text` without control characters (line feed and tab stay), escape sequences and bidi
    controls; `\\r\\n` and `\\r` become `\\n`, a lone surrogate becomes U+FFFD."""
    # Most texts hold nothing of it, and a chat file holds very many texts.
    return StreamCleaner().feed(text) if UNSEEN.search(text) else text


def one_line(text: str) -> str:
    """`text` cleaned, with a space for every line break and tab: for names inside a message."""
    return _BREAKS.sub(" ", clean(text))


class StreamCleaner:
    """`clean` for a text that arrives in pieces: wherever it is cut, the pieces that come out
    add up to the same. Nothing is held back; a sequence that is cut is remembered as a state.
    """

    def __init__(self) -> None:
        self._state = self._text
        self._after_cr = False

    def feed(self, piece: str) -> str:
        """What `piece` adds to the clean text."""
        out: list[str] = []
        position = 0
        while position < len(piece):
            position = self._state(piece, position, out)
        return "".join(out)

    def flush(self) -> str:
        """End of the text: forget an unfinished sequence. There is never anything left to show."""
        self._state = self._text
        self._after_cr = False
        return ""

    # Each state reads from `position` on, appends what stays, and returns where to go on.

    def _text(self, piece: str, position: int, out: list[str]) -> int:
        if self._after_cr:
            self._after_cr = False
            if piece[position] == "\n":
                return position + 1
        found = UNSEEN.search(piece, position)
        if found is None:
            out.append(piece[position:])
            return len(piece)
        out.append(piece[position : found.start()])
        self._special(found.group(), out)
        return found.end()

    def _special(self, char: str, out: list[str]) -> None:
        if char == "\r":
            out.append("\n")
            self._after_cr = True
        elif char == _ESC:
            self._state = self._escape
        elif char in _CSI:
            self._state = self._control_sequence
        elif char in _STRING:
            self._state = self._control_string
        elif "\ud800" <= char <= "\udfff":
            out.append("\ufffd")

    def _escape(self, piece: str, position: int, out: list[str]) -> int:
        char = piece[position]
        if char in _CSI:
            self._state = self._control_sequence
        elif char in _STRING:
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
        found = _STRING_STOP.search(piece, position)
        if found is None:
            return len(piece)
        char = found.group()
        self._state = self._escape if char == _ESC else self._text
        return found.start() if char in "\r\n" else found.end()
