"""Describe to the user what the engine is doing and how long it will take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from refsheet_tui.engine.events import (
    EngineEvent,
    LoadProgress,
    PictureProgress,
    PromptProgress,
    TextDelta,
)
from refsheet_tui.i18n import _

# Seconds: a shorter phase needs no clock.
_MIN_CLOCK_S = 1.0
# Seconds between two speeds that are shown.
_SPEED_EVERY_S = 0.5


@dataclass(frozen=True)
class Phase:
    """A phase of the engine's work, as the user sees it.

    `name` is the same for all events of a phase. `progress` says how far it is. `expected_s` is how
    many seconds it takes in all, None if that is not known.
    """

    name: str
    progress: str = ""
    expected_s: float | None = None

    def format_line(self, elapsed_s: float) -> str:
        """Return all of it in one line, the clock last."""
        parts = (self.name, self.progress, _format_clock(elapsed_s, self.expected_s))
        return " · ".join(part for part in parts if part)


class PhaseClock:
    """A clock for the engine's phases.

    `phase` is the current phase, None when the engine does nothing. `since` is when it began, in
    seconds.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.phase: Phase | None = None
        self.since = 0.0
        self._clock = clock
        self._token_count = 0
        self._speed_shown_at = 0.0

    def on_event(self, event: EngineEvent) -> None:
        """Enter the phase that `event` belongs to, if any."""
        if isinstance(event, TextDelta):
            self._count_token()
        elif (phase := phase_of(event)) is not None:
            self.enter(phase)

    def enter(self, phase: Phase | None) -> None:
        """Enter a phase. The clock starts again if it is a different one."""
        if phase is None or self.phase is None or phase.name != self.phase.name:
            self.since = self._clock()
            self._token_count = 0
        self.phase = phase

    def line(self) -> str:
        """Return the phase in one line, the clock last; empty when the engine does nothing."""
        return self.phase.format_line(self._clock() - self.since) if self.phase is not None else ""

    def _count_token(self) -> None:
        """Count a piece of text as a token, which is right unless a character takes several."""
        writing = Phase(_("Writing"))
        if self.phase is None or self.phase.name != writing.name:
            self.enter(writing)
        self._token_count += 1
        now = self._clock()
        if (
            self._token_count > 1
            and now - self._speed_shown_at >= _SPEED_EVERY_S
            and now > self.since
        ):
            self._speed_shown_at = now
            speed = f"{self._token_count / (now - self.since):.1f}"
            self.phase = Phase(writing.name, _("{speed} tokens/s").format(speed=speed))


def phase_of(event: EngineEvent) -> Phase | None:
    """Return the phase of an event; None for an event that is no work in progress."""
    if isinstance(event, LoadProgress):
        return Phase(_("Loading the model"), f"{event.fraction:.0%}", event.expected_s)
    if isinstance(event, PictureProgress):
        if event.total == 1:
            return Phase(_("Looking at the picture"), "", event.expected_s)
        template = _("Looking at picture {number} of {total}")
        return Phase(template.format(number=event.number, total=event.total), "", event.expected_s)
    if isinstance(event, PromptProgress):
        progress = _("{done} of {total} tokens").format(done=event.done, total=event.total)
        return Phase(_("Reading"), progress, event.expected_s)
    return None


def _format_clock(elapsed_s: float, expected_s: float | None) -> str:
    has_estimate = expected_s is not None and expected_s >= max(_MIN_CLOCK_S, elapsed_s)
    elapsed, expected = f"{elapsed_s:.0f}", f"{expected_s or 0:.0f}"
    if elapsed_s < _MIN_CLOCK_S:
        return _("about {expected} s").format(expected=expected) if has_estimate else ""
    if not has_estimate:
        return _("{elapsed} s").format(elapsed=elapsed)
    return _("{elapsed} s of about {expected} s").format(elapsed=elapsed, expected=expected)
