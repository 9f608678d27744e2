"""llama.cpp as a library: started once, quiet on the terminal, its last words kept.

llama-cpp-python is imported here and in the modules beside this one; importing any of them loads
the native libraries.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from llama_cpp import llama_cpp as llama
from llama_cpp import mtmd_cpp as mtmd
from llama_cpp._ggml import libggml

# ggml.h, enum ggml_log_level
_DEBUG, _ERROR, _CONTINUED = 1, 4, 5
# ggml-backend.h, enum ggml_backend_dev_type
_DISCRETE, _INTEGRATED = 1, 2
_STDERR = 2


class Log:
    """Receives everything the native libraries print: all but chatter goes to stderr (a file in
    the engine process), and the first error is kept, so that a failed load can say why."""

    def __init__(self) -> None:
        self._first_error = ""
        self._level = _DEBUG
        self.lines: list[str] | None = None
        # ctypes frees a callback that nothing refers to, and the next log line is a crash.
        self._callback = llama.llama_log_callback(self._receive)

    def install(self) -> None:
        for set_callback in (llama.llama_log_set, mtmd.mtmd_log_set, mtmd.mtmd_helper_log_set):
            set_callback(self._callback, ctypes.c_void_p(0))

    def keep_lines(self) -> None:
        """From here on in `lines`."""
        self.lines = []

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
        if self.lines is not None:
            self.lines.append(line)
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


def gpu() -> str | None:
    """What layers are offloaded to, such as `CUDA NVIDIA H200`; None on a build without."""
    for device in _gpus():
        register = _device("backend_reg", ctypes.c_void_p, ctypes.c_void_p)(device)
        backend = _function("ggml_backend_reg_name", ctypes.c_char_p, ctypes.c_void_p)(register)
        name = _device("description", ctypes.c_char_p, ctypes.c_void_p)(device)
        return f"{_text(backend)} {_text(name)}".strip()
    return None


def gpu_memory() -> int | None:
    """The free bytes of all GPUs together; None on a build without."""
    sizes = [_memory(device)[0] for device in _gpus()]
    return sum(sizes) if sizes else None


def devices() -> list[dict[str, str | int]]:
    """Every GPU: its `name`, bytes `free` and in `total`, and whether it `shares` the machine's."""
    found: list[dict[str, str | int]] = []
    for device in _gpus():
        name = _device("description", ctypes.c_char_p, ctypes.c_void_p)(device)
        free, total = _memory(device)
        shares = _shares_memory(device)
        found.append({"name": _text(name), "free": free, "total": total, "shares": shares})
    return found


def gpu_shares_memory() -> bool:
    """Whether what is on the GPU is in the machine's own memory."""
    return any(map(_shares_memory, _gpus()))


def _shares_memory(device: int) -> bool:
    is_apple = sys.platform == "darwin" and platform.machine() == "arm64"
    return is_apple or _type(device) == _INTEGRATED


def _gpus() -> Iterator[int]:
    start()
    if not llama.llama_supports_gpu_offload():
        return
    for index in range(_device("count", ctypes.c_size_t)()):
        device = _device("get", ctypes.c_void_p, ctypes.c_size_t)(index)
        if _type(device) in (_DISCRETE, _INTEGRATED):
            yield device


def _type(device: int) -> int:
    return int(_device("type", ctypes.c_int, ctypes.c_void_p)(device))


def _memory(device: int) -> tuple[int, int]:
    size = ctypes.POINTER(ctypes.c_size_t)
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    ask = _device("memory", None, ctypes.c_void_p, size, size)
    ask(device, ctypes.byref(free), ctypes.byref(total))
    return free.value, total.value


def _device(name: str, result: type | None, *arguments: type) -> ctypes._NamedFuncPointer:
    return _function(f"ggml_backend_dev_{name}", result, *arguments)


def _function(name: str, result: type | None, *arguments: type) -> ctypes._NamedFuncPointer:
    function: ctypes._NamedFuncPointer = getattr(libggml, name)
    function.restype, function.argtypes = result, arguments
    return function


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")
