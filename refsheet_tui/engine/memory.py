"""How much memory a model takes, from the numbers in its own files.

Checked against what llama.cpp reserves for the shapes of every Gemma 3: see docs/performance.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from refsheet_tui.engine.gguf_header import GgufHeader
from refsheet_tui.engine.settings import LoadSettings

_MIB = 1 << 20
# Tokens that are read at once, llama.cpp's own default; also the slack in which the compact cache
# of the sliding-window layers can be rolled back.
MICRO_BATCH = 512
# llama-kv-cache-iswa.cpp: the compact cache of the window layers is rounded up to it.
CELLS = 256
# Gemma 3: every sixth layer sees everything (llama.cpp, src/models/gemma3.cpp).
_FULL_EVERY = 6
# Bytes of a value in the cache; q8_0 is 32 values and a scale in 34 bytes.
_KV_BYTES = {"f16": 2.0, "q8_0": 34 / 32}
_FLOAT, _HALF = 4, 2
# Python and llama.cpp's libraries; what the vision tower computes in (the same for every size: 896
# pixels, 27 layers of 1,152), and what is prepared for it. Measured.
_PROGRAM = 90 * _MIB
_TOWER = 191 * _MIB
# What a GPU's driver takes for itself: an estimate that is too small costs one more attempt.
_DRIVER = 512 * _MIB


@dataclass(frozen=True)
class Shape:
    """The numbers of a text model that its memory depends on. `window` 0: no window layers."""

    layers: int
    width: int
    feed_forward: int
    heads: int
    kv_heads: int
    head: int
    window: int
    context: int

    @classmethod
    def of(cls, header: GgufHeader) -> Shape:
        """Of a Gemma 3 text model."""
        number, attention = header.number, "gemma3.attention."
        width, heads = number("gemma3.embedding_length"), number(f"{attention}head_count")
        return cls(
            layers=number("gemma3.block_count"),
            width=width,
            feed_forward=number("gemma3.feed_forward_length"),
            heads=heads,
            kv_heads=number(f"{attention}head_count_kv") or heads,
            head=number(f"{attention}key_length") or width // max(1, heads),
            window=number(f"{attention}sliding_window"),
            context=number("gemma3.context_length"),
        )


@dataclass(frozen=True)
class Need:
    """Bytes, by what they are for. `projector` is its weights and what it computes in."""

    weights: int
    projector: int
    cache: int
    compute: int
    program: int = _PROGRAM

    @property
    def total(self) -> int:
        return self.weights + self.projector + self.cache + self.compute + self.program


def needed(shape: Shape, weights: int, projector: int, settings: LoadSettings) -> Need:
    """`weights` and `projector` are the sizes of the files, in bytes; no projector is 0."""
    context = min(settings.context_size, shape.context or settings.context_size)
    cells = _window_cells(shape, context, full=settings.full_window_cache)
    return Need(
        weights=weights,
        projector=projector + _TOWER if projector else 0,
        cache=_cache(shape, context, cells, _KV_BYTES[settings.kv_type]),
        compute=_compute(shape, context, cells),
    )


def layers_on_gpu(shape: Shape, need: Need, room: int) -> int:
    """How many layers fit into `room` bytes of a GPU, where what computes fits as well. llama.cpp
    counts the output as a layer too."""
    layers = shape.layers + 1
    left = room - need.projector - need.compute - _DRIVER
    return max(0, min(layers, left * layers // (need.weights + need.cache)))


def _window_cells(shape: Shape, context: int, *, full: bool) -> int:
    held = -(-(shape.window + MICRO_BATCH) // CELLS) * CELLS
    return context if full or not shape.window else min(context, held)


def _cache(shape: Shape, context: int, window_cells: int, value_bytes: float) -> int:
    full_layers = shape.layers // _FULL_EVERY if shape.window else shape.layers
    cells = full_layers * context + (shape.layers - full_layers) * window_cells
    return int(2 * shape.kv_heads * shape.head * value_bytes * cells)


def _compute(shape: Shape, context: int, window_cells: int) -> int:
    """What a layer works on at once: three rows of the feed-forward, three of the width, one of
    the queries for each token, and both masks."""
    row = 3 * shape.feed_forward + 3 * shape.width + shape.heads * shape.head
    return MICRO_BATCH * (_FLOAT * row + _HALF * (context + window_cells))
