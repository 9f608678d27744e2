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
_NAME_ANSWER = re.compile(rb"\x1bP>\|([^\x1b]*)\x1b\\")
_ATTRIBUTES_ANSWER = re.compile(rb"\x1b\[\?([\d;]*)c")
_SIXEL_ATTRIBUTE = b"4"

# Seconds. A later answer would be taken for keys, so this is long enough for any connection. Only a
# terminal that never answers makes the user wait.
_TIMEOUT_S = 1.0

_KITTY_NAME = re.compile(rb"kitty\((\d+)\.(\d+)")
# The first version with Unicode placeholders.
_MIN_KITTY_VERSION = (0, 28)

# Pixels of a cell: the VT340's, if the terminal reports none; and the most that is believed.
_DEFAULT_CELL_SIZE = (10, 20)
_MAX_CELL_SIZE = (64, 128)


def drawing_for(
    setting: Literal["auto"] | Drawing, best: Drawing, environ: Mapping[str, str]
) -> Drawing:
    """Return how pictures are drawn.

    Args:
        setting: The setting `screens.pictures`.
        best: The best way that the terminal supports.
        environ: The environment variables.
    """
    if setting == "auto":
        return best
    if setting in ("kitty", "sixel") and _is_browser(environ):
        return "blocks"
    return setting


def best_drawing(environ: Mapping[str, str]) -> Drawing:
    """Return the best way that the terminal supports.

    Must be called before Textual reads from the terminal.
    """
    return drawing_from_answer(_ask()) if _can_be_asked(environ) else "blocks"


def drawing_from_answer(answer: bytes) -> Drawing:
    """Return the best way that a terminal with this answer supports."""
    name = _NAME_ANSWER.search(answer)
    if name and _has_placeholders(name[1]):
        return "kitty"
    attributes = _ATTRIBUTES_ANSWER.search(answer)
    if attributes and _SIXEL_ATTRIBUTE in attributes[1].split(b";"):
        return "sixel"
    return "blocks"


def cell_size() -> tuple[int, int]:
    """Return the current width and height of a cell in pixels."""
    rows = columns = width = height = 0
    if sys.platform != "win32":  # which has no such call
        from refsheet_tui.tui.graphics.posix import window_size

        rows, columns, width, height = window_size()
    if not (rows and columns and width >= columns and height >= rows):
        return _DEFAULT_CELL_SIZE
    return min(width // columns, _MAX_CELL_SIZE[0]), min(height // rows, _MAX_CELL_SIZE[1])


def write_to_terminal(app: App[object], sequences: str) -> None:
    """Write control sequences to the terminal between two frames."""
    if sequences and app._driver is not None:
        app._driver.write(sequences)


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


def _has_placeholders(name: bytes) -> bool:
    """Return True if the terminal with this name supports Unicode placeholders.

    The protocol has no query for this. Other terminals show pictures, but not by cells.
    """
    kitty = _KITTY_NAME.match(name)
    if kitty:
        return (int(kitty[1]), int(kitty[2])) >= _MIN_KITTY_VERSION
    return name.startswith(b"ghostty")


def _ask() -> bytes:
    """Return the terminal's answer; empty if it doesn't answer or there is no terminal."""
    if sys.platform != "win32":  # whose terminals draw blocks
        from refsheet_tui.tui.graphics.posix import ask_terminal

        return ask_terminal(_QUESTION, _ATTRIBUTES_ANSWER, _TIMEOUT_S)
    return b""
