"""What the model would say next is what the reference says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from helpers.goldens import goldens, prompt_of
from refsheet_tui.engine import LoadSettings
from refsheet_tui.engine.native.session import Session
from refsheet_tui.paths import demo_mmproj, demo_model


@dataclass(frozen=True)
class Agreement:
    """Positions compared, and at how many of them the most likely token is the same;
    `difference` is the largest between logits of the reference's five most likely tokens."""

    compared: int
    same: int
    difference: float

    @property
    def share(self) -> float:
        return self.same / self.compared


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    loaded = Session(all_logits=True)
    loaded.load(LoadSettings(demo_model(), demo_mmproj(), context_size=2048), lambda _: True)
    yield loaded
    loaded.close()


def agreement(session: Session, *, spoken_only: bool) -> Agreement:
    compared = same = 0
    difference = 0.0
    for chat in goldens("logits.json"):
        speaks = set(chat["speaks"])
        for position, row in enumerate(session.logits(prompt_of(chat["messages"]))):
            if spoken_only and position not in speaks:
                continue
            best, wanted = chat["tokens"][position], chat["logits"][position]
            compared += 1
            same += int(np.argmax(row)) == best[0]
            difference = max(difference, float(np.abs(row[best] - wanted).max()))
    return Agreement(compared, same, difference)


def test_the_most_likely_token_is_the_reference_s(session: Session) -> None:
    """Wherever the model speaks, pictures in the context."""
    spoken = agreement(session, spoken_only=True)
    print(spoken)
    assert spoken.compared >= 500
    assert spoken.share >= 0.99, spoken


def test_it_is_so_inside_what_others_say(session: Session) -> None:
    """There the model only guesses, and near-ties turn over more often."""
    anywhere = agreement(session, spoken_only=False)
    assert anywhere.share >= 0.97, anywhere
