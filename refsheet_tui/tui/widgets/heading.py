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

    def __init__(self, *, only_work: bool = False, id: str | None = None) -> None:
        """Show the state of the engine; with `only_work`, only its activity."""
        super().__init__(id=id)
        self._only_work = only_work
        self._state = EngineState("loading", "")
        self._transfer: DownloadProgress | None = None

    def on_mount(self) -> None:
        self.watch(self.app, "engine_state", self._changed)
        self.watch(self.app, "transfer", self._transfer_changed)
        self.set_interval(_TICK_S, self._tick)

    def _changed(self, state: EngineState) -> None:
        self._state = state
        self.set_class(state.availability == "failed", "-failed")
        self._show()

    def _transfer_changed(self, transfer: DownloadProgress | None) -> None:
        """Show the progress of a download."""
        self._transfer = transfer
        self._show()

    def _tick(self) -> None:
        if self._state.work is not None:
            self._show()

    def _show(self) -> None:
        state = self._state
        if self._only_work:
            self.update(Text(state.activity))
            return
        arriving = ""
        if self._transfer is not None:
            from refsheet_tui.tui.models.progress import download_progress

            share = download_progress(self._transfer).share
            arriving = f"↓ {one_line(self._transfer.name)} {share}".strip()
        end = state.activity or (_("Ready") if state.availability == "ready" else "")
        self.update(Text(" · ".join(filter(None, (arriving, state.words, end)))))


class Heading(Horizontal):
    """A heading with `title` on the left and the engine's state on the right."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        yield Static(_one(self._title), id="heading-title")
        yield EngineLine(id="heading-engine")

    def set_title(self, title: str) -> None:
        """Change the title."""
        self.query_one("#heading-title", Static).update(_one(title))


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
            _one(_("Demo model: knows little beyond the samples. Press F3 for a real one."))
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
            words = _("{name} is text-only and can't read reference sheets. Add a description.")
            self.update(Text(words.format(name=info.name)))


def _one(line: str) -> Text:
    return Text(line, overflow="ellipsis", no_wrap=True)
