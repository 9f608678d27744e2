"""The KV cache and the computation over it: an owned `llama_context` with one sequence.

Positions count from 0. The caller knows where the sequence ends, and says where reading continues.
"""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Sequence

import numpy as np
from llama_cpp import llama_cpp as llama
from numpy.typing import NDArray

from refsheet_tui.engine.memory import KV_CELL_MULTIPLE, MICRO_BATCH
from refsheet_tui.engine.native.cancel_token import AbortFlag
from refsheet_tui.engine.native.llama_backend import LlamaLog, collect_errors
from refsheet_tui.engine.native.llama_model import LlamaModel, gpu_memory_error
from refsheet_tui.engine.settings import LoadSettings
from refsheet_tui.errors import EngineError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import one_line

_log = logging.getLogger(__name__)

Floats = NDArray[np.float32]

_SEQUENCE = 0
_EVERY_SEQUENCE = -1
# llama.h, llama_state_seq_flags: neither partial nor on the device
_WHOLE_STATE = 0
_END = -1
# llama.h, llama_decode: "2 - aborted"
_ABORTED = 2
# llama.h, llama_decode: "-1 - invalid input batch", "< -1 - fatal error"
_INVALID = -1
_KV_TYPES = {"f16": llama.GGML_TYPE_F16, "q8_0": llama.GGML_TYPE_Q8_0}


