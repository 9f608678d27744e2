"""A line with the engine's activity in a chat, and its duration."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Static

from refsheet_tui.i18n import _
from refsheet_tui.tui.session import EngineState

_TICK_S = 0.5


class ActivityLine(Static):
    """Shows the engine's activity while a reply is written, and else the last given text."""

    def __init__(self) -> None:
        super().__init__()
        self._state = EngineState("loading", "")
        self._follows_engine = False

    def on_mount(self) -> None:
        self.set_interval(_TICK_S, self._show_activity)
        self.watch(self.app, "engine_state", self._on_engine_state)

    def follow_engine(self) -> None:
        """Show the engine's activity from now on."""
        self._follows_engine = True
        self._show_activity()

    def show(self, text: str = "") -> None:
        """Show `text` from now on."""
        self._follows_engine = False
        self._update(text)

    def _on_engine_state(self, state: EngineState) -> None:
        self._state = state
        self._show_activity()

    def _show_activity(self) -> None:
        if self._follows_engine:
            self._update(self._state.activity or _("Waiting for the model"))

    def _update(self, text: str) -> None:
        # The height never changes, so the screen needs no new layout each time.
        self.update(Text(text), layout=False)
