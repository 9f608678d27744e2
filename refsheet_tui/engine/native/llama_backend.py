"""Start llama.cpp as a library, and collect its log instead of printing it on the terminal.

llama-cpp-python is imported here and in the modules beside this one; importing any of them loads
the native libraries.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from llama_cpp import llama_cpp as llama, mtmd_cpp as mtmd

# ggml.h, enum ggml_log_level
_DEBUG, _ERROR, _CONTINUED = 1, 4, 5
_STDERR = 2


class LlamaLog:
    """Receives everything that the native libraries print.

    All but debug messages go to stderr (a file in the engine process). The first error is stored,
    so that a failed load can say why.
    """

    def __init__(self) -> None:
        self._first_error = ""
        self._level = _DEBUG
        self.line_collectors: list[list[str]] = []
        # ctypes frees a callback that nothing refers to, and the next log line is a crash.
        self._callback = llama.llama_log_callback(self._receive)

    def install(self) -> None:
        for set_callback in (llama.llama_log_set, mtmd.mtmd_log_set, mtmd.mtmd_helper_log_set):
            set_callback(self._callback, ctypes.c_void_p(0))

    def clear_error(self) -> None:
        self._first_error = ""

    @property
    def first_error(self) -> str:
        """The first error that was logged; empty when there was none.

        Later ones come from its callers, which each complain in more general words.
        """
        return self._first_error

    def _receive(self, level: int, text: bytes, _user_data: object) -> None:
        level = self._level if level == _CONTINUED else level
        self._level = level
        if level <= _DEBUG:
            return
        os.write(_STDERR, text)
        line = text.decode("utf-8", "replace").strip()
        for lines in self.line_collectors:
            lines.append(line)
        if level == _ERROR:
            self._first_error = self._first_error or line


@cache
def start_backend() -> LlamaLog:
    """Start llama.cpp on the first call, and return its log."""
    log = LlamaLog()
    log.install()
    llama.llama_backend_init()
    return log


@contextmanager
def collect_errors() -> Iterator[LlamaLog]:
    """Yield a log whose `first_error` happened inside the `with` block."""
    log = start_backend()
    log.clear_error()
    yield log


@contextmanager
def collect_log_lines() -> Iterator[list[str]]:
    """Yield a list that collects the lines logged inside the `with` block."""
    collectors, lines = start_backend().line_collectors, list[str]()
    collectors.append(lines)
    try:
        yield lines
    finally:
        collectors.pop()
