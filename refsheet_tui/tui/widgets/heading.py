"""The line at the top: where the person is, and what the engine is up to."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from refsheet_tui.i18n import _
from refsheet_tui.tui.session import EngineState
from refsheet_tui.untrusted import one_line

if TYPE_CHECKING:
    from refsheet_tui.tui.models.downloads import Transfer

_TICK_S = 0.5


class EngineLine(Static):
    """What the engine is, and what it is doing, with the time that takes."""

    def __init__(self, *, only_work: bool = False, id: str | None = None) -> None:
        """`only_work`: nothing but what it is doing."""
        super().__init__(id=id)
        self._only_work = only_work
        self._state = EngineState("loading", "")
        self._transfer: Transfer | None = None
        self._doing = ""
        self._since = 0.0

    def on_mount(self) -> None:
        self.watch(self.app, "engine_state", self._changed)
        self.watch(self.app, "transfer", self._transfer_changed)
        self.set_interval(_TICK_S, self._tick)

    def _changed(self, state: EngineState) -> None:
        """The clock starts again with something else to do."""
        self._state = state
        doing = state.doing.name if state.doing is not None else ""
        if doing != self._doing:
            self._doing, self._since = doing, monotonic()
        self.set_class(state.phase == "failed", "-failed")
        self._show()

    def _transfer_changed(self, transfer: Transfer | None) -> None:
        """Whether a model is on its way, and how far it is."""
        self._transfer = transfer
        self._show()

    def _tick(self) -> None:
        if self._doing:
            self._show()

    def _show(self) -> None:
        state = self._state
        work = state.doing.line(monotonic() - self._since) if state.doing is not None else ""
        if self._only_work:
            self.update(Text(work))
            return
        arriving = ""
        if self._transfer is not None:
            from refsheet_tui.tui.models.progress import progress_of

            share = progress_of(self._transfer).share
            arriving = f"↓ {one_line(self._transfer.name)} {share}".strip()
        end = work or (_("ready") if state.phase == "ready" else "")
        self.update(Text(" · ".join(filter(None, (arriving, state.words, end)))))


class Heading(Horizontal):
    """`title` on the left, the engine's state on the right."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        yield Static(_one(self._title), id="heading-title")
        yield EngineLine(id="heading-engine")

    def say(self, title: str) -> None:
        self.query_one("#heading-title", Static).update(_one(title))


class DemoNotice(Static):
    """Says that the demo is a demo, wherever it is one."""

    def __init__(self) -> None:
        super().__init__()
        self.retranslate()

    def on_mount(self) -> None:
        self.watch(self.app, "engine_state", self._show)

    def retranslate(self) -> None:
        self.update(_one(_("Demo model: knows the samples and little else. f3: get a real one")))

    def _show(self, state: EngineState) -> None:
        self.display = state.is_demo


class UnseenSheetNotice(Static):
    """Says that the model goes by the description, where it can't see the sheet."""

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
