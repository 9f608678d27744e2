"""How many layers run on the GPU: as many as its free memory takes, and fewer when it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from refsheet_tui.engine.memory import Need, Shape, layers_on_gpu
from refsheet_tui.engine.native import devices
from refsheet_tui.engine.settings import GPU_SHARES, LoadSettings


@dataclass(frozen=True)
class Attempt:
    """`layers` go to the GPU, the part `share` of what should."""

    layers: int
    share: float


def attempts(settings: LoadSettings, shape: Shape, need: Need) -> Iterator[Attempt]:
    """Yield what to try one after the other, at last no layer; that alone without a GPU."""
    room = devices.gpu_memory() if settings.gpu_layers != 0 else None
    if room is None:
        yield Attempt(0, settings.gpu_share)
        return
    wanted = layers_on_gpu(shape, need, room)
    if settings.gpu_layers is not None:
        wanted = min(shape.layers + 1, settings.gpu_layers)
    tried = -1
    for share in GPU_SHARES:
        layers = int(wanted * share)
        if share <= settings.gpu_share and layers != tried:
            yield Attempt(layers, share)
            tried = layers
