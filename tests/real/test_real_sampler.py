"""Tokens are drawn with the probabilities that transformers would give them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from helpers.cold_runs import read, runner
from helpers.figures import Figures
from helpers.talks import QUESTIONS, prompt_of, user
from refsheet_tui.engine import GenerationSettings
from refsheet_tui.engine.native.llama_context import Floats
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.engine.native.sampler import Sampler

Probabilities = NDArray[np.float64]

DRAWS = 2000
# Simulated series of draws, which show how often chance alone differs as much.
SIMULATED = 20_000
# One run in a hundred would fail by chance if the seeds changed, over all cases together
# (Bonferroni); they don't.
CHANCE = 0.01
# Rarer tokens are counted together, because chi-square says little about each of them.
FEWEST = 5.0
DEFAULT = GenerationSettings()
CASES = {
    "the defaults": DEFAULT,
    "temperature 0.7": replace(DEFAULT, temperature=0.7),
    "temperature 1.5": replace(DEFAULT, temperature=1.5),
    "top-k 5": replace(DEFAULT, top_k=5, top_p=1.0),
    "top-p 0.5": replace(DEFAULT, top_k=0, top_p=0.5),
    "min-p 0.1": replace(DEFAULT, top_k=0, top_p=1.0, min_p=0.1),
    "no limits": replace(DEFAULT, top_k=0, top_p=1.0),
    "all at once": replace(DEFAULT, temperature=1.3, top_k=40, top_p=0.9, min_p=0.02),
}
PLACES = ("after a question", "in the middle of a sentence")


def reference(logits: Floats, settings: GenerationSettings) -> Probabilities:
    """Return the probability of each token, by transformers' processors in transformers' order."""
    scores = logits.astype(np.float64) / settings.temperature
    if settings.top_k:
        scores[scores < np.sort(scores)[-settings.top_k]] = -np.inf
    if settings.top_p < 1:
        order = np.argsort(scores)
        # Cut off the least likely, as long as together they have at most this probability.
        scores[order[np.cumsum(softmax(scores)[order]) <= 1 - settings.top_p]] = -np.inf
    if settings.min_p:
        chances = softmax(scores)
        scores[chances < settings.min_p * chances.max()] = -np.inf
    return softmax(scores)


def softmax(scores: Probabilities) -> Probabilities:
    chances: Probabilities = np.exp(scores - scores.max())
    chances /= chances.sum()
    return chances


def chi_squares(counts: Probabilities, expected: Probabilities) -> Probabilities:
    """Return the chi-square of each row of counts."""
    result: Probabilities = ((counts - expected) ** 2 / expected).sum(axis=-1)
    return result


@pytest.fixture(scope="module", params=PLACES)
def at_a_place(request: pytest.FixtureRequest, session: LoadedModel) -> str:
    """Put the model's KV cache where the next token is to be drawn."""
    turns = [user(QUESTIONS[5])]
    read(session, prompt_of(turns))
    if request.param == PLACES[1]:
        words = session.tokenize(prompt_of([user("The clock was made by")]))
        text = next(part for part in words if part.kind == "text").tokens[-5:]
        assert runner(session)._kv.read_batch(text, {}, want_logits=True)
    return str(request.param)


@pytest.mark.parametrize("case", CASES)
def test_draws(session: LoadedModel, at_a_place: str, case: str, figures: Figures) -> None:
    settings = replace(CASES[case], seed=7)
    context = runner(session)._kv.context
    logits = context.get_logits()
    chances = reference(logits, settings)
    sampler = Sampler(settings, runner(session)._model, [])
    # A reply's first token is drawn by stored logits.
    draw = (
        partial(sampler.sample_from_logits, logits),
        partial(sampler.sample_from_context, context),
    )
    drawn = Counter(draw[number % 2]() for number in range(DRAWS))
    sampler.close()
    assert all(chances[token] > 0 for token in drawn)

    expected = DRAWS * chances
    often = np.flatnonzero(expected >= FEWEST)
    counts = np.array([*(drawn[int(token)] for token in often)], np.float64)
    bins = np.append(expected[often], DRAWS - expected[often].sum())
    counts = np.append(counts, DRAWS - counts.sum())
    if bins[-1] < FEWEST:
        # The rest is too rare for a separate bin.
        bins, counts = (
            np.append(bins[:-2], bins[-2:].sum()),
            np.append(counts[:-2], counts[-2:].sum()),
        )
    rng = np.random.default_rng(7)
    simulated = chi_squares(rng.multinomial(DRAWS, bins / DRAWS, SIMULATED).astype(float), bins)
    found = chi_squares(counts, bins)
    p = float((simulated >= found - 1e-9).mean())
    bound = CHANCE / (len(CASES) * len(PLACES))
    figures.add(
        f"sampler, {DRAWS:,} draws {at_a_place}, {case} ({np.count_nonzero(chances):,} tokens): p",
        f"{p:.4f}",
        f"{bound:.5f} at least",
    )
    assert p >= bound
