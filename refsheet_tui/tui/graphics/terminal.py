"""Choosing how pictures are drawn, by the settings and by what the terminal supports."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Literal

from textual.app import App

Drawing = Literal["kitty", "sixel", "blocks", "off"]
"""How pictures are drawn. `blocks` uses colored blocks and works everywhere."""

# Asks for the terminal's name, which not every terminal answers, and then for its attributes, which
# all do. Terminals answer in order, so after the second answer nothing more arrives.
_QUESTION = b"\x1b[>0q\x1b[c"
_NAME = re.compile(rb"\x1bP>\|([^\x1b]*)\x1b\\")
_ATTRIBUTES = re.compile(rb"\x1b\[\?([\d;]*)c")
_SIXEL = b"4"

# Seconds. A later answer would be taken for keys, so this is long enough for any connection. Only a
# terminal that never answers makes the user wait.
_PATIENCE_S = 1.0

_KITTY = re.compile(rb"kitty\((\d+)\.(\d+)")
# The first version with Unicode placeholders.
_KITTY_SINCE = (0, 28)

# Pixels of a cell: the VT340's, if the terminal reports none; and the most that is believed.
_CELL = (10, 20)
_LARGEST_CELL = (64, 128)


def drawing_for(
    wanted: Literal["auto"] | Drawing, best: Drawing, environ: Mapping[str, str]
) -> Drawing:
    """Return how pictures are drawn.

    Args:
        wanted: The setting `screens.pictures`.
        best: The best way that the terminal supports.
        environ: The environment variables.
    """
    if wanted == "auto":
        return best
    if wanted in ("kitty", "sixel") and _is_browser(environ):
        return "blocks"
    return wanted


def best_drawing(environ: Mapping[str, str]) -> Drawing:
    """Return the best way that the terminal supports.

    Must be called before Textual reads from the terminal.
    """
    return understood(_asked()) if _can_be_asked(environ) else "blocks"


def understood(answer: bytes) -> Drawing:
    """Return the best way that a terminal with this answer supports."""
    name = _NAME.search(answer)
    if name and _holds_pictures(name[1]):
        return "kitty"
    attributes = _ATTRIBUTES.search(answer)
    if attributes and _SIXEL in attributes[1].split(b";"):
        return "sixel"
    return "blocks"


def cell_size() -> tuple[int, int]:
    """Return the current width and height of a cell in pixels."""
    rows = columns = width = height = 0
    if sys.platform != "win32":  # which has no such call
        from refsheet_tui.tui.graphics.posix import window_size

        rows, columns, width, height = window_size()
    if not (rows and columns and width >= columns and height >= rows):
        return _CELL
    return min(width // columns, _LARGEST_CELL[0]), min(height // rows, _LARGEST_CELL[1])


def tell_terminal(app: App[object], words: str) -> None:
    """Write control sequences to the terminal between two frames."""
    if words and app._driver is not None:
        app._driver.write(words)


def _is_browser(environ: Mapping[str, str]) -> bool:
    return "TEXTUAL_DRIVER" in environ


def _can_be_asked(environ: Mapping[str, str]) -> bool:
    """Return True if the terminal can be asked.

    Some terminals would show the question as text. In others, such as tmux, the answer would say
    nothing about the terminal around them.
    """
    term = environ.get("TERM", "")
    return not (
        _is_browser(environ)
        or environ.get("NO_COLOR")
        or term in ("", "dumb", "linux")
        or environ.get("TERM_PROGRAM") == "Apple_Terminal"
        or term.startswith(("tmux", "screen"))
        or environ.get("TMUX")
        or environ.get("STY")
    )


def _holds_pictures(name: bytes) -> bool:
    """Return True if the terminal with this name supports Unicode placeholders.

    The protocol has no query for this. Other terminals show pictures, but not by cells.
    """
    kitty = _KITTY.match(name)
    if kitty:
        return (int(kitty[1]), int(kitty[2])) >= _KITTY_SINCE
    return name.startswith(b"ghostty")


def _asked() -> bytes:
    """Return the terminal's answer; empty if it doesn't answer or there is no terminal."""
    if sys.platform != "win32":  # whose terminals draw blocks
        from refsheet_tui.tui.graphics.posix import ask_terminal

        return ask_terminal(_QUESTION, _ATTRIBUTES, _PATIENCE_S)
    return b""
