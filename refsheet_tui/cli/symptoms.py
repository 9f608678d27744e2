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
_LITTLE = 1_000_000_000


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
        there = folder
        while not paths.exists(there) and there != there.parent:
            there = there.parent
        shown = one_line(str(folder))
        if not os.access(there, os.W_OK | os.X_OK):
            return cls(topic, f"{shown} isn't writable", f"Make {there} writable.")
        free = shutil.disk_usage(there).free
        words = f"{shown}, {format_bytes(free)} free"
        return cls(topic, words, "Free up some space there." if free < _LITTLE else "")