class LlamaContext:
    """The tokens that the model has read, and the logits that follow from them."""

    def __init__(
        self,
        model: LlamaModel,
        settings: LoadSettings,
        *,
        threads: int,
        picture_tokens: int,
        pads_batches: bool = False,
        all_logits: bool = False,
    ) -> None:
        """Create a context as large as `settings` asks, but no larger than the model supports.

        `pads_batches`: pad texts to the number of tokens that repacked weights are multiplied
        with at once. `all_logits`: compute logits at every position instead of the last of each
        batch. Raises `EngineError` when there is not enough memory.
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
        self._pads_batches = pads_batches and not all_logits
        self.abort_flag = AbortFlag()
        params.abort_callback = self.abort_flag.callback
        params.abort_callback_data = self.abort_flag.data
        with collect_errors() as log:
            handle = llama.llama_init_from_model(model.handle, params)
        if handle is None:
            raise EngineError(
                _("Can't create a context of {size} tokens{because}.").format(
                    size=size, because=_error_suffix(log)
                ),
                _("Choose a smaller context size, or close other apps."),
            )
        self.handle = handle
        self.size = size
        self._memory = llama.llama_get_memory(handle)
        self.sliding_window: int = model.sliding_window
        self.n_vocab = model.n_vocab
        window_positions = self.sliding_window + params.n_ubatch
        self._window_cells: int = min(
            size, -(-window_positions // KV_CELL_MULTIPLE) * KV_CELL_MULTIPLE
        )
        if settings.full_window_cache or not self.sliding_window:
            self._window_cells = size

    def close(self) -> None:
        llama.llama_free(self.handle)

    def oldest_position(self) -> int:
        """Return the first position that all layers still hold.

        Window layers forget what falls out of their window, and llama.cpp forgets silently.
        """
        return max(0, int(llama.llama_memory_seq_pos_min(self._memory, _SEQUENCE)))

    def free_positions(self, position: int) -> int:
        """Return how many positions fit from `position` on before window layers must make room."""
        return self.oldest_position() + self._window_cells - position

    def compact_window(self) -> None:
        """Forget what has left the window, and move the rest to the window layers' first cells.

        llama.cpp would overwrite the oldest cells one by one. The cell of a token would then depend
        on all that was read and forgotten before, and with it the order in which attention adds up.
        After this, it depends only on positions, and the same tokens give the same logits, bit for
        bit. Raises `EngineError`.
        """
        flags = llama.LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY
        with collect_errors() as log:
            state = self._get_state(_SEQUENCE, flags)
            done = state is not None and self._set_state(state.data, flags)
        if not done:
            raise EngineError(
                _("llama.cpp couldn't free space in its KV cache{because}.").format(
                    because=_error_suffix(log)
                ),
                _("Try again."),
            )

    def remove_from(self, position: int) -> None:
        """Forget `position` and everything after it."""
        llama.llama_memory_seq_rm(self._memory, _SEQUENCE, position, _END)

    def clear(self) -> None:
        """Forget everything, including what an error left behind."""
        llama.llama_memory_clear(self._memory, False)

    def state_size(self) -> int:
        """Return how many bytes `save_state` returns without `extra`."""
        return self._state_size(_EVERY_SEQUENCE, _WHOLE_STATE)

    def save_state(self, extra: int = 0) -> NDArray[np.uint8] | None:
        """Return the content of the KV cache, pictures included, with `extra` free bytes behind it.

        Returns None when llama.cpp can't save it. The state is that of every sequence: for a single
        one llama.cpp leaves out what has left the window, and what is restored from that can't be
        rolled back.
        """
        return self._get_state(_EVERY_SEQUENCE, _WHOLE_STATE, extra)

    def restore_state(self, state: memoryview) -> bool:
        """Restore a saved state. Returns False if it does not fit; then `clear` must be called.

        It is restored as one sequence, so that what is read next lies behind it, as it did where
        the state was saved. `llama_state_set_data` would begin to overwrite its oldest cells.
        """
        with collect_errors() as log:
            done = self._set_state(state, _WHOLE_STATE)
        if not done:
            _log.warning("a snapshot can't be restored: %s", log.first_error)
        return done

    def read_tokens(self, tokens: Sequence[int], position: int, *, want_logits: bool) -> bool:
        """Read tokens, the first at `position`. Returns False when it was stopped midway.

        `want_logits`: the logits after the last token are needed.
        """
        count = len(tokens)
        padded_count = self._padded_count(count, position)
        padding = [tokens[-1]] * (padded_count - count)
        ids = (llama.llama_token * padded_count)(*tokens, *padding)
        done = self._decode(padded_count, position, want_logits, tokens=ids, unpadded_count=count)
        if padded_count > count:
            self.remove_from(position + count)
        return done

    def read_picture(self, embeddings: Floats, position: int, *, want_logits: bool) -> bool:
        """Read soft tokens of shape (positions, width). Each sees all others of the picture.

        Nothing may be known at `position` or after it, because the picture would see that too.
        Returns False when it was stopped midway.
        """
        floats = embeddings.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        llama.llama_set_causal_attn(self.handle, False)
        try:
            return self._decode(len(embeddings), position, want_logits, embeddings=floats)
        finally:
            llama.llama_set_causal_attn(self.handle, True)

    def get_logits(self, index: int = -1) -> Floats:
        """Return a copy of the logits, shape (vocabulary,), after item `index` of the last read."""
        row = llama.llama_get_logits_ith(self.handle, index)
        floats: Floats = np.ctypeslib.as_array(row, (self.n_vocab,)).copy()
        return floats

    def _state_size(self, sequence: int, flags: int) -> int:
        return int(llama.llama_state_seq_get_size_ext(self.handle, sequence, flags))

    def _get_state(self, sequence: int, flags: int, extra: int = 0) -> NDArray[np.uint8] | None:
        size = self._state_size(sequence, flags)
        state: NDArray[np.uint8] = np.empty(size + extra, np.uint8)
        buffer = state.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        copied_bytes = llama.llama_state_seq_get_data_ext(
            self.handle, buffer, size, sequence, flags
        )
        return state if copied_bytes == size else None

    def _set_state(self, state: memoryview, flags: int) -> bool:
        size = len(state)
        buffer = (ctypes.c_uint8 * size).from_buffer(state)
        copied_bytes = llama.llama_state_seq_set_data_ext(
            self.handle, buffer, size, _SEQUENCE, flags
        )
        return bool(copied_bytes == size)

    def _padded_count(self, count: int, position: int) -> int:
        """Return how many tokens to read instead of `count`.

        The padding sees all other tokens, is seen by none, and is forgotten at once.
        """
        padded_count = _pad_to_rows(count) if self._pads_batches else count
        return (
            padded_count
            if padded_count <= min(self.free_positions(position), self.size - position)
            else count
        )

    def _decode(
        self,
        count: int,
        position: int,
        want_logits: bool,
        *,
        tokens: ctypes.Array[ctypes.c_int32] | None = None,
        embeddings: ctypes._Pointer[ctypes.c_float] | None = None,
        unpadded_count: int | None = None,
    ) -> bool:
        outputs = (ctypes.c_int8 * count)(*[self._all_logits] * count)
        outputs[(unpadded_count or count) - 1] = want_logits or self._all_logits
        # Without sequence ids llama.cpp takes sequence 0.
        batch = llama.llama_batch(
            n_tokens=count,
            token=tokens,
            embd=embeddings,
            pos=(llama.llama_pos * count)(*range(position, position + count)),
            logits=outputs,
        )
        with collect_errors() as log:
            result = llama.llama_decode(self.handle, batch)
        if result == _ABORTED:
            return False
        if result < _INVALID and self._uses_gpu:
            raise gpu_memory_error()
        if result != 0:
            raise EngineError(
                _("llama.cpp couldn't process the prompt (code {code}){because}.").format(
                    code=result, because=_error_suffix(log)
                ),
                _("Try again. If the problem persists, choose a smaller context size."),
            )
        return True


def _error_suffix(log: LlamaLog) -> str:
    return f": {one_line(log.first_error)}" if log.first_error else ""


def _pad_to_rows(count: int) -> int:
    """Return `count`, padded if that makes multiplying with repacked weights faster.

    They are multiplied with 16 tokens at once, or else with 4, and with each of the rest alone: on
    two cores 15 tokens of a 4B model took 294 ms, and 16 took 199.
    """
    if count % 16 > 12:
        return -(-count // 16) * 16
    return -(-count // 4) * 4 if count % 4 > 1 else count


def flash_attention(settings: LoadSettings) -> int:
    """Return llama.cpp's value for the setting: on wherever the backend supports it, or off."""
    if settings.flash_attention:
        return int(llama.LLAMA_FLASH_ATTN_TYPE_AUTO)
    return int(llama.LLAMA_FLASH_ATTN_TYPE_DISABLED)
