"""Bars on a terminal's standard error for what takes its time with bytes; elsewhere a line for
each file."""

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
from refsheet_tui.cli.console import note
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights.progress import Asking, Checking, Ready, Receiving, Waiting
from refsheet_tui.weights.shop import Pair
from refsheet_tui.weights.sizes import in_gb

# Narrow, so that names and numbers have room on 80 columns.
_BAR = 12


class Bars:
    """One bar for each thing that is done with a file."""

    def __init__(self, progress: Progress, *, shows: bool) -> None:
        self._progress = progress
        self._shows = shows
        self._tasks: dict[str, TaskID] = {}

    def reached(self, name: str, done: int, total: int) -> None:
        name = one_line(name)
        if name not in self._tasks:
            # Speed is counted from here: what was there before took no time.
            self._tasks[name] = self._progress.add_task(name, total=total or None, completed=done)
            self.say(f"{name} ({in_gb(total)})", plain_only=True)
        self._progress.update(self._tasks[name], completed=done)

    def say(self, text: str, *, plain_only: bool = False) -> None:
        if not self._shows:
            note(text)
        elif not plain_only:
            self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def bars() -> Iterator[Bars]:
    """Shown until the end of the block."""
    shows = sys.stderr.isatty()
    with Progress(
        TextColumn("{task.description}", markup=False, table_column=_name_column()),
        BarColumn(bar_width=_BAR, table_column=_column()),
        DownloadColumn(table_column=_column()),
        TransferSpeedColumn(table_column=_column()),
        TimeElapsedColumn(table_column=_column()),
        TimeRemainingColumn(table_column=_column()),
        console=Console(stderr=True),
        disable=not shows,
        expand=True,
    ) as progress:
        yield Bars(progress, shows=shows)


def _column() -> Column:
    return Column(no_wrap=True)


def _name_column() -> Column:
    """What is left of the line; a long name is cut."""
    return Column(no_wrap=True, overflow="ellipsis", ratio=1)


class TransferView:
    """Shows the events of a download."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars

    def event(self, event: object) -> None:
        if isinstance(event, Asking):
            self._bars.say(f"Asking for {event.file.file} …", plain_only=True)
        elif isinstance(event, Waiting):
            self._bars.say(f"Another program is downloading {event.file.file}: waiting for it.")
        elif isinstance(event, Receiving):
            self._bars.reached(event.file.file, event.done, event.total)
        elif isinstance(event, Checking):
            self._bars.reached(f"checking {event.file.file}", event.done, event.total)
        elif isinstance(event, Ready):
            whence = "from the hub's cache" if event.linked else "whole and true"
            self._bars.say(f"{event.file.file}: {whence}")


class SumView:
    """Shows how far the sums of a model's files are."""

    def __init__(self, bars: Bars, pair: Pair) -> None:
        there = [each.path for each in pair.files if paths.is_file(each.path)]
        self._totals = {path: path.stat().st_size for path in there}
        self._done = dict.fromkeys(self._totals, 0)
        self._bars = bars

    def read(self, path: Path, count: int) -> None:
        self._done[path] += count
        self._bars.reached(f"checking {path.name}", self._done[path], self._totals[path])
