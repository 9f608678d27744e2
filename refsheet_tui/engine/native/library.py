"""llama.cpp as a library: started once, quiet on the terminal, its last words kept.

llama-cpp-python is imported here and in the modules beside this one; importing any of them loads
the native libraries.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from llama_cpp import llama_cpp as llama
from llama_cpp import mtmd_cpp as mtmd

# ggml.h, enum ggml_log_level
_DEBUG, _ERROR, _CONTINUED = 1, 4, 5
_STDERR = 2


class Log:
    """Receives everything the native libraries print: all but chatter goes to stderr (a file in
    the engine process), and the first error is kept, so that a failed load can say why."""

    def __init__(self) -> None:
        self._first_error = ""
        self._level = _DEBUG
        self.collecting: list[list[str]] = []
        # ctypes frees a callback that nothing refers to, and the next log line is a crash.
        self._callback = llama.llama_log_callback(self._receive)

    def install(self) -> None:
        for set_callback in (llama.llama_log_set, mtmd.mtmd_log_set, mtmd.mtmd_helper_log_set):
            set_callback(self._callback, ctypes.c_void_p(0))

    def forget(self) -> None:
        self._first_error = ""

    @property
    def cause(self) -> str:
        """The first thing that went wrong, empty when nothing did. Its callers complain after it,
        each in more general words."""
        return self._first_error

    def _receive(self, level: int, text: bytes, _user_data: object) -> None:
        level = self._level if level == _CONTINUED else level
        self._level = level
        if level <= _DEBUG:
            return
        os.write(_STDERR, text)
        line = text.decode("utf-8", "replace").strip()
        for lines in self.collecting:
            lines.append(line)
        if level == _ERROR:
            self._first_error = self._first_error or line


@cache
def start() -> Log:
    """Start llama.cpp, the first time; return its log."""
    log = Log()
    log.install()
    llama.llama_backend_init()
    return log


@contextmanager
def collected_errors() -> Iterator[Log]:
    """A log that knows only the errors that happen inside."""
    log = start()
    log.forget()
    yield log


@contextmanager
def collected_lines() -> Iterator[list[str]]:
    """Collect the lines that are logged inside."""
    collecting, lines = start().collecting, list[str]()
    collecting.append(lines)
    try:
        yield lines
    finally:
        collecting.pop()
