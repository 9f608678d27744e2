"""Where the engine process prints: a file of its own for each, the latest few are kept."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from datetime import datetime
from pathlib import Path

from refsheet_tui.errors import StorageError
from refsheet_tui.paths import ensure_dir
from refsheet_tui.untrusted import clean

_PATTERN = "engine-*.log"
_KEPT = 10
_TAIL_BYTES = 4096
_TAIL_LINES = 3
# How llama.cpp, ggml and the C++ runtime say why they end; most of what they print is news.
_COMPLAINT = re.compile(
    r"assert|error|fail|abort|fatal|terminat|exception|can't|cannot|out of memory|invalid",
    re.IGNORECASE,
)


def create(folder: Path) -> Path:
    """An empty log in `folder`, or with the temporary files when that can't be written.

    Raises `OSError` when neither can.
    """
    try:
        ensure_dir(folder)
        _prune(folder)
        return _new(folder)
    except (StorageError, OSError):
        return _new(Path(tempfile.gettempdir()))


def last_complaints(path: Path) -> str:
    """What the end of the log complains of, in one line fit for a message; empty when that is
    nothing."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            text = clean(file.read().decode("utf-8", "replace"))
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if _COMPLAINT.search(line)]
    return " | ".join(lines[-_TAIL_LINES:])


def _new(folder: Path) -> Path:
    prefix = f"engine-{datetime.now():%Y%m%d-%H%M%S}-"
    handle, name = tempfile.mkstemp(prefix=prefix, suffix=".log", dir=folder)
    os.close(handle)
    return Path(name)


def _prune(folder: Path) -> None:
    for old in sorted(folder.glob(_PATTERN))[: -(_KEPT - 1)]:
        with contextlib.suppress(OSError):
            old.unlink()
