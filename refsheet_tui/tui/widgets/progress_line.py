"""A progress bar with a text next to it."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import ProgressBar, Static

from refsheet_tui.tui.models.progress import ProgressBarState


class ProgressLine(Horizontal):
    """A progress bar with a text, hidden while there is no progress to show."""

    def compose(self) -> ComposeResult:
        yield ProgressBar(show_eta=False)
        yield Static(classes="progress-words", markup=False)

    def on_mount(self) -> None:
        self.display = False

    def show(self, progress: ProgressBarState | None) -> None:
        """Show `progress`, or hide the line if it is None."""
        self.display = progress is not None
        if progress is not None:
            bar = self.query_one(ProgressBar)
            bar.update(total=progress.total or None, progress=progress.done)
            text = Text(progress.text, overflow="ellipsis", no_wrap=True)
            self.query_one(".progress-words", Static).update(text)
