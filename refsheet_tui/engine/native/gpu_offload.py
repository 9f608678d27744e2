"""Choose how many layers run on the GPU: as many as fit, and fewer when it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from refsheet_tui.engine.memory import MemoryEstimate, ModelShape, layers_on_gpu
from refsheet_tui.engine.native import devices
from refsheet_tui.engine.settings import GPU_SHARES, LoadSettings


@dataclass(frozen=True)
class OffloadAttempt:
    """An attempt to put `layers` layers on the GPU.

    `share` is their share of the layers that should be there.
    """

    layers: int
    share: float


def offload_attempts(
    settings: LoadSettings, shape: ModelShape, need: MemoryEstimate
) -> Iterator[OffloadAttempt]:
    """Yield the attempts to make one after the other. The last puts no layer on the GPU.

    Without a GPU there is only that one.
    """
    room = devices.gpu_memory() if settings.gpu_layers != 0 else None
    if room is None:
        yield OffloadAttempt(0, settings.gpu_share)
        return
    wanted = layers_on_gpu(shape, need, room)
    if settings.gpu_layers is not None:
        wanted = min(shape.layers + 1, settings.gpu_layers)
    tried = -1
    for share in GPU_SHARES:
        layers = int(wanted * share)
        if share <= settings.gpu_share and layers != tried:
            yield OffloadAttempt(layers, share)
            tried = layers
