"""How the next token is chosen: an owned chain of llama.cpp's own samplers."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np
from llama_cpp import llama_cpp as llama

from refsheet_tui.engine.native.context import Context, Floats
from refsheet_tui.engine.native.model import Model
from refsheet_tui.engine.settings import GenerationSettings

# How far back repetition is punished: the default of llama.cpp's programs.
_PENALTY_TOKENS = 64
_NO_PENALTY = 1.0
# The defaults of llama.cpp's programs, and of the sampler's author
# (github.com/oobabooga/text-generation-webui/pull/5677). What ends a turn breaks a sequence as
# well: replies would have to grow longer and longer if ending alike were a repetition.
_DRY_BASE, _DRY_ALLOWED_TOKENS, _DRY_TOKENS = 1.75, 2, 4096
_DRY_BREAKERS = (b"\n", b":", b'"', b"*", b"<end_of_turn>")
_OFF = 0.0
_KEEP = 1
_LAST = -1
# llama.h, llama_token_data
_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


class Sampler:
    """One reply's sampler; `close` it when the reply is written."""

    def __init__(self, settings: GenerationSettings, model: Model, seen: Sequence[int]) -> None:
        """`seen` are the prompt's tokens, which the guards against repetition look at."""
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
        if settings.dry_multiplier > _OFF:
            self._add(_dry(model, settings.dry_multiplier))
        # The order of transformers (`GenerationMixin._get_logits_processor`): other than in
        # llama.cpp's programs, temperature comes before the cuts.
        self._add(llama.llama_sampler_init_temp(settings.temperature))
        self._add(llama.llama_sampler_init_top_k(settings.top_k))
        self._add(llama.llama_sampler_init_top_p(settings.top_p, _KEEP))
        self._add(llama.llama_sampler_init_min_p(settings.min_p, _KEEP))
        self._add(llama.llama_sampler_init_dist(_seed(settings.seed)))
        for token in seen[-(_DRY_TOKENS if settings.dry_multiplier > _OFF else _PENALTY_TOKENS) :]:
            llama.llama_sampler_accept(self._chain, token)

    def first(self, logits: Floats) -> int:
        """Choose a token by kept logits, shape (vocabulary,), as `next` does by the context's."""
        candidates = np.zeros(len(logits), _CANDIDATE)
        candidates["id"] = np.arange(len(logits))
        candidates["logit"] = logits
        chosen = llama.llama_token_data_array(
            data=candidates.ctypes.data_as(llama.llama_token_data_p),
            size=len(logits),
            selected=-1,
            sorted=False,
        )
        llama.llama_sampler_apply(self._chain, ctypes.byref(chosen))
        token = int(chosen.data[chosen.selected].id)
        llama.llama_sampler_accept(self._chain, token)
        return token

    def next(self, context: Context) -> int:
        """Choose a token by the logits after the last that was read."""
        return int(llama.llama_sampler_sample(self._chain, context.handle, _LAST))

    def close(self) -> None:
        llama.llama_sampler_free(self._chain)

    def _add(self, sampler: llama.llama_sampler_p) -> None:
        llama.llama_sampler_chain_add(self._chain, sampler)


def _dry(model: Model, multiplier: float) -> llama.llama_sampler_p:
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
    # llama.cpp reads its default seed as "draw one": no seed of a person's may become that.
    return llama.LLAMA_DEFAULT_SEED if seed is None else seed % llama.LLAMA_DEFAULT_SEED
