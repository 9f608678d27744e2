"""Looking through a model's files, byte for byte, while the screens live on."""

from __future__ import annotations

import threading
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.models.progress import Progress, checking
from refsheet_tui.weights.findings import Report
from refsheet_tui.weights.shop import Pair
from refsheet_tui.weights.verify import Verification


class _StoppedError(Exception):
    """Nobody wants to know any more."""


class Verifying:
    """Of one pair of files."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        there = [each.path for each in pair.files if paths.is_file(each.path)]
        self._total = sum(path.stat().st_size for path in there)
        self._done = 0
        self._stop = threading.Event()

    @property
    def progress(self) -> Progress:
        return checking(self._pair.parts[0].path.name, self._done, self._total)

    async def run(self) -> Report | None:
        """What was found; None when it was stopped."""
        try:
            return await in_thread(
                Verification(self._pair.parts, self._pair.projector, self._read).run
            )
        except _StoppedError:
            return None

    def stop(self) -> None:
        self._stop.set()

    def _read(self, _file: Path, count: int) -> None:
        if self._stop.is_set():
            raise _StoppedError
        self._done += count
