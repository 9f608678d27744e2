"""Reads prompts and writes replies, and never reads again what was read before."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import wait
from contextlib import suppress
from time import monotonic

from refsheet_tui.engine.engine import TokenizedPart
from refsheet_tui.engine.events import Event, Finish, Looking, Reading, TextDelta
from refsheet_tui.engine.native.context import Floats
from refsheet_tui.engine.native.eye import Eye
from refsheet_tui.engine.native.kv import KVCache
from refsheet_tui.engine.native.ledger import SoftTokens, Unit, positions, units_of
from refsheet_tui.engine.native.meter import Meter
from refsheet_tui.engine.native.model import Model
from refsheet_tui.engine.native.recall import Prepared, Recall
from refsheet_tui.engine.native.reply_text import ReplyText
from refsheet_tui.engine.native.sampler import Sampler
from refsheet_tui.engine.native.speeds import Speeds
from refsheet_tui.engine.native.stop import Stop
from refsheet_tui.engine.native.tokenizer import Tokenizer
from refsheet_tui.engine.settings import GenerationSettings
from refsheet_tui.errors import EngineError, PromptTooLongError
from refsheet_tui.i18n import _
from refsheet_tui.pictures import PreparedPicture
from refsheet_tui.prompting import Prompt

# Tokens read between two looks at the progress. Measured on two cores with a 4B model, in tokens a
# second: 87 in steps of 64, 91 of 128, 90 of 256, 88 of 512. A GPU needs more to be busy, and can't
# be stopped in between.
_STEP_CPU = 128
_STEP_GPU = 512
# Seconds between two looks at the stop flag while somebody else looks at a picture.
_GLANCE_S = 0.02
# Fewer tokens tell little about how long reading takes.
_TELLING_TOKENS = 32


class _StoppedError(Exception):
    """The request was cancelled."""


class Runner:
    """One context and what it holds. One request at a time."""

    def __init__(
        self,
        model: Model,
        eye: Eye | None,
        tokenizer: Tokenizer,
        kv: KVCache,
        recall: Recall,
        speeds: Speeds,
    ) -> None:
        self._model = model
        self._eye = eye
        self._tokenizer = tokenizer
        self._kv = kv
        self._recall = recall
        self._speeds = speeds
        self._step = _STEP_GPU if model.uses_gpu else _STEP_CPU

    def tokenize(self, prompt: Prompt) -> tuple[TokenizedPart, ...]:
        """Raises `EngineError` for pictures that the model can't see, `WeightsError`."""
        if prompt.pictures and self._eye is None:
            raise EngineError(
                _("This model is text-only and can't see pictures."),
                _("Choose a vision model (4B or larger), or load the mmproj file of this one."),
            )
        return self._tokenizer.parts(prompt)

    def generate(
        self, prompt: Prompt, settings: GenerationSettings, meter: Meter, stop: Stop
    ) -> Iterator[Event]:
        """The events of one reply. `stop` ends it at the next step with `cancelled`.

        Raises `EngineError`, `PromptTooLongError`.
        """
        finish: Finish = "cancelled"
        text = ReplyText(self._tokenizer.piece, settings.max_new_tokens)
        with suppress(_StoppedError), stop.reaching(self._kv.context.abort):
            units = yield from self._take_in(prompt, meter, stop)
            finish = yield from self._write(units, text, settings, meter, stop)
        if rest := text.finish():
            yield TextDelta(rest)
        yield meter.finished(finish)

    def prewarm(self, prompt: Prompt, meter: Meter, stop: Stop) -> Iterator[Event]:
        """Read the prompt for a later one that begins with it. Raises as `generate` does."""
        with suppress(_StoppedError), stop.reaching(self._kv.context.abort):
            yield from self._take_in(prompt, meter, stop, want_logits=False)

    def snapshot(self) -> None:
        """Keep what was read and learnt, in the background."""
        self._recall.save()
        self._speeds.save()

    def flush(self) -> None:
        """Wait until all that is being kept is on disk."""
        self._recall.flush()

    def logits(self, prompt: Prompt) -> Iterator[Floats]:
        """The logits after each position of the prompt, shape (vocabulary,): to compare with the
        reference. The context must compute all of them."""
        units = [unit for part in self.tokenize(prompt) for unit in units_of(part)]
        self._kv.forget()
        known = {picture.sha256: self._soft_tokens(picture) for picture in prompt.pictures}
        for batch in self._batches(units):
            self._kv.read(batch, known, want_logits=True)
            for index in range(positions(batch)):
                yield self._kv.context.logits(index)

    def _take_in(
        self, prompt: Prompt, meter: Meter, stop: Stop, *, want_logits: bool = True
    ) -> Generator[Event, None, Sequence[Unit]]:
        """Read what is new in the prompt; its units. `want_logits`: a reply follows."""
        parts = self.tokenize(prompt)
        self._check_length(sum(part.positions for part in parts))
        prepared = self._recall.prepare(parts)
        meter.prompt_tokens = positions(prepared.units)
        meter.reused_tokens = self._kv.positions
        new = prepared.units[prepared.kept :]
        pictures = yield from self._look(prompt, new, meter, stop)
        yield from self._read(prepared, pictures, meter, stop, want_logits)
        return prepared.units

    def _check_length(self, length: int) -> None:
        if length == 0:
            raise EngineError(_("The prompt is empty."), _("Say something."))
        # The reply needs a place too.
        size = self._kv.context.size
        if length >= size:
            raise PromptTooLongError(
                _("The prompt is {length} tokens long, and the context holds {size}.").format(
                    length=length, size=size
                ),
                _(
                    "Set a larger context_size in config.yaml (or --context-size), shorten the "
                    "text or use fewer pictures."
                ),
            )

    def _look(
        self, prompt: Prompt, units: Sequence[Unit], meter: Meter, stop: Stop
    ) -> Generator[Event, None, dict[str, Floats]]:
        """The soft tokens of all pictures among the units, encoding those that are new."""
        wanted = {unit.sha256 for unit in units if isinstance(unit, SoftTokens)}
        pictures = {each.sha256: each for each in prompt.pictures if each.sha256 in wanted}
        if self._eye is None or not pictures:
            return {}
        known = {sha256: self._eye.seen(sha256) for sha256 in pictures}
        new = [picture for sha256, picture in pictures.items() if known[sha256] is None]
        for number, picture in enumerate(new, start=1):
            _check(stop)
            look = self._eye.look(picture)
            yield Looking(number, len(new), self._eye.expected_s(look))
            with meter.encoding():
                while not wait([look.found], _GLANCE_S).done:
                    if stop.is_set():
                        self._eye.give_up(look)
                        raise _StoppedError
            known[picture.sha256] = look.found.result()
        return {sha256: found for sha256, found in known.items() if found is not None}

    def _soft_tokens(self, picture: PreparedPicture) -> Floats:
        assert self._eye is not None, "tokenize lets no picture through without one"
        found = self._eye.seen(picture.sha256)
        return self._eye.look(picture).found.result() if found is None else found

    def _read(
        self,
        prepared: Prepared,
        pictures: dict[str, Floats],
        meter: Meter,
        stop: Stop,
        want_logits: bool,
    ) -> Iterator[Event]:
        units, reused, total = prepared.units, self._kv.positions, meter.prompt_tokens
        expected = self._speeds.expected("token", total - reused)
        yield Reading(reused, total, reused, expected)
        begin = monotonic()
        for batch in self._batches(units, prepared.kept, prepared.opening):
            _check(stop)
            self._recall.save_before_forgetting(positions(batch))
            last = self._kv.positions + positions(batch) == total
            with meter.reading():
                done = self._kv.read(batch, pictures, want_logits=last and want_logits)
            if not done:
                raise _StoppedError
            if last and want_logits:
                self._kv.remember_logits()
            yield Reading(self._kv.positions, total, reused, expected)
        if total - reused >= _TELLING_TOKENS:
            self._speeds.learn("token", monotonic() - begin, total - reused)

    def _batches(
        self, units: Sequence[Unit], begin: int = 0, opening: int = 0
    ) -> Iterator[Sequence[Unit]]:
        """Runs of tokens, no longer than a step, and pictures alone, from unit `begin` on.

        A run ends with the opening, and where window layers make room: what follows is then read in
        the same runs, and computed alike, whether what stands before it was known or not.
        """
        while begin < len(units):
            room = self._kv.context.room(self._kv.positions) or self._step
            limit = min(begin + min(self._step, room), len(units))
            if begin < opening:
                limit = min(limit, opening)
            end = begin + 1
            while end < limit and isinstance(units[begin], int) and isinstance(units[end], int):
                end += 1
            yield units[begin:end]
            begin = end

    def _write(
        self,
        units: Sequence[Unit],
        text: ReplyText,
        settings: GenerationSettings,
        meter: Meter,
        stop: Stop,
    ) -> Generator[Event, None, Finish]:
        tokens = [unit for unit in units if isinstance(unit, int)]
        # None once the first token is chosen.
        kept: Floats | None = self._kv.logits[len(units)]
        sampler = Sampler(settings, self._model, tokens)
        try:
            while meter.new_tokens < settings.max_new_tokens:
                _check(stop)
                token = sampler.next(self._kv.context) if kept is None else sampler.first(kept)
                kept = None
                meter.chosen()
                if self._tokenizer.ends_turn(token):
                    return "end_of_turn"
                meter.written()
                self._kv.wrote(token)
                if shown := text.feed(token):
                    yield TextDelta(shown)
                if self._kv.positions == self._kv.context.size:
                    return "max_tokens"
                self._recall.save_before_forgetting(1)
                if not self._kv.read([token], {}, want_logits=True):
                    raise _StoppedError
            return "max_tokens"
        except EngineError:
            # What was computed can't be trusted, so it must neither be reused nor saved.
            self._kv.forget()
            raise
        finally:
            sampler.close()


def _check(stop: Stop) -> None:
    if stop.is_set():
        raise _StoppedError
