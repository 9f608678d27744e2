"""A picture that was encoded once is used again, and predicts the same as a cold run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from helpers.cold_runs import ColdReader, read, runner
from helpers.figures import Figures
from helpers.talks import GREEDY, judge, prompt_of, write
from refsheet_tui.engine import LoadSettings, PictureProgress
from refsheet_tui.engine.native.cancel_token import CancelToken
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.engine.native.reply_stats import ReplyStats
from refsheet_tui.paths import samples_dir
from refsheet_tui.pictures import PictureView, view
from refsheet_tui.prompting import Prompt, Turn


@pytest.fixture(scope="module", autouse=True)
def sees(load_settings: LoadSettings, figures: Figures) -> None:
    if load_settings.mmproj is None:
        figures.add("pictures", "not tested: no MMPROJ was given")
        pytest.skip("no MMPROJ was given")


@pytest.fixture(scope="module")
def sheet(keeping: LoadedModel) -> PictureView:
    eye = runner(keeping)._picture_encoder
    assert eye is not None
    return view(samples_dir() / "ember.png", eye._projector.picture_size, False)


def prompt_with(sheet: PictureView, words: str) -> Prompt:
    return prompt_of([Turn("user", (sheet, words))])


def test_soft_tokens_are_the_same_each_time(
    keeping: LoadedModel, sheet: PictureView, figures: Figures
) -> None:
    eye = runner(keeping)._picture_encoder
    assert eye is not None
    once, again = (eye._projector.encode(sheet.picture) for _ in range(2))
    largest = float(np.abs(once - again).max())
    figures.add("pictures: largest difference of soft tokens computed twice", largest, "0.0")
    assert largest == 0
    assert np.isfinite(once).all()
    assert once.std() > 0


def test_another_reply_behind_a_picture(
    keeping: LoadedModel, sheet: PictureView, cold: ColdReader, figures: Figures
) -> None:
    prompt = prompt_with(sheet, "Who is this? Describe the colors.")
    write(keeping, prompt, GREEDY)
    read(keeping, prompt)
    judge(figures, "another reply behind a picture", keeping, prompt, cold)


def test_a_picture_that_was_restored_from_disk(
    keeping: LoadedModel,
    sheet: PictureView,
    kept_settings: LoadSettings,
    cold: ColdReader,
    figures: Figures,
) -> None:
    prompt = prompt_with(sheet, "And now?")
    read(keeping, prompt)
    units = list(runner(keeping)._kv.contents.units)
    keeping.save_snapshot()
    keeping.load(kept_settings, lambda _: True)
    events = list(
        keeping.generate(prompt, replace(GREEDY, max_new_tokens=0), ReplyStats(), CancelToken())
    )
    looks = sum(isinstance(event, PictureProgress) for event in events)
    figures.add("pictures encoded again after a restart", looks, "0")
    assert looks == 0
    assert list(runner(keeping)._kv.contents.units) == units
    judge(figures, "a picture restored from disk", keeping, prompt, cold)
