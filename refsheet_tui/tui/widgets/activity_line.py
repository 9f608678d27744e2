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
        self._follows = False

    def on_mount(self) -> None:
        self.set_interval(_TICK_S, self._show_activity)
        self.watch(self.app, "engine_state", self._engine_changed)

    def follow_engine(self) -> None:
        """Show the engine's activity from now on."""
        self._follows = True
        self._show_activity()

    def show(self, words: str = "") -> None:
        """Show `words` from now on."""
        self._follows = False
        self._update(words)

    def _engine_changed(self, state: EngineState) -> None:
        self._state = state
        self._show_activity()

    def _show_activity(self) -> None:
        if self._follows:
            self._update(self._state.activity or _("Waiting for the model"))

    def _update(self, words: str) -> None:
        # The height never changes, so the screen needs no new layout each time.
        self.update(Text(words), layout=False)
