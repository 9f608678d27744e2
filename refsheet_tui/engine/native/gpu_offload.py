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
    settings: LoadSettings, shape: ModelShape, estimate: MemoryEstimate
) -> Iterator[OffloadAttempt]:
    """Yield the attempts to make one after the other. The last puts no layer on the GPU.

    Without a GPU there is only that one.
    """
    free_bytes = devices.gpu_memory() if settings.gpu_layers != 0 else None
    if free_bytes is None:
        yield OffloadAttempt(0, settings.gpu_share)
        return
    max_layers = layers_on_gpu(shape, estimate, free_bytes)
    if settings.gpu_layers is not None:
        max_layers = min(shape.layers + 1, settings.gpu_layers)
    previous_layers = -1
    for share in GPU_SHARES:
        layers = int(max_layers * share)
        if share <= settings.gpu_share and layers != previous_layers:
            yield OffloadAttempt(layers, share)
            previous_layers = layers
