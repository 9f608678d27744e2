"""Check that there is memory for a model before it is loaded.

A model that is too large takes everything else down with it.
"""

from __future__ import annotations

import sys

import psutil

from refsheet_tui.engine.memory import MemoryEstimate, ModelShape
from refsheet_tui.errors import WeightsError
from refsheet_tui.i18n import _

_BYTES_PER_GB = 1e9


def free_memory() -> int:
    """Return how many bytes a program can still have.

    On macOS that is all of the memory: the system makes room by compressing, and by as much swap as
    it takes.
    """
    memory = psutil.virtual_memory()
    if sys.platform == "darwin":
        return int(memory.total)
    return int(memory.available + psutil.swap_memory().free)


def check_memory(name: str, needed_bytes: int, free_bytes: int) -> None:
    """Check that `needed_bytes` outside of a GPU's own memory fit into `free_bytes`.

    Raises `WeightsError` when they don't.
    """
    if needed_bytes > free_bytes:
        raise WeightsError(
            _(
                "{name} doesn't fit: it needs {need:.1f} GB of memory, but only "
                "{room:.1f} GB is free."
            ).format(name=name, need=needed_bytes / _BYTES_PER_GB, room=free_bytes / _BYTES_PER_GB),
            _(
                "Close other apps, reduce context_size, or choose a smaller model. Run "
                "'refsheet models' to see which models fit."
            ),
        )


def memory_beside_gpu(shape: ModelShape, estimate: MemoryEstimate, gpu_layers: int) -> int:
    """Return the bytes that remain for the machine's own memory."""
    layers = shape.layers + 1
    gpu_bytes = (estimate.weights + estimate.kv_cache) * min(gpu_layers, layers) // layers
    if gpu_layers:
        gpu_bytes += estimate.projector + estimate.compute
    return estimate.total - gpu_bytes
