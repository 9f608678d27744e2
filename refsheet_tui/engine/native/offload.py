"""How many layers run on the GPU: as many as its free memory takes, and fewer when it refuses."""

from __future__ import annotations

from collections.abc import Iterator

from refsheet_tui.engine.memory import Need, Shape, layers_on_gpu
from refsheet_tui.engine.native import devices
from refsheet_tui.engine.settings import LoadSettings

# Where the GPU refuses, what part of the layers is tried next.
_PARTS = (1.0, 0.75, 0.5, 0.25, 0.0)


def attempts(settings: LoadSettings, shape: Shape, need: Need) -> Iterator[int]:
    """Numbers of layers to try one after the other, at last none; 0 alone without a GPU."""
    room = devices.gpu_memory() if settings.gpu_layers != 0 else None
    if room is None:
        yield 0
        return
    wanted = layers_on_gpu(shape, need, room)
    if settings.gpu_layers is not None:
        wanted = min(shape.layers + 1, settings.gpu_layers)
    tried = -1
    for part in _PARTS:
        count = int(wanted * part)
        if count != tried:
            yield count
        tried = count
