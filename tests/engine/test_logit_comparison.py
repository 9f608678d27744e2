"""The divergence says how much two computations of the same logits differ."""

from __future__ import annotations

import numpy as np
import pytest

from refsheet_tui.engine.logit_comparison import compare_logits, kl_divergences

LOGITS = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 5.0]], np.float32)


def test_equal_logits_do_not_diverge() -> None:
    agreement = compare_logits(LOGITS, LOGITS)
    assert (agreement.positions, agreement.mean_kl, agreement.top1) == (2, 0.0, 1.0)


def test_a_constant_added_to_all_logits_changes_nothing() -> None:
    assert compare_logits(LOGITS, LOGITS + 100).max_kl == pytest.approx(0.0, abs=1e-6)


def test_the_divergence_is_that_of_its_definition() -> None:
    """A fair coin is compared with one that shows its first side three times out of four."""
    fair, unfair = np.log(np.array([[0.5, 0.5]])), np.log(np.array([[0.75, 0.25]]))
    expected = 0.5 * np.log(0.5 / 0.75) + 0.5 * np.log(0.5 / 0.25)
    assert kl_divergences(fair.astype(np.float32), unfair.astype(np.float32)) == pytest.approx(
        expected, abs=1e-6
    )


def test_the_worst_position_and_the_share_of_equal_choices_are_told() -> None:
    other = LOGITS[:, ::-1].copy()
    agreement = compare_logits(LOGITS, other)
    assert agreement.top1 == 0.0
    assert agreement.max_kl > agreement.mean_kl > 1.0


def test_a_nan_is_as_far_away_as_can_be() -> None:
    broken = LOGITS.copy()
    broken[0, 1] = np.nan
    assert compare_logits(LOGITS, broken).max_kl == np.inf


def test_logits_of_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="shapes"):
        compare_logits(LOGITS, LOGITS[:1])
