"""The KV cache and the computation over it: an owned `llama_context` with one sequence.

Positions count from 0; whoever reads knows where the sequence ends and says where it goes on.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence

import numpy as np
from llama_cpp import llama_cpp as llama
from numpy.typing import NDArray

from refsheet_tui.engine.native.library import collected_errors
from refsheet_tui.engine.native.model import Model
from refsheet_tui.errors import EngineError
from refsheet_tui.text import one_line

Floats = NDArray[np.float32]

_SEQUENCE = 0
_END = -1
# llama.h, llama_decode: "2 - aborted"
_ABORTED = 2
# llama.cpp's own default; also the slack in which the compact cache of the sliding-window layers
# can be rolled back.
_MICRO_BATCH = 512


class Context:
    """What the model has read, and the logits that follow from it."""

    def __init__(
        self,
        model: Model,
        *,
        size: int,
        threads: int,
        picture_tokens: int,
        stopped: Callable[[], bool],
        all_logits: bool = False,
    ) -> None:
        """`size` is in tokens. `stopped` is asked during a read, and True ends it early.

        `all_logits` computes logits at every position instead of the last of each batch.
        Raises `EngineError` when there is not enough memory.
        """
        params = llama.llama_context_default_params()
        params.n_ctx = size
        # The soft tokens of a picture see each other, so they can't be spread over batches.
        params.n_batch = params.n_ubatch = max(_MICRO_BATCH, picture_tokens)
        params.n_threads = params.n_threads_batch = threads
        params.flash_attn_type = llama.LLAMA_FLASH_ATTN_TYPE_AUTO
        # Window layers keep their window alone: at 8k a third of the memory. The price is
        # `can_return_to`.
        params.swa_full = False
        # The vocabulary is large: logits that nobody reads would take 0.5 GB for a 4B model.
        params.n_outputs_max = params.n_outputs_max_per_seq = params.n_batch if all_logits else 1
        self._all_logits = all_logits
        self._abort = llama.ggml_abort_callback(lambda _data: stopped())
        params.abort_callback = self._abort
        with collected_errors() as log:
            handle = llama.llama_init_from_model(model.handle, params)
        if handle is None:
            because = f": {one_line(log.cause)}" if log.cause else ""
            raise EngineError(
                f"A context of {size} tokens can't be created{because}.",
                "Choose a smaller context size, or close other programs.",
            )
        self.handle = handle
        self.size = size
        self._memory = llama.llama_get_memory(handle)
        self._window = model.window
        self._n_vocab = model.n_vocab

    def close(self) -> None:
        llama.llama_free(self.handle)

    def can_return_to(self, position: int) -> bool:
        """Whether reading on from `position`, with what follows it forgotten, is exact.

        Window layers forget what falls out of their window, and llama.cpp forgets silently: what
        the tokens from `position` on must see has to be there still.
        """
        if position == 0 or self._window == 0:
            return True
        oldest = int(llama.llama_memory_seq_pos_min(self._memory, _SEQUENCE))
        return 0 <= oldest <= max(0, position - self._window)

    def forget_from(self, position: int) -> None:
        """Forget `position` and everything after it."""
        llama.llama_memory_seq_rm(self._memory, _SEQUENCE, position, _END)

    def read_tokens(self, tokens: Sequence[int], position: int, *, want_logits: bool) -> bool:
        """Read tokens, the first at `position`; False when it was stopped midway.

        `want_logits`: those after the last token will be asked for.
        """
        ids = (llama.llama_token * len(tokens))(*tokens)
        return self._decode(len(tokens), position, want_logits, tokens=ids)

    def read_picture(self, embeddings: Floats, position: int, *, want_logits: bool) -> bool:
        """Read soft tokens, shape (positions, width); each sees all others of the picture.

        Nothing may be known at `position` or after it, because the picture would see that too.
        """
        floats = embeddings.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        llama.llama_set_causal_attn(self.handle, False)
        try:
            return self._decode(len(embeddings), position, want_logits, embeddings=floats)
        finally:
            llama.llama_set_causal_attn(self.handle, True)

    def logits(self, index: int = -1) -> Floats:
        """A copy of the logits, shape (vocabulary,), after item `index` of the last read."""
        row = llama.llama_get_logits_ith(self.handle, index)
        floats: Floats = np.ctypeslib.as_array(row, (self._n_vocab,)).copy()
        return floats

    def _decode(
        self,
        count: int,
        position: int,
        want_logits: bool,
        *,
        tokens: ctypes.Array[ctypes.c_int32] | None = None,
        embeddings: ctypes._Pointer[ctypes.c_float] | None = None,
    ) -> bool:
        outputs = (ctypes.c_int8 * count)(*[self._all_logits] * count)
        outputs[count - 1] = want_logits or self._all_logits
        # Without sequence ids llama.cpp takes sequence 0.
        batch = llama.llama_batch(
            n_tokens=count,
            token=tokens,
            embd=embeddings,
            pos=(llama.llama_pos * count)(*range(position, position + count)),
            logits=outputs,
        )
        with collected_errors() as log:
            result = llama.llama_decode(self.handle, batch)
        if result == _ABORTED:
            return False
        if result != 0:
            because = f": {one_line(log.cause)}" if log.cause else ""
            raise EngineError(
                f"llama.cpp could not read the prompt (code {result}){because}.",
                "Try again; if it stays so, choose a smaller context size.",
            )
        return True
