"""Compare what an engine predicts with what it predicts after reading the same prompt cold.

Rounding differs with the size of a batch, because other kernels compute it. How much that changes
a prediction depends on the weights, the machine and the prompt, so the bound is measured: a second
engine reads the same prompt cold twice, in batches of different sizes, and the mean KL divergence
between these two is the control. A prompt that was reused, restored or rolled back may diverge from
the cold run by `FACTOR` times the largest control so far, and at its worst position by
`LARGEST_FACTOR` times that of the control.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, cycle

import numpy as np
from llama_cpp import llama_cpp as llama
from numpy.typing import NDArray

from helpers.engine_driver import ask, picture
from refsheet_tui.engine import LoadSettings
from refsheet_tui.engine.logit_comparison import kl_divergences
from refsheet_tui.engine.native.cache_contents import (
    ContextUnit,
    PictureUnit,
    count_positions,
    split_into_units,
)
from refsheet_tui.engine.native.cancel_token import CancelToken
from refsheet_tui.engine.native.kv_cache import KVCache
from refsheet_tui.engine.native.llama_context import Floats
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.engine.native.reply_stats import ReplyStats
from refsheet_tui.engine.native.runner import Runner
from refsheet_tui.engine.settings import GenerationSettings
from refsheet_tui.pictures import PreparedPicture
from refsheet_tui.prompting import Prompt

# Two right computations differ by about the control, and by up to 1.5 of it in 700 comparisons of
# the demo's. The faults that test_cold_runs.py makes diverge by more than twice the bound.
FACTOR = 2.0
# The worst position of some hundred varies more.
LARGEST_FACTOR = 4.0
# Batch sizes that reach different kernels: large ones, remainders of 4 and 16, single tokens.
_PRODUCT_BATCH = (128,)
_OTHER_BATCHES = (48, 7, 1, 16, 1, 3)
_WORDS = (
    "the a dragon lighthouse keeper said never why who 7 1984 rain on under hello tell me more "
    "about it. What? *smiles* “old friend” blue, red: and - but 你好 喜欢 нет café (maybe) can't go"
)
READ_ONLY = GenerationSettings(max_new_tokens=0, sample=False)


@dataclass(frozen=True)
class ColdComparison:
    """KL divergences from a cold run, in nats.

    Attributes:
        kl: Their mean.
        largest: The divergence at the worst position.
        control: The mean divergence of the other cold run.
        bound: The bound of `kl` at that time.
        largest_bound: The bound of `largest` at that time.
    """

    kl: float
    largest: float
    control: float
    bound: float
    largest_bound: float

    @property
    def agrees(self) -> bool:
        return self.kl <= self.bound and self.largest <= self.largest_bound


def runner(session: LoadedModel) -> Runner:
    """Return the runner of a session that has loaded a model."""
    assert session._runner is not None
    return session._runner


class ColdReader:
    """An engine that forgets everything before each prompt.

    Predictions are compared at the prompt's end and at each token that is read after it: the
    prompt's own first and last tokens once more. A model that continues a text which it has seen
    before looks at every token of it, so a wrong token has an effect.
    """

    def __init__(
        self, settings: LoadSettings, *, first: int = 0, last: int = 24, calibrations: int = 6
    ) -> None:
        """Load a second engine, and measure the control.

        Args:
            settings: The model to load.
            first: How many tokens of a prompt's beginning to read once more.
            last: How many tokens of a prompt's end to read once more.
            calibrations: The number of prompts to measure the control with.
        """
        self._session = LoadedModel()
        self._picture_size = self._session.load(settings, lambda _: True).picture_size
        self._first, self._last = first, last
        self._largest_control = self._worst_control = 0.0
        for number in range(calibrations):
            shown = [picture(50, self._picture_size)] if settings.mmproj and number % 2 else []
            prompt = _calibration(number, shown)
            units = list(chain(*map(split_into_units, self._session.tokenize(prompt))))
            self._read_twice(units, prompt)

    def close(self) -> None:
        self._session.close()

    @property
    def bound(self) -> float:
        """The largest mean KL divergence that is allowed, in nats."""
        return FACTOR * self._largest_control

    @property
    def largest_bound(self) -> float:
        """The largest KL divergence that is allowed at one position, in nats."""
        return LARGEST_FACTOR * self._worst_control

    def compare(self, session: LoadedModel, prompt: Prompt) -> ColdComparison:
        """Compare `session`, which has just read `prompt`, with a cold run.

        The repeated tokens stay in its KV cache. Raises `AssertionError` if the session has not
        read exactly the prompt: a part is missing or doubled, or llama.cpp holds more or fewer
        positions.
        """
        kv = runner(session)._kv
        units = list(kv.contents.units)
        parts = session.tokenize(prompt)
        assert _spelled(session, units) == _spelled(session, chain(*map(split_into_units, parts)))
        last = llama.llama_memory_seq_pos_max(kv.context._memory, 0)
        assert last == kv.positions - 1, f"{last + 1} positions in llama.cpp, not {kv.positions}"
        want, control = self._read_twice(units, prompt)
        found = _divergences(want, predictions(kv, self._repeated(units)))
        return ColdComparison(
            float(found.mean()),
            float(found.max()),
            float(control.mean()),
            self.bound,
            self.largest_bound,
        )

    def wrong_choices(
        self, units: Sequence[ContextUnit], prompt: Prompt, written: Sequence[int]
    ) -> Sequence[int]:
        """Return the tokens of a greedy reply that a cold run would not have chosen.

        If two tokens are almost equally likely, both may be chosen. By Pinsker's inequality,
        predictions that diverge by KL swap tokens whose probabilities differ by sqrt(2 KL) at most.
        `units` are the units of `prompt`, split as they were read.
        """
        rows = self._read(units, prompt, _PRODUCT_BATCH, written[:-1])
        margin = (2 * self.bound) ** 0.5
        wrong = []
        for token, logits in zip(written, rows, strict=True):
            chances = np.exp(logits - logits.max())
            chances /= chances.sum()
            if chances.max() - chances[token] > margin:
                wrong.append(token)
        return wrong

    def _read_twice(
        self, units: Sequence[ContextUnit], prompt: Prompt
    ) -> tuple[Floats, NDArray[np.float64]]:
        """Return the logits of a cold run and how far another one diverges from them."""
        again = self._repeated(units)
        want = np.stack(list(self._read(units, prompt, _PRODUCT_BATCH, again)))
        control = _divergences(want, self._read(units, prompt, _OTHER_BATCHES, again))
        self._largest_control = max(self._largest_control, float(control.mean()))
        self._worst_control = max(self._worst_control, float(control.max()))
        return want, control

    def _repeated(self, units: Sequence[ContextUnit]) -> Sequence[int]:
        tokens = [unit for unit in units if isinstance(unit, int)]
        if len(tokens) > self._first + self._last:
            tokens = tokens[: self._first] + tokens[len(tokens) - self._last :]
        return tokens[: runner(self._session)._kv.context.size - count_positions(units)]

    def _read(
        self,
        units: Sequence[ContextUnit],
        prompt: Prompt,
        sizes: Sequence[int],
        more: Sequence[int],
    ) -> Iterator[Floats]:
        """Read a prompt cold, in batches of these sizes in turn, then `more` token by token."""
        reader = runner(self._session)
        kv = reader._kv
        kv.clear()
        known = {each.sha256: reader._soft_tokens(each) for each in prompt.pictures}
        for batch in _batches(units, sizes):
            assert kv.read_batch(batch, known, want_logits=True)
        yield from predictions(kv, more)


def read(session: LoadedModel, prompt: Prompt) -> None:
    """Read a prompt and write nothing."""
    for _ in session.generate(prompt, READ_ONLY, ReplyStats(), CancelToken()):
        pass


def assert_like_cold(session: LoadedModel, prompt: Prompt, cold: ColdReader) -> None:
    """Check that `session`, which has just read `prompt`, predicts what a cold run predicts."""
    comparison = cold.compare(session, prompt)
    assert comparison.agrees, comparison


def _calibration(number: int, shown: Sequence[PreparedPicture]) -> Prompt:
    """Return a prompt of some 200 tokens, different for each number."""
    words = " ".join(random.Random(number).choices(_WORDS.split(), k=150))
    return ask(words[:300], *shown, words[300:])


def _spelled(session: LoadedModel, units: Iterable[ContextUnit]) -> bytes:
    """Return the bytes of a prompt, however it is split, with control tokens and pictures named."""
    piece = runner(session)._tokenizer.token_to_piece
    return b"".join(
        (piece(unit) or b"<%d>" % unit) if isinstance(unit, int) else unit.sha256.encode()
        for unit in units
    )


def predictions(kv: KVCache, tokens: Sequence[int]) -> Iterator[Floats]:
    """Yield the logits now and after each token, shape (vocabulary,)."""
    kept = kv.logits.get(len(kv.contents.units))
    yield kv.context.get_logits() if kept is None else kept
    for token in tokens:
        assert kv.read_batch([token], {}, want_logits=True)
        yield kv.context.get_logits()


def _divergences(want: Floats, rows: Iterable[Floats]) -> NDArray[np.float64]:
    """Return KL(want ‖ rows) in nats of each position, one after the other: a row takes 1 MB."""
    pairs = zip(want, rows, strict=True)
    return np.concatenate([kl_divergences(one[None], other[None]) for one, other in pairs])


def _batches(units: Sequence[ContextUnit], sizes: Sequence[int]) -> Iterator[Sequence[ContextUnit]]:
    """Yield runs of tokens of these sizes in turn; a picture is a batch of its own."""
    begin, turn = 0, cycle(sizes)
    while begin < len(units):
        end, size = begin + 1, next(turn)
        while (
            not isinstance(units[begin], PictureUnit)
            and end < min(len(units), begin + size)
            and not isinstance(units[end], PictureUnit)
        ):
            end += 1
        yield units[begin:end]
        begin = end
