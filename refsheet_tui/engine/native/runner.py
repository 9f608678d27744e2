"""Read prompts and write replies, and never read again what was read before."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import wait
from contextlib import suppress
from time import monotonic

from refsheet_tui.engine.engine import TokenizedPart
from refsheet_tui.engine.events import (
    EngineEvent,
    FinishReason,
    PictureProgress,
    PromptProgress,
    TextDelta,
)
from refsheet_tui.engine.native.cache_contents import (
    ContextUnit,
    PictureUnit,
    count_positions,
    split_into_units,
)
from refsheet_tui.engine.native.cancel_token import CancelToken
from refsheet_tui.engine.native.detokenizer import ReplyDetokenizer
from refsheet_tui.engine.native.duration_estimates import DurationEstimates
from refsheet_tui.engine.native.kv_cache import KVCache
from refsheet_tui.engine.native.llama_context import Floats
from refsheet_tui.engine.native.llama_model import LlamaModel
from refsheet_tui.engine.native.picture_encoder import PictureEncoder
from refsheet_tui.engine.native.prefix_cache import PrefixCache, PreparedPrompt
from refsheet_tui.engine.native.reply_stats import ReplyStats
from refsheet_tui.engine.native.sampler import Sampler
from refsheet_tui.engine.native.tokenizer import Tokenizer
from refsheet_tui.engine.settings import GenerationSettings
from refsheet_tui.errors import EngineError, PromptTooLongError
from refsheet_tui.i18n import _
from refsheet_tui.pictures import PreparedPicture
from refsheet_tui.prompting import Prompt

# Tokens read between two reports of progress. Measured on two cores with a 4B model, in tokens a
# second: 87 in steps of 64, 91 of 128, 90 of 256, 88 of 512. A GPU needs more to be busy, and can't
# be stopped in between.
_BATCH_SIZE_CPU = 128
_BATCH_SIZE_GPU = 512
# Seconds between two looks at the cancel token while another thread encodes a picture.
_CANCEL_POLL_S = 0.02
# Fewer tokens tell little about how long reading takes.
_MIN_MEASURED_TOKENS = 32


class _RequestCancelledError(Exception):
    """The request was cancelled."""


class Runner:
    """Runs the requests for one context, one at a time."""

    def __init__(
        self,
        model: LlamaModel,
        picture_encoder: PictureEncoder | None,
        tokenizer: Tokenizer,
        kv: KVCache,
        prefix_cache: PrefixCache,
        durations: DurationEstimates,
    ) -> None:
        self._model = model
        self._picture_encoder = picture_encoder
        self._tokenizer = tokenizer
        self._kv = kv
        self._prefix_cache = prefix_cache
        self._durations = durations
        self._batch_size = _BATCH_SIZE_GPU if model.uses_gpu else _BATCH_SIZE_CPU

    def tokenize(self, prompt: Prompt) -> tuple[TokenizedPart, ...]:
        """Split a prompt into tokens.

        Raises `EngineError` for pictures that the model can't see, `WeightsError`.
        """
        if prompt.pictures and self._picture_encoder is None:
            raise EngineError(
                _("This model is text-only and can't see pictures."),
                _("Choose a vision model (4B or larger), or load this model's mmproj file."),
            )
        return self._tokenizer.tokenize_prompt(prompt)

    def generate(
        self,
        prompt: Prompt,
        settings: GenerationSettings,
        stats: ReplyStats,
        cancel_token: CancelToken,
    ) -> Iterator[EngineEvent]:
        """Yield the events of one reply.

        `cancel_token` ends it at the next step with the reason `cancelled`.

        Raises `EngineError`, `PromptTooLongError`.
        """
        reason: FinishReason = "cancelled"
        detokenizer = ReplyDetokenizer(self._tokenizer.token_to_piece, settings.max_new_tokens)
        with (
            suppress(_RequestCancelledError),
            cancel_token.abort_on_cancel(self._kv.context.abort_flag),
        ):
            units = yield from self._read_prompt(prompt, stats, cancel_token)
            reason = yield from self._write_reply(units, detokenizer, settings, stats, cancel_token)
        if text := detokenizer.finish():
            yield TextDelta(text)
        yield stats.make_finished_event(reason)

    def prewarm(
        self, prompt: Prompt, stats: ReplyStats, cancel_token: CancelToken
    ) -> Iterator[EngineEvent]:
        """Read the prompt for a later one that begins with it.

        Raises the same errors as `generate`.
        """
        with (
            suppress(_RequestCancelledError),
            cancel_token.abort_on_cancel(self._kv.context.abort_flag),
        ):
            yield from self._read_prompt(prompt, stats, cancel_token, want_logits=False)

    def save_snapshot(self) -> None:
        """Save what was read and learnt, in the background."""
        self._prefix_cache.save_snapshot()
        self._durations.save()

    def flush(self) -> None:
        """Wait until everything that is being saved is on disk."""
        self._prefix_cache.flush()

    def compute_logits(self, prompt: Prompt) -> Iterator[Floats]:
        """Yield the logits after each position of the prompt, shape (vocabulary,).

        They are for comparing with the reference. The context must compute all of them.
        """
        units = [unit for part in self.tokenize(prompt) for unit in split_into_units(part)]
        self._kv.clear()
        pictures = {picture.sha256: self._soft_tokens(picture) for picture in prompt.pictures}
        for batch in self._batches(units):
            self._kv.read_batch(batch, pictures, want_logits=True)
            for index in range(count_positions(batch)):
                yield self._kv.context.get_logits(index)

    def _read_prompt(
        self,
        prompt: Prompt,
        stats: ReplyStats,
        cancel_token: CancelToken,
        *,
        want_logits: bool = True,
    ) -> Generator[EngineEvent, None, Sequence[ContextUnit]]:
        """Read what is new in the prompt, and return all its units.

        `want_logits`: a reply follows.
        """
        parts = self.tokenize(prompt)
        self._check_length(sum(part.positions for part in parts))
        prepared = self._prefix_cache.prepare(parts)
        stats.prompt_tokens = count_positions(prepared.units)
        stats.reused_tokens = self._kv.positions
        new = prepared.units[prepared.reused :]
        pictures = yield from self._encode_pictures(prompt, new, stats, cancel_token)
        yield from self._read_units(prepared, pictures, stats, cancel_token, want_logits)
        return prepared.units

    def _check_length(self, length: int) -> None:
        if length == 0:
            raise EngineError(_("The prompt is empty."), _("Type a message."))
        # The reply needs a place too.
        size = self._kv.context.size
        if length >= size:
            raise PromptTooLongError(
                _("The prompt is {length} tokens long, but the context only holds {size}.").format(
                    length=length, size=size
                ),
                _(
                    "Increase context_size in config.yaml (or --context-size), shorten "
                    "the text, or use fewer pictures."
                ),
            )

    def _encode_pictures(
        self,
        prompt: Prompt,
        units: Sequence[ContextUnit],
        stats: ReplyStats,
        cancel_token: CancelToken,
    ) -> Generator[EngineEvent, None, dict[str, Floats]]:
        """Return the soft tokens of all pictures among the units, encoding those that are new."""
        hashes = {unit.sha256 for unit in units if isinstance(unit, PictureUnit)}
        pictures = {each.sha256: each for each in prompt.pictures if each.sha256 in hashes}
        if self._picture_encoder is None or not pictures:
            return {}
        embeddings = {sha256: self._picture_encoder.get_cached(sha256) for sha256 in pictures}
        new = [picture for sha256, picture in pictures.items() if embeddings[sha256] is None]
        for number, picture in enumerate(new, start=1):
            _raise_if_cancelled(cancel_token)
            encoding = self._picture_encoder.start_encoding(picture)
            yield PictureProgress(number, len(new), self._picture_encoder.expected_s(encoding))
            with stats.time_encoding():
                while not wait([encoding.future], _CANCEL_POLL_S).done:
                    if cancel_token.is_cancelled():
                        self._picture_encoder.abandon(encoding)
                        raise _RequestCancelledError
            embeddings[picture.sha256] = encoding.future.result()
        return {
            sha256: soft_tokens
            for sha256, soft_tokens in embeddings.items()
            if soft_tokens is not None
        }

    def _soft_tokens(self, picture: PreparedPicture) -> Floats:
        assert self._picture_encoder is not None, "tokenize lets no picture through without one"
        soft_tokens = self._picture_encoder.get_cached(picture.sha256)
        return (
            self._picture_encoder.start_encoding(picture).future.result()
            if soft_tokens is None
            else soft_tokens
        )

    def _read_units(
        self,
        prepared: PreparedPrompt,
        pictures: dict[str, Floats],
        stats: ReplyStats,
        cancel_token: CancelToken,
        want_logits: bool,
    ) -> Iterator[EngineEvent]:
        units, reused, total = prepared.units, self._kv.positions, stats.prompt_tokens
        expected = self._durations.estimate("token", total - reused)
        yield PromptProgress(reused, total, reused, expected)
        begin = monotonic()
        for batch in self._batches(units, prepared.reused, prepared.opening_length):
            _raise_if_cancelled(cancel_token)
            self._prefix_cache.save_before_forgetting(count_positions(batch))
            is_last = self._kv.positions + count_positions(batch) == total
            with stats.time_reading():
                done = self._kv.read_batch(batch, pictures, want_logits=is_last and want_logits)
            if not done:
                raise _RequestCancelledError
            if is_last and want_logits:
                self._kv.store_logits()
            yield PromptProgress(self._kv.positions, total, reused, expected)
        if total - reused >= _MIN_MEASURED_TOKENS:
            self._durations.add_measurement("token", monotonic() - begin, total - reused)

    def _batches(
        self, units: Sequence[ContextUnit], begin: int = 0, opening_length: int = 0
    ) -> Iterator[Sequence[ContextUnit]]:
        """Yield batches from unit `begin` on: runs of tokens, and single pictures.

        A run is no longer than the batch size. It ends with the opening, and where window layers
        make room. What follows is then always read in the same runs, and computed alike, no matter
        whether what stands before it was in the cache.
        """
        while begin < len(units):
            free_positions = self._kv.context.free_positions(self._kv.positions) or self._batch_size
            limit = min(begin + min(self._batch_size, free_positions), len(units))
            if begin < opening_length:
                limit = min(limit, opening_length)
            end = begin + 1
            while end < limit and isinstance(units[begin], int) and isinstance(units[end], int):
                end += 1
            yield units[begin:end]
            begin = end

    def _write_reply(
        self,
        units: Sequence[ContextUnit],
        detokenizer: ReplyDetokenizer,
        settings: GenerationSettings,
        stats: ReplyStats,
        cancel_token: CancelToken,
    ) -> Generator[EngineEvent, None, FinishReason]:
        tokens = [unit for unit in units if isinstance(unit, int)]
        # None once the first token is chosen.
        stored_logits: Floats | None = self._kv.logits[len(units)]
        sampler = Sampler(settings, self._model, tokens)
        try:
            while stats.new_tokens < settings.max_new_tokens:
                _raise_if_cancelled(cancel_token)
                token = (
                    sampler.sample_from_context(self._kv.context)
                    if stored_logits is None
                    else sampler.sample_from_logits(stored_logits)
                )
                stored_logits = None
                stats.record_sampled_token()
                if self._tokenizer.ends_turn(token):
                    return "end_of_turn"
                stats.record_reply_token()
                self._kv.set_unread_token(token)
                if text := detokenizer.feed(token):
                    yield TextDelta(text)
                if self._kv.positions == self._kv.context.size:
                    return "max_tokens"
                self._prefix_cache.save_before_forgetting(1)
                if not self._kv.read_batch([token], {}, want_logits=True):
                    raise _RequestCancelledError
            return "max_tokens"
        except EngineError:
            # What was computed can't be trusted, so it must neither be reused nor saved.
            self._kv.clear()
            raise
        finally:
            sampler.close()


def _raise_if_cancelled(cancel_token: CancelToken) -> None:
    if cancel_token.is_cancelled():
        raise _RequestCancelledError
