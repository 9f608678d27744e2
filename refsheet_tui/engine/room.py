"""Is there memory for a model? Asked before anything is loaded: what is too large takes everything
else down with it."""

from __future__ import annotations

import sys

import psutil

from refsheet_tui.engine.memory import Need, Shape
from refsheet_tui.errors import WeightsError
from refsheet_tui.i18n import _

_GB = 1e9


def memory_room() -> int:
    """Bytes that a program can still have. macOS makes room for itself, by compressing and by as
    much swap as it takes: there it is all of the memory."""
    memory = psutil.virtual_memory()
    if sys.platform == "darwin":
        return int(memory.total)
    return int(memory.available + psutil.swap_memory().free)


def check_room(name: str, here: int, room: int) -> None:
    """Raises `WeightsError` when `here`, the bytes that are not on a GPU of its own memory, do not
    fit into `room` bytes."""
    if here > room:
        raise WeightsError(
            _(
                "{name} will not fit: it takes {need:.1f} GB of memory, and {room:.1f} GB are free."
            ).format(name=name, need=here / _GB, room=room / _GB),
            _(
                "Close other programs, choose a smaller context_size, or a smaller model: "
                "'refsheet models' shows which fit."
            ),
        )


def on_the_processor(shape: Shape, need: Need, gpu_layers: int) -> int:
    """The bytes that are left for the machine's own memory."""
    layers = shape.layers + 1
    there = (need.weights + need.cache) * min(gpu_layers, layers) // layers
    if gpu_layers:
        there += need.projector + need.compute
    return need.total - there
