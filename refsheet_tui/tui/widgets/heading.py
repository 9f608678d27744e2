"""The line at the top: where the person is, and what the engine is up to."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from refsheet_tui.tui.session import EngineState

DEMO_LINE = "Demo model: knows the samples and little else. f3: how to get a real one"


class Heading(Horizontal):
    """`title` on the left, the engine's state on the right, the demo notice below."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        yield Static(Text(self._title), id="heading-title")
        yield Static(id="heading-engine")

    def on_mount(self) -> None:
        self.watch(self.app, "engine_state", self._show)

    def _show(self, state: EngineState) -> None:
        self.query_one("#heading-engine", Static).update(Text(state.words))
        self.set_class(state.phase == "failed", "-failed")


class DemoNotice(Static):
    """Says that the demo is a demo, wherever it is one."""

    def __init__(self) -> None:
        super().__init__(Text(DEMO_LINE, overflow="ellipsis", no_wrap=True))

    def on_mount(self) -> None:
        self.watch(self.app, "engine_state", self._show)

    def _show(self, state: EngineState) -> None:
        self.display = state.is_demo
