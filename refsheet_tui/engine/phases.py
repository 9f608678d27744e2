"""What the engine is doing, in words for the person, and how long it will take."""

from __future__ import annotations

from dataclasses import dataclass

from refsheet_tui.engine.events import Event, Loading, Looking, Reading

# Seconds: what takes less needs no clock.
_WORTH_TELLING = 1.0


@dataclass(frozen=True)
class Phase:
    """`name` is the same for all events of a phase, `done` says how far it is, `expected_s` how
    long it takes in all, where that is known."""

    name: str
    done: str = ""
    expected_s: float | None = None

    def line(self, elapsed_s: float) -> str:
        """All of it in one line, the clock last."""
        parts = (self.name, self.done, _clock(elapsed_s, self.expected_s))
        return " · ".join(part for part in parts if part)


def phase_of(event: Event) -> Phase | None:
    """None for events that are no work in progress."""
    if isinstance(event, Loading):
        return Phase("loading the model", f"{event.fraction:.0%}", event.expected_s)
    if isinstance(event, Looking):
        many = f"picture {event.number} of {event.total}" if event.total > 1 else "the picture"
        return Phase(f"looking at {many}", "", event.expected_s)
    if isinstance(event, Reading):
        done = f"{event.done} of {event.total} tokens"
        return Phase("reading", done, event.expected_s)
    return None


def _clock(elapsed_s: float, expected_s: float | None) -> str:
    expects = expected_s is not None and expected_s >= max(_WORTH_TELLING, elapsed_s)
    about = f"about {expected_s:.0f} s" if expects else ""
    if elapsed_s < _WORTH_TELLING:
        return about
    return f"{elapsed_s:.0f} s of {about}" if about else f"{elapsed_s:.0f} s"
