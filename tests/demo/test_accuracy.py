"""The demo model sees what is on sheets it never saw.

`scripts/train_demo_model.py measure` asks of 300 sheets; the bounds here are as strict, the
sample is smaller.
"""

from __future__ import annotations

import pytest

from demo.measure import Scores, measure
from refsheet_tui.paths import demo_mmproj, demo_model

SHEETS = 20


@pytest.mark.parametrize("code", ["en", "zh"])
async def test_greetings_and_answers_agree_with_the_sheet(code: str) -> None:
    scores: Scores = await measure(demo_model(), demo_mmproj(), code, SHEETS)
    # One of twenty may be wrong.
    assert min(scores.greeting.values()) >= 0.95, scores.greeting
    assert min(scores.follow_ups.values()) >= 0.95, scores.follow_ups
    assert all(said.endswith((".", "!", "?", "。", "！", "？")) for _, said in scores.small_talk)
