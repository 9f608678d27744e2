"""The KV cache and the computation over it: an owned `llama_context` with one sequence.

Positions count from 0; whoever reads knows where the sequence ends and says where it goes on.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence

import numpy as np
from llama_cpp import llama_cpp as llama
from numpy.typing import NDArray

from refsheet_tui.engine.memory import CELLS, MICRO_BATCH
from refsheet_tui.engine.native.library import Log, collected_errors
from refsheet_tui.engine.native.model import Model, gpu_failed
from refsheet_tui.engine.native.stop import AbortFlag
from refsheet_tui.engine.settings import LoadSettings
from refsheet_tui.errors import EngineError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import one_line

Floats = NDArray[np.float32]

_SEQUENCE = 0
_EVERY_SEQUENCE = -1
# llama.h, llama_state_seq_flags: neither of a part nor on the device
_WHOLE = 0
_END = -1
# llama.h, llama_decode: "2 - aborted"
_ABORTED = 2
# llama.h, llama_decode: "-1 - invalid input batch", "< -1 - fatal error"
_INVALID = -1
_KV_TYPES = {"f16": llama.GGML_TYPE_F16, "q8_0": llama.GGML_TYPE_Q8_0}


class Context:
    """What the model has read, and the logits that follow from it."""

    def __init__(
        self,
        model: Model,
        settings: LoadSettings,
        *,
        threads: int,
        picture_tokens: int,
        reads_whole_rows: bool = False,
        all_logits: bool = False,
    ) -> None:
        """The context is as large as `settings` asks, or as the model was trained for.

        `reads_whole_rows`: texts are filled up to what repacked weights are multiplied with at
        once. `all_logits` computes logits at every position instead of the last of each batch.
        Raises `EngineError` when there is not enough memory.
        """
        params = llama.llama_context_default_params()
        params.n_ctx = size = min(settings.context_size, model.trained_context)
        # The soft tokens of a picture see each other, so they can't be spread over batches.
        params.n_batch = params.n_ubatch = max(MICRO_BATCH, picture_tokens)
        params.n_threads = params.n_threads_batch = threads
        params.flash_attn_type = flash_attention(settings)
        # A quantized cache can't be read without flash attention.
        kv_type = _KV_TYPES[settings.kv_type if settings.flash_attention else "f16"]
        params.type_k = params.type_v = kv_type
        params.swa_full = settings.full_window_cache
        params.op_offload = self._uses_gpu = model.uses_gpu
        # The vocabulary is large: logits that nobody reads would take 0.5 GB for a 4B model.
        params.n_outputs_max = params.n_outputs_max_per_seq = params.n_batch if all_logits else 1
        self._all_logits = all_logits
        self._reads_whole_rows = reads_whole_rows and not all_logits
        self.abort = AbortFlag()
        params.abort_callback = self.abort.callback
        params.abort_callback_data = self.abort.data
        with collected_errors() as log:
            handle = llama.llama_init_from_model(model.handle, params)
        if handle is None:
            raise EngineError(
                _("A context of {size} tokens can't be created{because}.").format(
                    size=size, because=_because(log)
                ),
                _("Choose a smaller context size, or close other programs."),
            )
        self.handle = handle
        self.size = size
        self._memory = llama.llama_get_memory(handle)
        self.window: int = model.window
        self.n_vocab = model.n_vocab
        held = self.window + params.n_ubatch
        self._window_cells: int = min(size, -(-held // CELLS) * CELLS)
        if settings.full_window_cache or not self.window:
            self._window_cells = size

    def close(self) -> None:
        llama.llama_free(self.handle)

    def oldest(self) -> int:
        """The first position that all layers still hold. Window layers forget what falls out of
        their window, and llama.cpp forgets silently."""
        return max(0, int(llama.llama_memory_seq_pos_min(self._memory, _SEQUENCE)))

    def room(self, position: int) -> int:
        """Return how many positions can be read from `position` on before window layers must make
        room."""
        return self.oldest() + self._window_cells - position

    def make_room(self) -> None:
        """Forget what has left the window, and move the rest to the first cells of its layers.

        llama.cpp would overwrite the oldest cells one by one. Where a token lies would then depend
        on all that was read and forgotten before, and with it the order in which attention adds up.
        So it depends on positions alone, and the same tokens give the same logits, bit for bit.
        Raises `EngineError`.
        """
        flags = llama.LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY
        with collected_errors() as log:
            state = self._state(_SEQUENCE, flags)
            done = state is not None and self._put(state.data, flags)
        if not done:
            raise EngineError(
                _("llama.cpp could not make room in its KV cache{because}.").format(
                    because=_because(log)
                ),
                _("Try again."),
            )

    def forget_from(self, position: int) -> None:
        """Forget `position` and everything after it."""
        llama.llama_memory_seq_rm(self._memory, _SEQUENCE, position, _END)

    def clear(self) -> None:
        """Forget everything, also what an error left behind."""
        llama.llama_memory_clear(self._memory, False)

    def state_size(self) -> int:
        """The bytes that `state` takes."""
        return self._state_size(_EVERY_SEQUENCE, _WHOLE)

    def state(self, extra: int = 0) -> NDArray[np.uint8] | None:
        """Return what the KV cache holds, pictures included, and `extra` free bytes behind it; None
        when llama.cpp can't tell.

        It is that of every sequence: for a single one llama.cpp leaves out what has left the
        window, and what is restored from that can't be rolled back.
        """
        return self._state(_EVERY_SEQUENCE, _WHOLE, extra)

    def restore(self, state: memoryview) -> bool:
        """Hold what `state` was taken of. False for one that does not fit; then `clear`.

        As one sequence: what is read next lies behind it, as it did where the state was taken.
        `llama_state_set_data` would begin to overwrite its oldest cells.
        """
        with collected_errors() as log:
            done = self._put(state, _WHOLE)
        if not done:
            print(f"a snapshot can't be restored: {log.cause}", file=sys.stderr)
        return done

    def read_tokens(self, tokens: Sequence[int], position: int, *, want_logits: bool) -> bool:
        """Read tokens, the first at `position`; False when it was stopped midway.

        `want_logits`: those after the last token will be asked for.
        """
        count = len(tokens)
        filled = self._filled(count, position)
        filling = [tokens[-1]] * (filled - count)
        ids = (llama.llama_token * filled)(*tokens, *filling)
        done = self._decode(filled, position, want_logits, tokens=ids, wanted=count)
        if filled > count:
            self.forget_from(position + count)
        return done

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
        floats: Floats = np.ctypeslib.as_array(row, (self.n_vocab,)).copy()
        return floats

    def _state_size(self, sequence: int, flags: int) -> int:
        return int(llama.llama_state_seq_get_size_ext(self.handle, sequence, flags))

    def _state(self, sequence: int, flags: int, extra: int = 0) -> NDArray[np.uint8] | None:
        size = self._state_size(sequence, flags)
        state: NDArray[np.uint8] = np.empty(size + extra, np.uint8)
        into = state.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        got = llama.llama_state_seq_get_data_ext(self.handle, into, size, sequence, flags)
        return state if got == size else None

    def _put(self, state: memoryview, flags: int) -> bool:
        size = len(state)
        given = (ctypes.c_uint8 * size).from_buffer(state)
        got = llama.llama_state_seq_set_data_ext(self.handle, given, size, _SEQUENCE, flags)
        return bool(got == size)

    def _filled(self, count: int, position: int) -> int:
        """How many tokens to read instead of `count`: what fills it up sees all, is seen by none,
        and is forgotten at once."""
        filled = _whole_rows(count) if self._reads_whole_rows else count
        return filled if filled <= min(self.room(position), self.size - position) else count

    def _decode(
        self,
        count: int,
        position: int,
        want_logits: bool,
        *,
        tokens: ctypes.Array[ctypes.c_int32] | None = None,
        embeddings: ctypes._Pointer[ctypes.c_float] | None = None,
        wanted: int | None = None,
    ) -> bool:
        outputs = (ctypes.c_int8 * count)(*[self._all_logits] * count)
        outputs[(wanted or count) - 1] = want_logits or self._all_logits
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
        if result < _INVALID and self._uses_gpu:
            raise gpu_failed()
        if result != 0:
            raise EngineError(
                _("llama.cpp could not read the prompt (code {code}){because}.").format(
                    code=result, because=_because(log)
                ),
                _("Try again; if it stays so, choose a smaller context size."),
            )
        return True


def _because(log: Log) -> str:
    return f": {one_line(log.cause)}" if log.cause else ""


def _whole_rows(count: int) -> int:
    """Repacked weights are multiplied with 16 tokens at once, else with 4, and with each of the
    rest alone: on two cores 15 tokens of a 4B model took 294 ms, and 16 took 199."""
    if count % 16 > 12:
        return -(-count // 16) * 16
    return -(-count // 4) * 4 if count % 4 > 1 else count


def flash_attention(settings: LoadSettings) -> int:
    """llama.cpp's name for the setting: on wherever the backend supports it, or off."""
    if settings.flash_attention:
        return int(llama.LLAMA_FLASH_ATTN_TYPE_AUTO)
    return int(llama.LLAMA_FLASH_ATTN_TYPE_DISABLED)
