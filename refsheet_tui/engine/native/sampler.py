"""How the next token is chosen: an owned chain of llama.cpp's own samplers."""

from __future__ import annotations

from collections.abc import Sequence

from llama_cpp import llama_cpp as llama

from refsheet_tui.engine.native.context import Context
from refsheet_tui.engine.native.model import Model
from refsheet_tui.engine.settings import GenerationSettings

# How far back repetition is punished: the default of llama.cpp's programs.
_PENALTY_TOKENS = 64
_NO_PENALTY = 1.0
_OFF = 0.0
_KEEP = 1
_LAST = -1


class Sampler:
    """One reply's sampler; `close` it when the reply is written."""

    def __init__(self, settings: GenerationSettings, model: Model, seen: Sequence[int]) -> None:
        """`seen` are the prompt's tokens, which the repeat penalty looks at."""
        self._chain = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
        if not settings.sample or settings.temperature <= 0:
            self._add(llama.llama_sampler_init_greedy())
            return
        if settings.repeat_penalty != _NO_PENALTY:
            self._add(
                llama.llama_sampler_init_penalties(
                    model.n_vocab, _PENALTY_TOKENS, settings.repeat_penalty, _OFF, _OFF
                )
            )
        # The order of transformers (`GenerationMixin._get_logits_processor`): other than in
        # llama.cpp's programs, temperature comes before the cuts.
        self._add(llama.llama_sampler_init_temp(settings.temperature))
        self._add(llama.llama_sampler_init_top_k(settings.top_k))
        self._add(llama.llama_sampler_init_top_p(settings.top_p, _KEEP))
        self._add(llama.llama_sampler_init_min_p(settings.min_p, _KEEP))
        self._add(llama.llama_sampler_init_dist(_seed(settings.seed)))
        for token in seen[-_PENALTY_TOKENS:]:
            llama.llama_sampler_accept(self._chain, token)

    def next(self, context: Context) -> int:
        """Choose a token by the logits after the last that was read."""
        return int(llama.llama_sampler_sample(self._chain, context.handle, _LAST))

    def close(self) -> None:
        llama.llama_sampler_free(self._chain)

    def _add(self, sampler: llama.llama_sampler_p) -> None:
        llama.llama_sampler_chain_add(self._chain, sampler)


def _seed(seed: int | None) -> int:
    # llama.cpp reads its default seed as "draw one": no seed of a person's may become that.
    return llama.LLAMA_DEFAULT_SEED if seed is None else seed % llama.LLAMA_DEFAULT_SEED
