"""The heading of a screen, with the engine's state, and notices about the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from refsheet_tui.i18n import _
from refsheet_tui.tui.session import EngineState
from refsheet_tui.untrusted import one_line

if TYPE_CHECKING:
    from refsheet_tui.tui.models.downloads import DownloadProgress

_TICK_S = 0.5


class EngineLine(Static):
    """A line with the loaded model, a download, and the engine's activity."""

    def __init__(self, *, activity_only: bool = False, id: str | None = None) -> None:
        """Show the state of the engine; with `activity_only`, only its activity."""
        super().__init__(id=id)
        self._activity_only = activity_only
        self._state = EngineState("loading", "")
        self._download: DownloadProgress | None = None

    def on_mount(self) -> None:
        self.watch(self.app, "engine_state", self._on_engine_state)
        self.watch(self.app, "download", self._on_download_progress)
        self.set_interval(_TICK_S, self._tick)

    def _on_engine_state(self, state: EngineState) -> None:
        self._state = state
        self.set_class(state.availability == "failed", "-failed")
        self._show()

    def _on_download_progress(self, progress: DownloadProgress | None) -> None:
        """Show the progress of a download."""
        self._download = progress
        self._show()

    def _tick(self) -> None:
        if self._state.phase is not None:
            self._show()

    def _show(self) -> None:
        state = self._state
        if self._activity_only:
            self.update(Text(state.activity))
            return
        download_text = ""
        if self._download is not None:
            from refsheet_tui.tui.models.progress import download_progress

            share = download_progress(self._download).share
            download_text = f"↓ {one_line(self._download.name)} {share}".strip()
        activity = state.activity or (_("Ready") if state.availability == "ready" else "")
        self.update(Text(" · ".join(filter(None, (download_text, state.text, activity)))))


class Heading(Horizontal):
    """A heading with `title` on the left and the engine's state on the right."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        yield Static(_single_line(self._title), id="heading-title")
        yield EngineLine(id="heading-engine")

    def set_title(self, title: str) -> None:
        """Change the title."""
        self.query_one("#heading-title", Static).update(_single_line(title))


class DemoNotice(Static):
    """A notice that is visible while the demo model is loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.retranslate()

    def on_mount(self) -> None:
        self.watch(self.app, "engine_state", self._show)

    def retranslate(self) -> None:
        """Translate the notice."""
        self.update(
            _single_line(_("Demo model: knows little beyond the samples. Press F3 for a real one."))
        )

    def _show(self, state: EngineState) -> None:
        self.display = state.is_demo


class UnseenSheetNotice(Static):
    """A notice that is visible while a text-only model is loaded."""

    def on_mount(self) -> None:
        self.watch(self.app, "engine_state", self._show)

    def _show(self, state: EngineState) -> None:
        info = state.info
        self.display = info is not None and not info.sees_pictures
        if info is not None:
            text = _("{name} is text-only and can't read reference sheets. Add a description.")
            self.update(Text(text.format(name=info.name)))


def _single_line(line: str) -> Text:
    return Text(line, overflow="ellipsis", no_wrap=True)
