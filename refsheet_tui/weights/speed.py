"""The speed at which this machine generates text, measured once and saved."""

from __future__ import annotations

import platform
from collections.abc import Callable

from refsheet_tui import paths
from refsheet_tui.engine import LlamaBuild, measure_weight_bandwidth
from refsheet_tui.file_io import JsonFile

_FILE = "speed.json"


def writing_speed(
    build: LlamaBuild, *, again: bool = False, before: Callable[[], None] = lambda: None
) -> float:
    """Return how many bytes of weights a second this machine can use for generating.

    If the speed is not saved yet, or `again` is set, `before` is called, and the speed is measured,
    which takes three seconds. Raises `EngineError`.
    """
    file, key = JsonFile(paths.cache_dir() / _FILE), _key(build)
    known = {} if again else file.read()
    if known.get("key") == key:
        speed = known.get("bytes_per_s")
        if isinstance(speed, float) and speed > 0:
            return speed
    before()
    speed = measure_weight_bandwidth()
    file.write({"key": key, "bytes_per_s": speed})
    return speed


def _key(build: LlamaBuild) -> str:
    """Return what the speed depends on: the build of llama.cpp, the processor and the GPUs."""
    gpus = [device.name for device in build.devices]
    return " ".join(
        [platform.machine(), build.version, *build.cpu_features, str(build.threads), *gpus]
    )
