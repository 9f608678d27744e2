"""Stopping a request from another thread, also in the middle of a computation."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from llama_cpp import llama_cpp as llama


class AbortFlag:
    """A context's abort callback: while it is up, its computation ends early.

    llama.cpp asks the callback about a thousand times for each token: in Python that costs 10 % of
    the demo's writing speed, and the interpreter's lock. So the callback is C's `strlen`, which
    says whether a string of at most one character is empty.
    """

    def __init__(self) -> None:
        self._string = ctypes.create_string_buffer(2)
        self.data = ctypes.cast(self._string, ctypes.c_void_p)
        strlen = ctypes.cast(ctypes.CDLL(None).strlen, ctypes.c_void_p)
        self.callback = ctypes.cast(strlen, llama.ggml_abort_callback)

    def up(self) -> None:
        self._string[0] = b"x"

    def down(self) -> None:
        self._string[0] = b"\0"


class Stop:
    """One request's. Once set it stays set."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_set = False
        self._flag: AbortFlag | None = None

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        with self._lock:
            self._is_set = True
            if self._flag is not None:
                self._flag.up()

    @contextmanager
    def reaching(self, flag: AbortFlag) -> Iterator[None]:
        """Meanwhile `set` also ends the computation that looks at `flag`."""
        with self._lock:
            self._flag = flag
            if self._is_set:
                flag.up()
        try:
            yield
        finally:
            with self._lock:
                self._flag = None
                flag.down()
