"""The speed at which this machine generates text, measured once and saved."""

from __future__ import annotations

import platform
from collections.abc import Callable

from refsheet_tui import paths
from refsheet_tui.engine import LlamaBuild, measure_weight_bandwidth
from refsheet_tui.file_io import JsonFile

_FILE_NAME = "speed.json"


def get_weight_bandwidth(
    build: LlamaBuild, *, remeasure: bool = False, on_measuring: Callable[[], None] = lambda: None
) -> float:
    """Return how many bytes of weights a second this machine can use for generating.

    If the speed is not saved yet, or `remeasure` is set, `on_measuring` is called, and the speed is
    measured, which takes three seconds. Raises `EngineError`.
    """
    file, key = JsonFile(paths.cache_dir() / _FILE_NAME), _cache_key(build)
    cached_result = {} if remeasure else file.read()
    if cached_result.get("key") == key:
        bytes_per_s = cached_result.get("bytes_per_s")
        if isinstance(bytes_per_s, float) and bytes_per_s > 0:
            return bytes_per_s
    on_measuring()
    bytes_per_s = measure_weight_bandwidth()
    file.write({"key": key, "bytes_per_s": bytes_per_s})
    return bytes_per_s


def _cache_key(build: LlamaBuild) -> str:
    """Return what the speed depends on: the build of llama.cpp, the processor and the GPUs."""
    gpus = [device.name for device in build.devices]
    return " ".join(
        [platform.machine(), build.version, *build.cpu_features, str(build.threads), *gpus]
    )
