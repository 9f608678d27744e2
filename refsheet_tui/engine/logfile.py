"""The logs of the engine process: one file for each process. The latest few are not deleted."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from datetime import datetime
from pathlib import Path

from refsheet_tui.errors import StorageError
from refsheet_tui.paths import ensure_dir
from refsheet_tui.untrusted import clean_text

_PATTERN = "engine-*.log"
_MAX_LOGS = 10
_TAIL_BYTES = 4096
_TAIL_LINES = 3
# The words of llama.cpp, ggml and the C++ runtime when they fail. Most of what they print is not an
# error.
_ERROR_LINE = re.compile(
    r"assert|error|fail|abort|fatal|terminat|exception|can't|cannot|out of memory|invalid",
    re.IGNORECASE,
)


def create_log(folder: Path) -> Path:
    """Create an empty log in `folder`, or in the folder for temporary files if that fails.

    Raises `OSError` when both fail.
    """
    try:
        ensure_dir(folder)
        _remove_old_logs(folder)
        return _create_log_file(folder)
    except (StorageError, OSError):
        return _create_log_file(Path(tempfile.gettempdir()))


def last_errors(path: Path) -> str:
    """Return the errors at the end of the log, in one line; empty if there are none."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            text = clean_text(file.read().decode("utf-8", "replace"))
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if _ERROR_LINE.search(line)]
    return " | ".join(lines[-_TAIL_LINES:])


def _create_log_file(folder: Path) -> Path:
    prefix = f"engine-{datetime.now():%Y%m%d-%H%M%S}-"
    handle, name = tempfile.mkstemp(prefix=prefix, suffix=".log", dir=folder)
    os.close(handle)
    return Path(name)


def _remove_old_logs(folder: Path) -> None:
    for old in sorted(folder.glob(_PATTERN))[: -(_MAX_LOGS - 1)]:
        with contextlib.suppress(OSError):
            old.unlink()
