"""What the engine is doing, in words for the person, and how long it will take."""

from __future__ import annotations

from dataclasses import dataclass

from refsheet_tui.engine.events import Event, Loading, Looking, Reading
from refsheet_tui.i18n import _

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
        return Phase(_("loading the model"), f"{event.fraction:.0%}", event.expected_s)
    if isinstance(event, Looking):
        if event.total == 1:
            return Phase(_("looking at the picture"), "", event.expected_s)
        many = _("looking at picture {number} of {total}")
        return Phase(many.format(number=event.number, total=event.total), "", event.expected_s)
    if isinstance(event, Reading):
        done = _("{done} of {total} tokens").format(done=event.done, total=event.total)
        return Phase(_("reading"), done, event.expected_s)
    return None


def _clock(elapsed_s: float, expected_s: float | None) -> str:
    expects = expected_s is not None and expected_s >= max(_WORTH_TELLING, elapsed_s)
    elapsed, expected = f"{elapsed_s:.0f}", f"{expected_s or 0:.0f}"
    if elapsed_s < _WORTH_TELLING:
        return _("about {expected} s").format(expected=expected) if expects else ""
    if not expects:
        return _("{elapsed} s").format(elapsed=elapsed)
    return _("{elapsed} s of about {expected} s").format(elapsed=elapsed, expected=expected)
