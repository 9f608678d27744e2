"""Progress of downloads and checksums on standard error.

A terminal shows progress bars; anything else gets one line for each file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Column

from refsheet_tui import paths
from refsheet_tui.cli.console import print_note
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights import (
    CheckingSum,
    FileReady,
    InstalledModel,
    QueryingHub,
    ReceivingFile,
    WaitingForLock,
    format_bytes,
)

# Narrow, so that names and numbers fit into 80 columns.
_BAR = 12


class ProgressBars:
    """Progress bars, one for each file."""

    def __init__(self, progress: Progress, *, is_visible: bool) -> None:
        self._progress = progress
        self._is_visible = is_visible
        self._tasks: dict[str, TaskID] = {}

    def update_file(self, name: str, done: int, total: int) -> None:
        """Show that `done` of `total` bytes of `name` are processed."""
        name = one_line(name)
        if name not in self._tasks:
            # The speed counts from here: bytes that were there before took no time.
            self._tasks[name] = self._progress.add_task(name, total=total or None, completed=done)
            self.print_line(f"{name} ({format_bytes(total)})", plain_only=True)
        self._progress.update(self._tasks[name], completed=done)

    def print_line(self, text: str, *, plain_only: bool = False) -> None:
        """Print a line; with `plain_only`, only if no bars are shown."""
        if not self._is_visible:
            print_note(text)
        elif not plain_only:
            self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def progress_bars() -> Iterator[ProgressBars]:
    """Show progress bars until the `with` block ends."""
    is_visible = sys.stderr.isatty()
    with Progress(
        TextColumn("{task.description}", markup=False, table_column=_name_column()),
        BarColumn(bar_width=_BAR, table_column=_column()),
        DownloadColumn(table_column=_column()),
        TransferSpeedColumn(table_column=_column()),
        TimeElapsedColumn(table_column=_column()),
        TimeRemainingColumn(table_column=_column()),
        console=Console(stderr=True),
        disable=not is_visible,
        expand=True,
    ) as progress:
        yield ProgressBars(progress, is_visible=is_visible)


def _column() -> Column:
    return Column(no_wrap=True)


def _name_column() -> Column:
    """Return a column that fills the rest of the line and cuts long names."""
    return Column(no_wrap=True, overflow="ellipsis", ratio=1)


class DownloadView:
    """Shows the events of a download."""

    def __init__(self, progress_bars: ProgressBars) -> None:
        self._progress_bars = progress_bars

    def show_event(self, event: object) -> None:
        """Show the progress that `event` reports."""
        if isinstance(event, QueryingHub):
            self._progress_bars.print_line(f"Requesting {event.file.file}…", plain_only=True)
        elif isinstance(event, WaitingForLock):
            self._progress_bars.print_line(
                f"Waiting for another program to download {event.file.file}."
            )
        elif isinstance(event, ReceivingFile):
            self._progress_bars.update_file(event.file.file, event.done, event.total)
        elif isinstance(event, CheckingSum):
            self._progress_bars.update_file(f"Verifying {event.file.file}", event.done, event.total)
        elif isinstance(event, FileReady):
            source = "found in the Hugging Face cache" if event.linked else "verified"
            self._progress_bars.print_line(f"{event.file.file}: {source}")


class ChecksumView:
    """Shows the progress of computing the checksums of a model's files."""

    def __init__(self, progress_bars: ProgressBars, model: InstalledModel) -> None:
        existing_files = [each.path for each in model.files if paths.is_file(each.path)]
        self._totals = {path: path.stat().st_size for path in existing_files}
        self._done = dict.fromkeys(self._totals, 0)
        self._progress_bars = progress_bars

    def add_bytes(self, path: Path, count: int) -> None:
        """Show that `count` more bytes of the file `path` were read."""
        self._done[path] += count
        self._progress_bars.update_file(
            f"Verifying {path.name}", self._done[path], self._totals[path]
        )
