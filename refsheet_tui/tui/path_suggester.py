"""Completion of paths while the user types."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from textual.suggester import Suggester

from refsheet_tui import paths
from refsheet_tui.tui.background import in_thread
from refsheet_tui.untrusted import one_line

# Further entries of a folder are ignored: the user types another letter.
_MAX_ENTRIES = 5000


class PathSuggester(Suggester):
    """Completes the name that is being typed with the first one that begins with it."""

    def __init__(self) -> None:
        # A folder may change between two keys.
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        return await in_thread(partial(_complete, value))


def _complete(value: str) -> str | None:
    folder, separator, name_start = value.rpartition(os.sep)
    if not name_start or value != one_line(value):
        return None
    try:
        with os.scandir(paths.expand_user(folder + separator or ".")) as entries:
            names = [
                entry.name + (os.sep if entry.is_dir() else "")
                for entry, _ in zip(entries, range(_MAX_ENTRIES), strict=False)
                if entry.name.startswith(name_start) and entry.name == one_line(entry.name)
            ]
    except (OSError, ValueError):
        return None
    return folder + separator + min(names) if names else None


def nearest_folder(value: str) -> Path:
    """Return the nearest existing folder of a path that is being typed."""
    path = paths.absolute_path(value) if value else Path.home()
    for folder in (path, *path.parents):
        if os.path.isdir(folder):  # noqa: PTH112 - survives impossible names
            return folder
    return Path.home()
