"""A small JSON object in a file that the program can do without."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path


class JsonRecord:
    """What is remembered of this machine. Damaged or unwritable it is empty."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> dict[str, object]:
        with suppress(OSError, ValueError):
            found = json.loads(self._file.read_text(encoding="utf-8"))
            if isinstance(found, dict):
                return found
        return {}

    def write(self, everything: dict[str, object]) -> None:
        unfinished = self._file.with_name(f"{self._file.name}-{os.getpid()}.part")
        # What can't be remembered is found out again.
        with suppress(OSError):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished.write_text(json.dumps(everything, indent=1), encoding="utf-8")
            unfinished.replace(self._file)
