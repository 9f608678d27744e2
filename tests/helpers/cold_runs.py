"""Compare what an engine predicts with what it predicts after reading the same prompt cold.

Rounding differs with the size of a batch, because other kernels compute it. How much that changes
a prediction depends on the weights, the machine and the prompt, so the bound is measured: a second
engine reads the same prompt cold twice, in batches of different sizes, and the mean KL divergence
between these two is the control. Whatever was reused, restored or rolled back may diverge from the
cold run by `FACTOR` times the largest control that was seen, and at its worst position by
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
from refsheet_tui.engine.comparison import kl_divergences
from refsheet_tui.engine.native.context import Floats
from refsheet_tui.engine.native.kv import KVCache
from refsheet_tui.engine.native.ledger import SoftTokens, Unit, positions, units_of
from refsheet_tui.engine.native.meter import Meter
from refsheet_tui.engine.native.runner import Runner
from refsheet_tui.engine.native.session import Session
from refsheet_tui.engine.native.stop import Stop
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
    """KL divergences in nats from a cold run, `kl` their mean and `largest` that of the worst
    position; `control` is the mean of the other cold run. The bounds are those of that time."""

    kl: float
    largest: float
    control: float
    bound: float
    largest_bound: float

    @property
    def agrees(self) -> bool:
        return self.kl <= self.bound and self.largest <= self.largest_bound


def runner(session: Session) -> Runner:
    """Return the runner of a session that has loaded a model."""
    assert session._runner is not None
    return session._runner


class ColdReader:
    """An engine that forgets everything before each prompt.

    Predictions are compared at the prompt's end and at each of the tokens that are read after it:
    the prompt's own first and last tokens once more. A model that continues a text which it has
    seen before looks at every token of it, so a wrong one shows.
    """

    def __init__(
        self, settings: LoadSettings, *, first: int = 0, last: int = 24, calibrations: int = 6
    ) -> None:
        """Read the `first` and `last` tokens of each prompt once more, and measure the control on
        as many prompts as `calibrations` says."""
        self._session = Session()
        self._picture_size = self._session.load(settings, lambda _: True).picture_size
        self._first, self._last = first, last
        self._largest_control = self._worst_control = 0.0
        for number in range(calibrations):
            shown = [picture(50, self._picture_size)] if settings.mmproj and number % 2 else []
            prompt = _calibration(number, shown)
            units = list(chain(*map(units_of, self._session.tokenize(prompt))))
            self._read_twice(units, prompt)

    def close(self) -> None:
        self._session.close()

    @property
    def bound(self) -> float:
        """The mean KL divergence in nats that is allowed."""
        return FACTOR * self._largest_control

    @property
    def largest_bound(self) -> float:
        """The KL divergence in nats that is allowed at one position."""
        return LARGEST_FACTOR * self._worst_control

    def compare(self, session: Session, prompt: Prompt) -> ColdComparison:
        """Compare `session`, which has just read `prompt`, with a cold run.

        The repeated tokens stay in its KV cache. Raises `AssertionError` when what was read is not
        the prompt: a part is missing or doubled, or llama.cpp holds more or fewer positions.
        """
        kv = runner(session)._kv
        units = list(kv.ledger.units)
        parts = session.tokenize(prompt)
        assert _spelled(session, units) == _spelled(session, chain(*map(units_of, parts)))
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
        self, units: Sequence[Unit], prompt: Prompt, written: Sequence[int]
    ) -> Sequence[int]:
        """Return which tokens of a greedy reply a cold run would not have chosen.

        Where two tokens are almost equally likely, both may be chosen: by Pinsker's inequality
        predictions that diverge by KL swap tokens whose probabilities differ by sqrt(2 KL) at most.
        `units` are those of `prompt`, split as they were read.
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
        self, units: Sequence[Unit], prompt: Prompt
    ) -> tuple[Floats, NDArray[np.float64]]:
        """Return the logits of a cold run and how far another one diverges from them."""
        again = self._repeated(units)
        want = np.stack(list(self._read(units, prompt, _PRODUCT_BATCH, again)))
        control = _divergences(want, self._read(units, prompt, _OTHER_BATCHES, again))
        self._largest_control = max(self._largest_control, float(control.mean()))
        self._worst_control = max(self._worst_control, float(control.max()))
        return want, control

    def _repeated(self, units: Sequence[Unit]) -> Sequence[int]:
        tokens = [unit for unit in units if isinstance(unit, int)]
        if len(tokens) > self._first + self._last:
            tokens = tokens[: self._first] + tokens[len(tokens) - self._last :]
        return tokens[: runner(self._session)._kv.context.size - positions(units)]

    def _read(
        self, units: Sequence[Unit], prompt: Prompt, sizes: Sequence[int], more: Sequence[int]
    ) -> Iterator[Floats]:
        """Read a prompt cold, in batches of these sizes in turn, then `more` token by token."""
        reader = runner(self._session)
        kv = reader._kv
        kv.forget()
        known = {each.sha256: reader._soft_tokens(each) for each in prompt.pictures}
        for batch in _batches(units, sizes):
            assert kv.read(batch, known, want_logits=True)
        yield from predictions(kv, more)


def read(session: Session, prompt: Prompt) -> None:
    """Read a prompt and write nothing."""
    for _ in session.generate(prompt, READ_ONLY, Meter(), Stop()):
        pass


def assert_like_cold(session: Session, prompt: Prompt, cold: ColdReader) -> None:
    """Check that `session`, which has just read `prompt`, predicts what a cold run predicts."""
    comparison = cold.compare(session, prompt)
    assert comparison.agrees, comparison


def _calibration(number: int, shown: Sequence[PreparedPicture]) -> Prompt:
    """Return a prompt of some 200 tokens, unlike that of any other number."""
    words = " ".join(random.Random(number).choices(_WORDS.split(), k=150))
    return ask(words[:300], *shown, words[300:])


def _spelled(session: Session, units: Iterable[Unit]) -> bytes:
    """Return the bytes of a prompt, however it is split, with control tokens and pictures named."""
    piece = runner(session)._tokenizer.piece
    return b"".join(
        (piece(unit) or b"<%d>" % unit) if isinstance(unit, int) else unit.sha256.encode()
        for unit in units
    )


def predictions(kv: KVCache, tokens: Sequence[int]) -> Iterator[Floats]:
    """Yield the logits now and after each token, shape (vocabulary,)."""
    kept = kv.logits.get(len(kv.ledger.units))
    yield kv.context.logits() if kept is None else kept
    for token in tokens:
        assert kv.read([token], {}, want_logits=True)
        yield kv.context.logits()


def _divergences(want: Floats, rows: Iterable[Floats]) -> NDArray[np.float64]:
    """Return KL(want ‖ rows) in nats of each position, one after the other: a row takes 1 MB."""
    pairs = zip(want, rows, strict=True)
    return np.concatenate([kl_divergences(one[None], other[None]) for one, other in pairs])


def _batches(units: Sequence[Unit], sizes: Sequence[int]) -> Iterator[Sequence[Unit]]:
    """Yield runs of tokens of these sizes in turn; a picture is a batch of its own."""
    begin, turn = 0, cycle(sizes)
    while begin < len(units):
        end, size = begin + 1, next(turn)
        while (
            not isinstance(units[begin], SoftTokens)
            and end < min(len(units), begin + size)
            and not isinstance(units[end], SoftTokens)
        ):
            end += 1
        yield units[begin:end]
        begin = end
