"""The demo model sees what is on sheets it never saw.

`scripts/train_demo_model.py measure` asks about 300 sheets. The bounds here are as strict, but the
sample is smaller.
"""

from __future__ import annotations

import pytest

from demo.accuracy import AccuracyScores, measure_accuracy
from refsheet_tui.paths import demo_mmproj, demo_model

SHEETS = 20


@pytest.mark.parametrize("code", ["en", "zh"])
async def test_greetings_and_answers_agree_with_the_sheet(code: str) -> None:
    scores: AccuracyScores = await measure_accuracy(demo_model(), demo_mmproj(), code, SHEETS)
    # One of twenty may be wrong.
    assert min(scores.greeting.values()) >= 0.95, scores.greeting
    assert min(scores.follow_ups.values()) >= 0.95, scores.follow_ups
    assert all(said.endswith((".", "!", "?", "。", "！", "？")) for _, said in scores.small_talk)
