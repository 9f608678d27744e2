"""The engine process: `python -m refsheet_tui.engine.native FOLDER LANGUAGE`.

Its error messages are in that language. Messages come in on file descriptor 0 and go out on what
was 1. From here on 1 is 2, the log: llama.cpp and ggml print on both, and must not print into the
messages.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
from pathlib import Path

from refsheet_tui.engine.native.request_server import RequestServer
from refsheet_tui.engine.pixel_folder import PixelFolder
from refsheet_tui.i18n import set_language

_STDIN, _STDOUT, _STDERR = 0, 1, 2
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    messages = os.dup(_STDOUT)
    os.dup2(_STDERR, _STDOUT)
    logging.basicConfig(format="%(name)s: %(message)s")  # on standard error, the log
    _die_with_parent()
    with os.fdopen(_STDIN, "rb") as inbox, os.fdopen(messages, "wb") as outbox:
        folder, language = sys.argv[1:]
        set_language(language)
        RequestServer(inbox, outbox, PixelFolder(Path(folder))).serve()


def _die_with_parent() -> None:
    """Make the system kill this process when its parent dies, which only Linux can.

    Elsewhere only the end of the pipe says that the parent is gone, and it does not if another
    process inherited its other end. Linux watches the thread that started this process, which runs
    the client's loop.
    """
    if sys.platform == "linux":
        prctl = ctypes.CDLL(None).prctl
        # prctl(2): the arguments behind the option are unsigned long.
        prctl.restype, prctl.argtypes = ctypes.c_int, (ctypes.c_int, ctypes.c_ulong)
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
