"""The model predicts the same next tokens as the reference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from helpers.goldens import goldens, prompt_of
from refsheet_tui.engine import LoadSettings
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.paths import demo_mmproj, demo_model


@dataclass(frozen=True)
class Agreement:
    """The agreement with the reference.

    `compared` is the number of positions, `same` the number of those with the same most likely
    token. `difference` is the largest between logits of the reference's five most likely tokens.
    """

    compared: int
    same: int
    difference: float

    @property
    def share(self) -> float:
        return self.same / self.compared


@pytest.fixture(scope="module")
def session() -> Iterator[LoadedModel]:
    loaded = LoadedModel(all_logits=True)
    loaded.load(LoadSettings(demo_model(), demo_mmproj(), context_size=2048), lambda _: True)
    yield loaded
    loaded.close()


def agreement(session: LoadedModel, *, spoken_only: bool) -> Agreement:
    compared = same = 0
    difference = 0.0
    for chat in goldens("logits.json"):
        speaks = set(chat["speaks"])
        for position, row in enumerate(session.compute_logits(prompt_of(chat["messages"]))):
            if spoken_only and position not in speaks:
                continue
            best, wanted = chat["tokens"][position], chat["logits"][position]
            compared += 1
            same += int(np.argmax(row)) == best[0]
            difference = max(difference, float(np.abs(row[best] - wanted).max()))
    return Agreement(compared, same, difference)


def test_the_most_likely_token_is_the_reference_s(session: LoadedModel) -> None:
    """This holds wherever the model speaks, with pictures in the context."""
    spoken = agreement(session, spoken_only=True)
    print(spoken)
    assert spoken.compared >= 500
    assert spoken.share >= 0.99, spoken


def test_it_is_so_inside_what_others_say(session: LoadedModel) -> None:
    """In the user's turns the model only guesses, and near-ties swap more often."""
    anywhere = agreement(session, spoken_only=False)
    assert anywhere.share >= 0.97, anywhere
