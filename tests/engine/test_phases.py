"""Progress in words."""

from __future__ import annotations

import pytest

from refsheet_tui.engine import Event, Loading, Looking, Reading, TextDelta
from refsheet_tui.engine.phases import phase_of


@pytest.mark.parametrize(
    ("event", "elapsed_s", "line"),
    [
        (Loading(0.43), 0.2, "loading the model · 43%"),
        (Loading(0.43, 14.2), 3.1, "loading the model · 43% · 3 s of about 14 s"),
        (Looking(1, 1), 0.0, "looking at the picture"),
        (Looking(1, 1, 40.0), 0.0, "looking at the picture · about 40 s"),
        (Looking(2, 3, 40.0), 12.4, "looking at picture 2 of 3 · 12 s of about 40 s"),
        (Looking(1, 1, 40.0), 41.0, "looking at the picture · 41 s"),
        (Reading(256, 491, 0, 0.3), 0.1, "reading · 256 of 491 tokens"),
        (Reading(256, 491, 0, None), 5.0, "reading · 256 of 491 tokens · 5 s"),
    ],
)
def test_what_is_done_how_far_it_is_and_how_long_it_takes(
    event: Event, elapsed_s: float, line: str
) -> None:
    phase = phase_of(event)
    assert phase is not None
    assert phase.line(elapsed_s) == line


def test_writing_is_no_phase() -> None:
    assert phase_of(TextDelta("Hello")) is None
