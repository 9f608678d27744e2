"""The doctor's findings."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights import format_bytes

# With fewer bytes free, chats soon can't be saved, and no model fits.
_MIN_FREE_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Symptom:
    """One finding of the doctor. `remedy` is empty if nothing is wrong."""

    topic: str
    words: str
    remedy: str = ""

    def __str__(self) -> str:
        line = f"{'!' if self.remedy else ' '} {self.topic:<14}{self.words}"
        return f"{line}\n{'':<16}{self.remedy}" if self.remedy else line

    @classmethod
    def of_folder(cls, topic: str, folder: Path) -> Symptom:
        """Check that `folder` is writable and has free space."""
        existing_folder = folder
        while not paths.exists(existing_folder) and existing_folder != existing_folder.parent:
            existing_folder = existing_folder.parent
        name = one_line(str(folder))
        if not os.access(existing_folder, os.W_OK | os.X_OK):
            return cls(topic, f"{name} isn't writable", f"Make {existing_folder} writable.")
        free = shutil.disk_usage(existing_folder).free
        words = f"{name}, {format_bytes(free)} free"
        return cls(topic, words, "Free up some space there." if free < _MIN_FREE_BYTES else "")
