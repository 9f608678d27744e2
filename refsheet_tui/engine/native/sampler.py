"""Choose the next token with an owned chain of llama.cpp's own samplers."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np
from llama_cpp import llama_cpp as llama

from refsheet_tui.engine.native.llama_context import Floats, LlamaContext
from refsheet_tui.engine.native.llama_model import LlamaModel
from refsheet_tui.engine.settings import GenerationSettings

# How far back repetition is punished: the default of llama.cpp's programs.
_PENALTY_TOKENS = 64
_NO_PENALTY = 1.0
# The defaults of llama.cpp's programs, and of the sampler's author
# (github.com/oobabooga/text-generation-webui/pull/5677). The end of a turn breaks a sequence as
# well: if a similar ending counted as a repetition, replies would have to grow longer and longer.
_DRY_BASE, _DRY_ALLOWED_TOKENS, _DRY_TOKENS = 1.75, 2, 4096
_DRY_BREAKERS = (b"\n", b":", b'"', b"*", b"<end_of_turn>")
_DISABLED = 0.0
_MIN_KEEP = 1
_LAST_OUTPUT = -1
# llama.h, llama_token_data
_TOKEN_DATA = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


class Sampler:
    """The sampler of one reply. `close` it when the reply is written."""

    def __init__(
        self, settings: GenerationSettings, model: LlamaModel, prompt_tokens: Sequence[int]
    ) -> None:
        """Build the chain.

        The guards against repetition also look at `prompt_tokens`.
        """
        self._chain = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
        if not settings.sample or settings.temperature <= 0:
            self._add_to_chain(llama.llama_sampler_init_greedy())
            return
        if settings.repeat_penalty != _NO_PENALTY:
            self._add_to_chain(
                llama.llama_sampler_init_penalties(
                    model.n_vocab, _PENALTY_TOKENS, settings.repeat_penalty, _DISABLED, _DISABLED
                )
            )
        if settings.dry_multiplier > _DISABLED:
            self._add_to_chain(_dry_sampler(model, settings.dry_multiplier))
        # The order of transformers (`GenerationMixin._get_logits_processor`): unlike in
        # llama.cpp's programs, temperature comes before the cuts.
        self._add_to_chain(llama.llama_sampler_init_temp(settings.temperature))
        self._add_to_chain(llama.llama_sampler_init_top_k(settings.top_k))
        self._add_to_chain(llama.llama_sampler_init_top_p(settings.top_p, _MIN_KEEP))
        self._add_to_chain(llama.llama_sampler_init_min_p(settings.min_p, _MIN_KEEP))
        self._add_to_chain(llama.llama_sampler_init_dist(_seed(settings.seed)))
        for token in prompt_tokens[
            -(_DRY_TOKENS if settings.dry_multiplier > _DISABLED else _PENALTY_TOKENS) :
        ]:
            llama.llama_sampler_accept(self._chain, token)

    def sample_from_logits(self, logits: Floats) -> int:
        """Choose a token by stored logits of shape (vocabulary,), as `sample_from_context` does."""
        candidates = np.zeros(len(logits), _TOKEN_DATA)
        candidates["id"] = np.arange(len(logits))
        candidates["logit"] = logits
        token_data = llama.llama_token_data_array(
            data=candidates.ctypes.data_as(llama.llama_token_data_p),
            size=len(logits),
            selected=-1,
            sorted=False,
        )
        llama.llama_sampler_apply(self._chain, ctypes.byref(token_data))
        token = int(token_data.data[token_data.selected].id)
        llama.llama_sampler_accept(self._chain, token)
        return token

    def sample_from_context(self, context: LlamaContext) -> int:
        """Choose a token by the logits after the last token that was read."""
        return int(llama.llama_sampler_sample(self._chain, context.handle, _LAST_OUTPUT))

    def close(self) -> None:
        llama.llama_sampler_free(self._chain)

    def _add_to_chain(self, sampler: llama.llama_sampler_p) -> None:
        llama.llama_sampler_chain_add(self._chain, sampler)


def _dry_sampler(model: LlamaModel, multiplier: float) -> llama.llama_sampler_p:
    breakers = (ctypes.c_char_p * len(_DRY_BREAKERS))(*_DRY_BREAKERS)
    sampler: llama.llama_sampler_p = llama.llama_sampler_init_dry(
        model.vocab,
        multiplier,
        _DRY_BASE,
        _DRY_ALLOWED_TOKENS,
        _DRY_TOKENS,
        breakers,
        len(_DRY_BREAKERS),
    )
    return sampler


def _seed(seed: int | None) -> int:
    # llama.cpp reads its default seed as "draw one": no seed of the user may become that.
    return llama.LLAMA_DEFAULT_SEED if seed is None else seed % llama.LLAMA_DEFAULT_SEED
