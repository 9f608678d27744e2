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


def ask_terminal(question: bytes, end_pattern: re.Pattern[bytes], timeout_s: float) -> bytes:
    """Write `question` to the terminal, and return what it answers until `end_pattern` matches.

    Returns nothing if it doesn't answer within `timeout_s` seconds, if the user is typing already,
    or if there is no terminal.
    """
    streams = (sys.__stdin__, sys.__stdout__, sys.__stderr__)
    try:
        if not all(stream is not None and stream.isatty() for stream in streams):
            return b""
        return _ask(0, 1, question, end_pattern, timeout_s)
    except (OSError, ValueError, termios.error):
        return b""


def _ask(
    input_fd: int, output_fd: int, question: bytes, end_pattern: re.Pattern[bytes], timeout_s: float
) -> bytes:
    answer = b""
    saved_attributes = termios.tcgetattr(input_fd)
    tty.setcbreak(input_fd, termios.TCSANOW)
    try:
        if _is_readable(input_fd, 0):  # the user is typing already, and no key may be lost
            return b""
        os.write(output_fd, question)
        deadline = monotonic() + timeout_s
        while not end_pattern.search(answer) and _is_readable(input_fd, deadline - monotonic()):
            chunk = os.read(input_fd, 1024)
            if not chunk:
                break
            answer += chunk
    finally:
        termios.tcsetattr(input_fd, termios.TCSANOW, saved_attributes)
    return answer


def _is_readable(fd: int, timeout_s: float) -> bool:
    return timeout_s >= 0 and bool(select([fd], [], [], timeout_s)[0])
