"""What llama.cpp can do on this machine: `python -m refsheet_tui.engine.native.probe`, one JSON
object on standard output. A process of its own, because asking loads the native libraries, and a
build for another processor dies of it.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version

from llama_cpp import llama_cpp as llama

from refsheet_tui.engine.native import devices, library
from refsheet_tui.engine.native.context import Context
from refsheet_tui.engine.native.model import Model
from refsheet_tui.engine.native.threads import performance_cores
from refsheet_tui.engine.settings import LoadSettings
from refsheet_tui.paths import demo_model

_ALL = 999


def main() -> None:
    with os.fdopen(os.dup(sys.stdout.fileno()), "w") as answer:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        library.start()
        found = {
            "version": version("llama-cpp-python"),
            "features": features(llama.llama_print_system_info().decode("utf-8", "replace")),
            "offloads": bool(llama.llama_supports_gpu_offload()),
            "devices": [_told(device) for device in devices.gpus()],
            "threads": performance_cores(),
            "flash_attention": _flash_attention(),
        }
        json.dump(found, answer)


def _told(device: devices.Device) -> dict[str, str | int]:
    """Return it as `engine.machine.Device` reads it."""
    return {
        "name": device.name,
        "free": device.free,
        "total": device.total,
        "shares": device.shares_memory,
    }


def _flash_attention() -> bool:
    """Whether llama.cpp takes it when it may, for the demo model. It says so in its log alone."""
    settings = LoadSettings(demo_model(), context_size=256)
    model = Model(settings, lambda _: True, gpu_layers=_ALL if devices.gpus() else 0)
    with library.collected_lines() as lines:
        context = Context(model, settings, threads=1, picture_tokens=0)
    found = any("Flash Attention enabled" in line for line in lines)
    context.close()
    model.close()
    return found


def features(system_info: str) -> list[str]:
    """Those that are on, out of llama.cpp's `CPU : SSE3 = 1 | AVX2 = 1 | LLAMAFILE = 1 | `."""
    pairs = (part.rpartition(":")[2].split("=") for part in system_info.split("|"))
    return [pair[0].strip() for pair in pairs if len(pair) == 2 and pair[1].strip() != "0"]


if __name__ == "__main__":
    main()
