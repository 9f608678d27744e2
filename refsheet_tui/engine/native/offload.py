"""How many layers run on the GPU: as many as its free memory takes, and fewer when it refuses."""

from __future__ import annotations

from collections.abc import Iterator

from refsheet_tui.engine.native import library
from refsheet_tui.engine.native.files import Files
from refsheet_tui.engine.settings import LoadSettings

# For the KV cache, the compute buffers, and what else runs on the GPU: what an estimate misses
# costs one more attempt.
_RESERVE = 1 << 30
# Where the GPU refuses, what part of the layers is tried next.
_PARTS = (1.0, 0.75, 0.5, 0.25, 0.0)


def attempts(settings: LoadSettings, files: Files) -> Iterator[int]:
    """Numbers of layers to try one after the other, at last none; 0 alone without a GPU."""
    memory = library.gpu_memory() if settings.gpu_layers != 0 else None
    if memory is None:
        yield 0
        return
    # llama.cpp counts the output as a layer too.
    layers = files.model.number("gemma3.block_count") + 1
    weights = settings.model.stat().st_size
    projector = settings.mmproj.stat().st_size if settings.mmproj else 0
    wanted = fitting(layers, weights, memory - projector - _RESERVE)
    if settings.gpu_layers is not None:
        wanted = min(layers, settings.gpu_layers)
    tried = -1
    for part in _PARTS:
        count = int(wanted * part)
        if count != tried:
            yield count
        tried = count


def fitting(layers: int, weights: int, room: int) -> int:
    """How many of so many layers, `weights` bytes together, fit into `room` bytes."""
    return max(0, min(layers, room * layers // weights))
