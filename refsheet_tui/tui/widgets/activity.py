"""One line that says what the engine is doing for this chat, and for how long."""

from __future__ import annotations

from time import monotonic

from rich.text import Text
from textual.widgets import Static

from refsheet_tui.engine import Event, Looking, Reading, TextDelta
from refsheet_tui.tui.session import EngineState

_TICK_S = 0.5
_WAITING = "waiting for the model"


class Activity(Static):
    """Fed with events; shows elapsed time for whatever takes over a second."""

    def __init__(self) -> None:
        super().__init__()
        self._phase = ""
        self._details = ""
        self._since: float | None = None
        self._pieces = 0
        self._engine: EngineState | None = None

    def on_mount(self) -> None:
        self.set_interval(_TICK_S, self._show)
        self.watch(self.app, "engine_state", self._engine_changed)

    def begin(self, phase: str, details: str = "") -> None:
        """The clock starts again with another phase."""
        if phase != self._phase or self._since is None:
            self._since = monotonic()
            self._pieces = 0
        self._phase, self._details = phase, details
        self._show()

    def waiting(self) -> None:
        """For the model, whose loading the engine's state tells of."""
        engine = self._engine
        self.begin(_WAITING, f", {engine.words}" if engine and engine.phase == "loading" else "")

    def end(self, words: str = "") -> None:
        self._phase, self._since = "", None
        self.update(Text(words))

    def event(self, event: Event) -> None:
        if isinstance(event, Looking):
            which = f"picture {event.number} of {event.total}" if event.total > 1 else "the picture"
            self.begin(f"looking at {which}")
        elif isinstance(event, Reading):
            self.begin("reading", f", {event.done} of {event.total} tokens")
        elif isinstance(event, TextDelta):
            self.begin("writing", self._speed())
            self._pieces += 1

    def _speed(self) -> str:
        """A piece is a token, but where a character takes several."""
        elapsed = monotonic() - self._since if self._since is not None else 0.0
        return f" · {self._pieces / elapsed:.1f} tokens/s" if self._pieces > 1 and elapsed else ""

    def _engine_changed(self, state: EngineState) -> None:
        self._engine = state
        if self._phase == _WAITING:
            self.waiting()

    def _show(self) -> None:
        if self._since is not None:
            elapsed = monotonic() - self._since
            clock = f" · {elapsed:.0f} s" if elapsed >= 1 else ""
            self.update(Text(f"{self._phase}{self._details}{clock}"))
