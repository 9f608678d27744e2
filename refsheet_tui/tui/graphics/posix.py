"""A terminal on a POSIX system: what it answers, and how large it is."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import sys
import termios
import tty
from select import select
from time import monotonic

assert sys.platform != "win32"  # so that type checkers skip the rest there


def window_size() -> tuple[int, int, int, int]:
    """Return the rows and columns of the terminal, and its width and height in pixels.

    Each is 0 if the terminal doesn't tell it.
    """
    try:
        sizes = fcntl.ioctl(sys.__stderr__ or 2, termios.TIOCGWINSZ, bytes(8))
    except (OSError, ValueError):
        return 0, 0, 0, 0
    rows, columns, width, height = struct.unpack("HHHH", sizes)
    return rows, columns, width, height


def ask_terminal(question: bytes, last: re.Pattern[bytes], patience_s: float) -> bytes:
    """Write `question` to the terminal, and return what it answers until `last` matches.

    Returns nothing if it doesn't answer within `patience_s` seconds, if the user is typing already,
    or if there is no terminal.
    """
    streams = (sys.__stdin__, sys.__stdout__, sys.__stderr__)
    try:
        if not all(stream is not None and stream.isatty() for stream in streams):
            return b""
        return _ask(0, 1, question, last, patience_s)
    except (OSError, ValueError, termios.error):
        return b""


def _ask(
    keyboard: int, screen: int, question: bytes, last: re.Pattern[bytes], patience_s: float
) -> bytes:
    answer = b""
    before = termios.tcgetattr(keyboard)
    tty.setcbreak(keyboard, termios.TCSANOW)
    try:
        if _is_readable(keyboard, 0):  # the user is typing already, and no key may be lost
            return b""
        os.write(screen, question)
        end = monotonic() + patience_s
        while not last.search(answer) and _is_readable(keyboard, end - monotonic()):
            more = os.read(keyboard, 1024)
            if not more:
                break
            answer += more
    finally:
        termios.tcsetattr(keyboard, termios.TCSANOW, before)
    return answer


def _is_readable(file: int, seconds: float) -> bool:
    return seconds >= 0 and bool(select([file], [], [], seconds)[0])
