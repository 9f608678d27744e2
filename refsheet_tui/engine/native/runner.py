"""Reads prompts and writes replies, and never reads again what the KV cache holds."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Sequence
from itertools import groupby

from refsheet_tui.engine.engine import TokenizedPart
from refsheet_tui.engine.events import Event, Finish, Looking, Reading, TextDelta
from refsheet_tui.engine.native.context import Context, Floats
from refsheet_tui.engine.native.embeddings import EmbeddingCache
from refsheet_tui.engine.native.ledger import Ledger, SoftTokens, Unit, positions
from refsheet_tui.engine.native.meter import Meter
from refsheet_tui.engine.native.model import Model
from refsheet_tui.engine.native.projector import Projector
from refsheet_tui.engine.native.sampler import Sampler
from refsheet_tui.engine.native.tokenizer import Tokenizer
from refsheet_tui.engine.native.utf8 import Characters
from refsheet_tui.engine.settings import GenerationSettings
from refsheet_tui.errors import EngineError, PromptTooLongError
from refsheet_tui.pictures import PreparedPicture
from refsheet_tui.prompting import Prompt
from refsheet_tui.text import StreamCleaner

# Tokens read between two looks at the progress and at the stop flag. Small enough for about two
# seconds of a 4B model on two cores, large enough that the weights are not read too often; a GPU
# is faster by far, and can't be stopped in between.
_STEP_CPU = 64
_STEP_GPU = 256


class _StoppedError(Exception):
    """The request was cancelled."""


class Runner:
    """One context and what it holds. One request at a time."""

    def __init__(
        self,
        model: Model,
        projector: Projector | None,
        tokenizer: Tokenizer,
        context: Context,
    ) -> None:
        self._model = model
        self._projector = projector
        self._tokenizer = tokenizer
        self._context = context
        self._step = _STEP_GPU if model.uses_gpu else _STEP_CPU
        self._ledger = Ledger()
        self._embeddings = EmbeddingCache()

    def tokenize(self, prompt: Prompt) -> tuple[TokenizedPart, ...]:
        """Raises `EngineError` for pictures that the model can't see, `WeightsError`."""
        if prompt.pictures and self._projector is None:
            raise EngineError(
                "This model can't see pictures: it has no vision projector.",
                "Load the mmproj file that belongs to it; Gemma 3 sees from 4B up.",
            )
        return self._tokenizer.parts(prompt)

    def generate(
        self, prompt: Prompt, settings: GenerationSettings, meter: Meter, stop: threading.Event
    ) -> Iterator[Event]:
        """The events of one reply. `stop` ends it at the next step with `cancelled`.

        Raises `EngineError`, `PromptTooLongError`.
        """
        units = self._units(prompt)
        meter.prompt_tokens = positions(units)
        self._check_length(meter.prompt_tokens)
        finish: Finish = "cancelled"
        try:
            kept = self._reusable(units)
            pictures = yield from self._look(prompt, units[kept:], meter, stop)
            yield from self._read(units, kept, pictures, meter, stop)
            finish = yield from self._write(units, settings, meter, stop)
        except _StoppedError:
            pass
        except EngineError:
            self._forget()
            raise
        yield meter.finished(finish)

    def prewarm(self, prompt: Prompt, meter: Meter, stop: threading.Event) -> Iterator[Event]:
        """Read the prompt for a later one that begins with it. Raises as `generate` does."""
        units = self._units(prompt)
        meter.prompt_tokens = positions(units)
        self._check_length(meter.prompt_tokens)
        try:
            kept = self._reusable(units)
            pictures = yield from self._look(prompt, units[kept:], meter, stop)
            yield from self._read(units, kept, pictures, meter, stop)
        except _StoppedError:
            pass

    def logits(self, prompt: Prompt) -> Iterator[Floats]:
        """The logits after each position of the prompt, shape (vocabulary,): to compare with the
        reference. The context must compute all of them."""
        units = self._units(prompt)
        self._forget()
        known = {picture.sha256: self._encode(picture) for picture in prompt.pictures}
        for batch in self._batches(units):
            self._read_batch(batch, known, want_logits=True)
            for index in range(positions(batch)):
                yield self._context.logits(index)

    def _units(self, prompt: Prompt) -> list[Unit]:
        units: list[Unit] = []
        for part in self.tokenize(prompt):
            if part.sha256 is not None:
                units.append(SoftTokens(part.sha256, part.positions))
            units.extend(part.tokens)
        return units

    def _check_length(self, length: int) -> None:
        if length == 0:
            raise EngineError("The prompt is empty.", "Say something.")
        # The reply needs a place too.
        if length >= self._context.size:
            raise PromptTooLongError(
                f"The prompt is {length} tokens long, and the context holds {self._context.size}.",
                "Raise the context size, shorten the text or use fewer pictures.",
            )

    def _reusable(self, units: Sequence[Unit]) -> int:
        """How many units need not be read. The last is always read, for its logits."""
        kept = min(self._ledger.common(units), len(units) - 1)
        end = positions(units[:kept])
        if end < self._ledger.positions and not self._context.can_return_to(end):
            return 0
        return kept

    def _look(
        self, prompt: Prompt, units: Sequence[Unit], meter: Meter, stop: threading.Event
    ) -> Generator[Event, None, dict[str, Floats]]:
        """The soft tokens of all pictures among the units, encoding those that are new."""
        wanted = {unit.sha256 for unit in units if isinstance(unit, SoftTokens)}
        pictures = {each.sha256: each for each in prompt.pictures if each.sha256 in wanted}
        known = {sha256: self._embeddings.get(sha256) for sha256 in pictures}
        new = [picture for sha256, picture in pictures.items() if known[sha256] is None]
        for number, picture in enumerate(new, start=1):
            _check(stop)
            yield Looking(number, len(new))
            with meter.encoding():
                known[picture.sha256] = self._encode(picture)
        return {sha256: found for sha256, found in known.items() if found is not None}

    def _encode(self, picture: PreparedPicture) -> Floats:
        assert self._projector is not None, "tokenize lets no picture through without one"
        found = self._projector.encode(picture)
        self._embeddings.put(picture.sha256, found)
        return found

    def _read(
        self,
        units: Sequence[Unit],
        kept: int,
        pictures: dict[str, Floats],
        meter: Meter,
        stop: threading.Event,
    ) -> Iterator[Event]:
        self._ledger.keep(kept)
        reused, total = self._ledger.positions, meter.prompt_tokens
        # What comes after would be seen by a picture, which looks ahead.
        self._context.forget_from(reused)
        meter.reused_tokens = reused
        yield Reading(reused, total, reused)
        for batch in self._batches(units[kept:]):
            _check(stop)
            last = self._ledger.positions + positions(batch) == total
            with meter.reading():
                done = self._read_batch(batch, pictures, want_logits=last)
            if not done:
                raise _StoppedError
            yield Reading(self._ledger.positions, total, reused)

    def _batches(self, units: Sequence[Unit]) -> Iterator[Sequence[Unit]]:
        """Runs of tokens, no longer than a step, and pictures alone."""
        for is_picture, run in groupby(units, key=lambda unit: isinstance(unit, SoftTokens)):
            items = list(run)
            step = 1 if is_picture else self._step
            for begin in range(0, len(items), step):
                yield items[begin : begin + step]

    def _read_batch(
        self, batch: Sequence[Unit], pictures: dict[str, Floats], *, want_logits: bool
    ) -> bool:
        """False when it was stopped: then nothing of the batch stays, because it is one
        micro-batch."""
        position = self._ledger.positions
        first = batch[0]
        if isinstance(first, SoftTokens):
            soft = pictures[first.sha256]
            done = self._context.read_picture(soft, position, want_logits=want_logits)
        else:
            tokens = [unit for unit in batch if isinstance(unit, int)]
            done = self._context.read_tokens(tokens, position, want_logits=want_logits)
        if done:
            self._ledger.extend(batch)
        return done

    def _write(
        self,
        units: Sequence[Unit],
        settings: GenerationSettings,
        meter: Meter,
        stop: threading.Event,
    ) -> Generator[Event, None, Finish]:
        characters, cleaner = Characters(), StreamCleaner()
        tokens = [unit for unit in units if isinstance(unit, int)]
        sampler = Sampler(settings, self._model, tokens)
        try:
            while meter.new_tokens < settings.max_new_tokens:
                _check(stop)
                token = sampler.next(self._context)
                meter.chosen()
                if self._tokenizer.ends_turn(token):
                    return "end_of_turn"
                meter.written()
                text = cleaner.feed(characters.feed(self._tokenizer.piece(token)))
                if text:
                    yield TextDelta(text)
                if self._ledger.positions == self._context.size:
                    return "max_tokens"
                if not self._read_batch([token], {}, want_logits=True):
                    raise _StoppedError
            return "max_tokens"
        finally:
            sampler.close()

    def _forget(self) -> None:
        self._ledger.keep(0)
        self._context.forget_from(0)


def _check(stop: threading.Event) -> None:
    if stop.is_set():
        raise _StoppedError
