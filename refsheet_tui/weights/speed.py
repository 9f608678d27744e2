"""How fast this machine writes: measured once, remembered."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable
from contextlib import suppress

from refsheet_tui import paths
from refsheet_tui.engine.machine import Build, measure_speed
from refsheet_tui.errors import StorageError

_FILE = "speed.json"


def writing_speed(
    build: Build, *, again: bool = False, before: Callable[[], None] = lambda: None
) -> float:
    """Bytes of weights a second; `before` is called when it has to be measured, which takes three
    seconds. Raises `EngineError`."""
    file, key = paths.cache_dir() / _FILE, _key(build)
    known = {} if again else _read()
    if known.get("key") == key:
        speed = known.get("bytes_per_s")
        if isinstance(speed, float) and speed > 0:
            return speed
    before()
    speed = measure_speed()
    # What can't be remembered is measured again.
    with suppress(StorageError, OSError):
        paths.ensure_dir(file.parent)
        new = file.with_name(f"{file.name}.{os.getpid()}.new")
        new.write_text(json.dumps({"key": key, "bytes_per_s": speed}), encoding="utf-8")
        new.replace(file)
    return speed


def _read() -> dict[str, object]:
    with suppress(OSError, ValueError):
        found = json.loads((paths.cache_dir() / _FILE).read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return found
    return {}


def _key(build: Build) -> str:
    """Another build, processor or GPU is another speed."""
    gpus = [device.name for device in build.devices]
    return " ".join([platform.machine(), build.version, *build.features, str(build.threads), *gpus])
