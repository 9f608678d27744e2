"""Verifying a model's files byte by byte, without blocking the screens."""

from __future__ import annotations

import threading
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.models.progress import ProgressBarState, checking_progress
from refsheet_tui.weights import InstalledModel, Verification, VerificationReport


class _StoppedError(Exception):
    """The verification was stopped."""


class FileCheck:
    """The verification of one model's files."""

    def __init__(self, model: InstalledModel) -> None:
        self._model = model
        existing_paths = [each.path for each in model.files if paths.is_file(each.path)]
        self._bytes_total = sum(path.stat().st_size for path in existing_paths)
        self._bytes_done = 0
        self._stop_event = threading.Event()

    @property
    def progress(self) -> ProgressBarState:
        """How far the verification is."""
        return checking_progress(
            self._model.parts[0].path.name, self._bytes_done, self._bytes_total
        )

    async def run(self) -> VerificationReport | None:
        """Verify the files. Returns the report, or None if the verification was stopped."""
        try:
            return await in_thread(
                Verification(self._model.parts, self._model.projector, self._on_read).run
            )
        except _StoppedError:
            return None

    def stop(self) -> None:
        """Stop the verification."""
        self._stop_event.set()

    def _on_read(self, _file: Path, count: int) -> None:
        if self._stop_event.is_set():
            raise _StoppedError
        self._bytes_done += count
