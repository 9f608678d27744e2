"""Progress is described in words."""

from __future__ import annotations

import pytest

from refsheet_tui.engine import (
    EngineEvent,
    LoadProgress,
    PictureProgress,
    PromptProgress,
    TextDelta,
)
from refsheet_tui.engine.phases import PhaseClock, phase_of


@pytest.mark.parametrize(
    ("event", "elapsed_s", "line"),
    [
        (LoadProgress(0.43), 0.2, "Loading the model · 43%"),
        (LoadProgress(0.43, 14.2), 3.1, "Loading the model · 43% · 3 s of about 14 s"),
        (PictureProgress(1, 1), 0.0, "Looking at the picture"),
        (PictureProgress(1, 1, 40.0), 0.0, "Looking at the picture · about 40 s"),
        (PictureProgress(2, 3, 40.0), 12.4, "Looking at picture 2 of 3 · 12 s of about 40 s"),
        (PictureProgress(1, 1, 40.0), 41.0, "Looking at the picture · 41 s"),
        (PromptProgress(256, 491, 0, 0.3), 0.1, "Reading · 256 of 491 tokens"),
        (PromptProgress(256, 491, 0, None), 5.0, "Reading · 256 of 491 tokens · 5 s"),
    ],
)
def test_what_is_done_how_far_it_is_and_how_long_it_takes(
    event: EngineEvent, elapsed_s: float, line: str
) -> None:
    phase = phase_of(event)
    assert phase is not None
    assert phase.format_line(elapsed_s) == line


def test_writing_is_no_phase() -> None:
    assert phase_of(TextDelta("Hello")) is None


def test_the_clock_starts_again_with_another_phase() -> None:
    now = [0.0]
    clock = PhaseClock(lambda: now[0])
    assert clock.line() == ""
    clock.on_event(LoadProgress(0.4, 10.0))
    now[0] = 3.0
    clock.on_event(LoadProgress(0.5, 10.0))
    assert clock.line() == "Loading the model · 50% · 3 s of about 10 s"
    clock.on_event(PictureProgress(1, 1))
    assert clock.since == 3.0
    clock.enter(None)
    assert clock.line() == "" and clock.phase is None


def test_the_speed_of_writing_is_told_twice_a_second_at_most() -> None:
    now = [0.0]
    clock = PhaseClock(lambda: now[0])
    told = set()
    for _ in range(100):
        clock.on_event(TextDelta("a"))
        assert clock.phase is not None
        told.add(clock.phase.progress)
        now[0] += 0.02
    assert "" in told and len(told) <= 5
    assert max(float(each.split()[0]) for each in told if each) < 60
