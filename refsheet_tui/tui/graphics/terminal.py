"""Whether pictures are drawn with every pixel: as the settings say, and the terminal can."""

from __future__ import annotations

import os
import re
import struct
import sys
import termios
import tty
from collections.abc import Mapping
from fcntl import ioctl
from select import select
from time import monotonic
from typing import Literal

from textual.app import App

Drawing = Literal["kitty", "sixel", "halfcell", "off"]
"""`halfcell` is made of coloured blocks, and works everywhere."""

# Its name, which terminals may keep to themselves; then its attributes, which all of them tell.
# They answer in order: with the second answer, no other is still on its way.
_QUESTION = b"\x1b[>0q\x1b[c"
_NAME = re.compile(rb"\x1bP>\|([^\x1b]*)\x1b\\")
_ATTRIBUTES = re.compile(rb"\x1b\[\?([\d;]*)c")
_SIXEL = b"4"

# Seconds. An answer that comes later would be taken for keys, so this is long enough for any line;
# only a terminal that never answers makes a person wait.
_PATIENCE_S = 1.0

_KITTY = re.compile(rb"kitty\((\d+)\.(\d+)")
# The first whose pictures are held by cells, and go where the cells go.
_KITTY_SINCE = (0, 28)

# Pixels of a cell: where the terminal doesn't say, as the VT340 had them; and what is believed.
_CELL = (10, 20)
_LARGEST_CELL = (64, 128)


def drawing_for(
    wanted: Literal["auto"] | Drawing, best: Drawing, environ: Mapping[str, str]
) -> Drawing:
    """How pictures are drawn for the setting `wanted` on a terminal that can do `best`."""
    if wanted == "auto":
        return best
    if wanted in ("kitty", "sixel") and _is_browser(environ):
        return "halfcell"
    return wanted


def best_drawing(environ: Mapping[str, str]) -> Drawing:
    """What the terminal says it can do; to be asked before Textual reads from it."""
    return understood(_asked()) if _can_be_asked(environ) else "halfcell"


def understood(answer: bytes) -> Drawing:
    """What a terminal with this answer can do."""
    name = _NAME.search(answer)
    if name and _holds_pictures(name[1]):
        return "kitty"
    attributes = _ATTRIBUTES.search(answer)
    if attributes and _SIXEL in attributes[1].split(b";"):
        return "sixel"
    return "halfcell"


def cell_size() -> tuple[int, int]:
    """Width and height of a cell in pixels, as they are now."""
    try:
        sizes = ioctl(sys.__stderr__ or 2, termios.TIOCGWINSZ, bytes(8))
    except (OSError, ValueError):
        return _CELL
    rows, columns, width, height = struct.unpack("HHHH", sizes)
    if not (rows and columns and width >= columns and height >= rows):
        return _CELL
    return min(width // columns, _LARGEST_CELL[0]), min(height // rows, _LARGEST_CELL[1])


def tell_terminal(app: App[object], words: str) -> None:
    """What is no part of a frame, between two of them."""
    if words and app._driver is not None:
        app._driver.write(words)


def _is_browser(environ: Mapping[str, str]) -> bool:
    return "TEXTUAL_DRIVER" in environ


def _can_be_asked(environ: Mapping[str, str]) -> bool:
    """Not those that can't, and would show the question; nor those inside of which nobody knows
    what the terminal around them can do."""
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
    """The protocol has no question for this: others show pictures, but not where cells are."""
    kitty = _KITTY.match(name)
    if kitty:
        return (int(kitty[1]), int(kitty[2])) >= _KITTY_SINCE
    return name.startswith(b"ghostty")


def _asked() -> bytes:
    """What the terminal answers; nothing when it doesn't, or there is none."""
    streams = (sys.__stdin__, sys.__stdout__, sys.__stderr__)
    try:
        if not all(stream is not None and stream.isatty() for stream in streams):
            return b""
        return _answer(0, 1)
    except (OSError, ValueError, termios.error):
        return b""


def _answer(keyboard: int, screen: int) -> bytes:
    """Raises `OSError`, `termios.error`."""
    heard = b""
    before = termios.tcgetattr(keyboard)
    tty.setcbreak(keyboard, termios.TCSANOW)
    try:
        if _is_readable(keyboard, 0):  # a person types already, and none of that may be lost
            return b""
        os.write(screen, _QUESTION)
        end = monotonic() + _PATIENCE_S
        while not _ATTRIBUTES.search(heard) and _is_readable(keyboard, end - monotonic()):
            more = os.read(keyboard, 1024)
            if not more:
                break
            heard += more
    finally:
        termios.tcsetattr(keyboard, termios.TCSANOW, before)
    return heard


def _is_readable(file: int, seconds: float) -> bool:
    return seconds >= 0 and bool(select([file], [], [], seconds)[0])
