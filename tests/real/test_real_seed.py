"""The same seed writes the same reply, whatever was read and written before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from helpers.cold_runs import read
from helpers.figures import Figures
from helpers.recorded_replies import record_reply
from helpers.talks import QUESTIONS, SYSTEM, model, past_the_window, prompt_of, user
from refsheet_tui.engine import CacheSettings, LoadSettings
from refsheet_tui.engine.native.cancel_token import CancelToken
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.engine.native.reply_stats import ReplyStats
from refsheet_tui.prompting import build_prefix

SEEDS = (1, 2, 3)
OPENING = [user(QUESTIONS[0]), model("Come in. Mind the stairs.")]
TURNS = [*OPENING, user(QUESTIONS[1])]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed_is_a_reply(
    load_settings: LoadSettings, seed: int, figures: Figures, tmp_path: Path
) -> None:
    prompt = prompt_of(TURNS)
    session = LoadedModel()
    session.load(load_settings, lambda _: True)
    cold = record_reply(session, prompt, seed)

    kept_settings = replace(load_settings, cache=CacheSettings(tmp_path))
    session.load(kept_settings, lambda _: True)
    for _ in session.prewarm(build_prefix(OPENING, SYSTEM), ReplyStats(), CancelToken()):
        pass
    again = {
        "read ahead": record_reply(session, prompt, seed),
        "again": record_reply(session, prompt, seed),
    }
    read(session, prompt)
    record_reply(session, prompt, seed + 100, past_the_window(session) if seed == SEEDS[0] else 40)
    again["after another reply"] = record_reply(session, prompt, seed)
    record_reply(session, prompt_of([*TURNS, model(cold.text), user(QUESTIONS[3])]), seed)
    again["after another turn"] = record_reply(session, prompt, seed)
    record_reply(session, prompt_of([user(QUESTIONS[6])]), seed)
    again["after another chat"] = record_reply(session, prompt, seed)
    session.save_snapshot()
    session.load(kept_settings, lambda _: True)
    again["after a restart"] = record_reply(session, prompt, seed)
    session.close()

    same = [name for name, reply in again.items() if reply.logits == cold.logits]
    figures.add(
        f"seed {seed}: situations in which all logits are the cold run's, bit for bit",
        f"{len(same)} of {len(again)}",
        "all",
    )
    assert same == [*again]
