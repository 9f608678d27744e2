"""Stop a request from another thread, even in the middle of a computation."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from llama_cpp import llama_cpp as llama


class AbortFlag:
    """The abort callback of a context: while the flag is set, its computation ends early.

    llama.cpp asks the callback about a thousand times for each token: in Python that costs 10 % of
    the demo's writing speed, and the interpreter's lock. So the callback is C's `strlen`, which
    says whether a string of at most one character is empty.
    """

    def __init__(self) -> None:
        self._string = ctypes.create_string_buffer(2)
        self.data = ctypes.cast(self._string, ctypes.c_void_p)
        strlen = ctypes.cast(ctypes.CDLL(None).strlen, ctypes.c_void_p)
        self.callback = ctypes.cast(strlen, llama.ggml_abort_callback)

    def set(self) -> None:
        self._string[0] = b"x"

    def clear(self) -> None:
        self._string[0] = b"\0"


class CancelToken:
    """A token that cancels one request. Once cancelled it stays cancelled."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_cancelled = False
        self._flag: AbortFlag | None = None

    def is_cancelled(self) -> bool:
        return self._is_cancelled

    def cancel(self) -> None:
        with self._lock:
            self._is_cancelled = True
            if self._flag is not None:
                self._flag.set()

    @contextmanager
    def abort_on_cancel(self, flag: AbortFlag) -> Iterator[None]:
        """Make `cancel` end the computation that looks at `flag`, too, inside the `with` block."""
        with self._lock:
            self._flag = flag
            if self._is_cancelled:
                flag.set()
        try:
            yield
        finally:
            with self._lock:
                self._flag = None
                flag.clear()
