"""One line that says what the engine is doing for this chat, and for how long."""

from __future__ import annotations

from time import monotonic

from rich.text import Text
from textual.widgets import Static

from refsheet_tui.engine import Event, Finished, Looking, Reading, TextDelta

_TICK_S = 0.5


class Activity(Static):
    """Fed with events; shows elapsed time for whatever takes over a second."""

    def __init__(self) -> None:
        super().__init__()
        self._words = ""
        self._since: float | None = None

    def on_mount(self) -> None:
        self.set_interval(_TICK_S, self._tick)

    def begin(self, words: str) -> None:
        if words.split(",")[0] != self._words.split(",")[0] or self._since is None:
            self._since = monotonic()
        self._words = words
        self._tick()

    def end(self, words: str = "") -> None:
        self._words, self._since = words, None
        self.update(Text(words))

    def event(self, event: Event) -> None:
        if isinstance(event, Looking):
            which = f" {event.number} of {event.total}" if event.total > 1 else ""
            self.begin(f"looking at picture{which}" if which else "looking at the picture")
        elif isinstance(event, Reading):
            self.begin(f"reading, {event.done} of {event.total} tokens")
        elif isinstance(event, TextDelta):
            self.begin("writing")
        elif isinstance(event, Finished):
            self.end(summary(event))

    def _tick(self) -> None:
        if self._since is not None:
            elapsed = monotonic() - self._since
            clock = f" · {elapsed:.0f} s" if elapsed >= 1 else ""
            self.update(Text(f"{self._words}{clock}"))


def summary(finished: Finished) -> str:
    """What a reply cost, and why it ended where it isn't its own end."""
    timings = finished.timings
    why = {"max_tokens": "cut off · ", "cancelled": "stopped · ", "end_of_turn": ""}
    speed = f" · {timings.write_tps:.1f} tokens/s" if timings.write_tps else ""
    return f"{why[finished.finish]}first word after {timings.first_token_s:.1f} s{speed}"
