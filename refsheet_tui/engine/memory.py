"""Estimate how much memory a model takes, from the numbers in its own files.

The estimates are checked against what llama.cpp reserves for the shapes of every Gemma 3: see
docs/performance.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from refsheet_tui.engine.gguf_header import GgufHeader
from refsheet_tui.engine.settings import LoadSettings

_MIB = 1 << 20
# Tokens that are read at once, llama.cpp's own default. It is also how far the compact cache of the
# sliding-window layers can be rolled back.
MICRO_BATCH = 512
# llama-kv-cache-iswa.cpp: the compact cache of the window layers is rounded up to a multiple of it.
KV_CELL_MULTIPLE = 256
# Gemma 3: every sixth layer sees everything (llama.cpp, src/models/gemma3.cpp).
_FULL_ATTENTION_EVERY = 6
# Bytes of a value in the cache; q8_0 is 32 values and a scale in 34 bytes.
_KV_VALUE_BYTES = {"f16": 2.0, "q8_0": 34 / 32}
_F32_BYTES, _F16_BYTES = 4, 2
# Measured: Python and llama.cpp's libraries; the vision tower's compute buffers (the same for every
# size: 896 pixels, 27 layers of 1,152), and the pixels prepared for it.
_PROGRAM_BYTES = 90 * _MIB
_VISION_COMPUTE_BYTES = 191 * _MIB
# A GPU's driver takes this for itself. An estimate that is too small costs one more attempt.
_GPU_DRIVER_BYTES = 512 * _MIB


@dataclass(frozen=True)
class ModelShape:
    """The numbers of a text model that its memory depends on.

    `width` and `feed_forward` are in values, `head` is the values of one head, `window` and
    `context` are in tokens. `window` is 0 for a model without window layers.
    """

    layers: int
    width: int
    feed_forward: int
    heads: int
    kv_heads: int
    head: int
    window: int
    context: int

    @classmethod
    def from_header(cls, header: GgufHeader) -> ModelShape:
        """Return the shape of a Gemma 3 text model from its header."""
        get_integer, attention_prefix = header.get_integer, "gemma3.attention."
        width, heads = (
            get_integer("gemma3.embedding_length"),
            get_integer(f"{attention_prefix}head_count"),
        )
        return cls(
            layers=get_integer("gemma3.block_count"),
            width=width,
            feed_forward=get_integer("gemma3.feed_forward_length"),
            heads=heads,
            kv_heads=get_integer(f"{attention_prefix}head_count_kv") or heads,
            head=get_integer(f"{attention_prefix}key_length") or width // max(1, heads),
            window=get_integer(f"{attention_prefix}sliding_window"),
            context=get_integer("gemma3.context_length"),
        )


@dataclass(frozen=True)
class MemoryEstimate:
    """The bytes that a model takes, by what they are for.

    `projector` includes what the projector computes in.
    """

    weights: int
    projector: int
    kv_cache: int
    compute: int
    program: int = _PROGRAM_BYTES

    @property
    def total(self) -> int:
        """All of it, in bytes."""
        return self.weights + self.projector + self.kv_cache + self.compute + self.program


def estimate_memory(
    shape: ModelShape, weight_bytes: int, projector_bytes: int, settings: LoadSettings
) -> MemoryEstimate:
    """Estimate the memory of a model with these settings.

    `weight_bytes` and `projector_bytes` are the sizes of the files; `projector_bytes` is 0 without
    a projector.
    """
    context = min(settings.context_size, shape.context or settings.context_size)
    window_cells = _window_cells(shape, context, full=settings.full_window_cache)
    return MemoryEstimate(
        weights=weight_bytes,
        projector=projector_bytes + _VISION_COMPUTE_BYTES if projector_bytes else 0,
        kv_cache=_kv_cache_bytes(shape, context, window_cells, _KV_VALUE_BYTES[settings.kv_type]),
        compute=_compute_buffer_bytes(shape, context, window_cells),
    )


def layers_on_gpu(shape: ModelShape, estimate: MemoryEstimate, free_bytes: int) -> int:
    """Return how many layers fit into `free_bytes` of a GPU, together with the compute buffers.

    llama.cpp counts the output as a layer, too.
    """
    layers = shape.layers + 1
    available_bytes = free_bytes - estimate.projector - estimate.compute - _GPU_DRIVER_BYTES
    return max(0, min(layers, available_bytes * layers // (estimate.weights + estimate.kv_cache)))


def _window_cells(shape: ModelShape, context: int, *, full: bool) -> int:
    window_cells = -(-(shape.window + MICRO_BATCH) // KV_CELL_MULTIPLE) * KV_CELL_MULTIPLE
    return context if full or not shape.window else min(context, window_cells)


def _kv_cache_bytes(shape: ModelShape, context: int, window_cells: int, value_bytes: float) -> int:
    full_layers = shape.layers // _FULL_ATTENTION_EVERY if shape.window else shape.layers
    cells = full_layers * context + (shape.layers - full_layers) * window_cells
    return int(2 * shape.kv_heads * shape.head * value_bytes * cells)


def _compute_buffer_bytes(shape: ModelShape, context: int, window_cells: int) -> int:
    """Return the bytes that a layer works on at once.

    For each token these are three rows of the feed-forward, three of the width, one of the queries,
    and both masks.
    """
    token_values = 3 * shape.feed_forward + 3 * shape.width + shape.heads * shape.head
    return MICRO_BATCH * (_F32_BYTES * token_values + _F16_BYTES * (context + window_cells))
