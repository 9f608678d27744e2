"""One line that says what the engine is doing for this chat, and for how long."""

from __future__ import annotations

from time import monotonic

from rich.text import Text
from textual.widgets import Static

from refsheet_tui.engine import Event, TextDelta
from refsheet_tui.engine.phases import Phase, phase_of
from refsheet_tui.i18n import _
from refsheet_tui.tui.session import EngineState

_TICK_S = 0.5


class Activity(Static):
    """Fed with events; shows elapsed time for whatever takes over a second."""

    def __init__(self) -> None:
        super().__init__()
        self._phase: Phase | None = None
        self._since = 0.0
        self._pieces = 0
        self._engine: EngineState | None = None
        self._waits = False

    def on_mount(self) -> None:
        self.set_interval(_TICK_S, self._show)
        self.watch(self.app, "engine_state", self._engine_changed)

    def begin(self, words: str) -> None:
        """Something else is done now."""
        self._waits = False
        self._enter(Phase(words))

    def waiting(self) -> None:
        """For the model, whose loading the engine's state tells of."""
        engine = self._engine
        loading = engine is not None and engine.phase == "loading"
        self._waits = True
        self._enter(Phase(_("waiting for the model"), engine.words if engine and loading else ""))

    def end(self, words: str = "") -> None:
        self._waits = False
        self._phase = None
        self.update(Text(words), layout=False)

    def event(self, event: Event) -> None:
        self._waits = False
        phase = phase_of(event)
        if isinstance(event, TextDelta):
            phase = Phase(_("writing"), self._speed())
        if phase is not None:
            self._enter(phase)
            self._pieces += 1

    def _enter(self, phase: Phase) -> None:
        """The clock starts again with another phase."""
        if self._phase is None or phase.name != self._phase.name:
            self._since = monotonic()
            self._pieces = 0
        self._phase = phase
        self._show()

    def _speed(self) -> str:
        """A piece is a token, but where a character takes several."""
        elapsed = monotonic() - self._since
        if self._pieces < 2 or not elapsed:
            return ""
        return _("{speed} tokens/s").format(speed=f"{self._pieces / elapsed:.1f}")

    def _engine_changed(self, state: EngineState) -> None:
        self._engine = state
        if self._waits:
            self.waiting()

    def _show(self) -> None:
        if self._phase is not None:
            # A line of its own height: without this all of the screen is laid out for every token.
            self.update(Text(self._phase.line(monotonic() - self._since)), layout=False)
