"""Ask what llama.cpp can do on this machine: `python -m refsheet_tui.engine.native.probe`.

It prints one JSON object on standard output. It is a process of its own, because asking loads the
native libraries, and a build for another processor dies of that.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version

from llama_cpp import llama_cpp as llama

from refsheet_tui.engine.native import devices, llama_backend
from refsheet_tui.engine.native.llama_context import LlamaContext
from refsheet_tui.engine.native.llama_model import LlamaModel
from refsheet_tui.engine.native.threads import performance_cores
from refsheet_tui.engine.settings import LoadSettings
from refsheet_tui.paths import demo_model

_ALL_LAYERS = 999


def main() -> None:
    with os.fdopen(os.dup(sys.stdout.fileno()), "w") as answer:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        llama_backend.start_backend()
        report = {
            "version": version("llama-cpp-python"),
            "cpu_features": parse_features(
                llama.llama_print_system_info().decode("utf-8", "replace")
            ),
            "supports_gpu_offload": bool(llama.llama_supports_gpu_offload()),
            "devices": [_device_json(device) for device in devices.gpus()],
            "threads": performance_cores(),
            "flash_attention": _flash_attention(),
        }
        json.dump(report, answer)


def _device_json(device: devices.ComputeDevice) -> dict[str, str | int]:
    """Return the device as `engine.build_info.GpuDevice` reads it."""
    return {
        "name": device.name,
        "free": device.free,
        "total": device.total,
        "shares_memory": device.shares_memory,
    }


def _flash_attention() -> bool:
    """Return whether llama.cpp uses flash attention for the demo model, if it may choose.

    Only its log says so.
    """
    settings = LoadSettings(demo_model(), context_size=256)
    model = LlamaModel(settings, lambda _: True, gpu_layers=_ALL_LAYERS if devices.gpus() else 0)
    with llama_backend.collect_log_lines() as lines:
        context = LlamaContext(model, settings, threads=1, picture_tokens=0)
    is_enabled = any("Flash Attention enabled" in line for line in lines)
    context.close()
    model.close()
    return is_enabled


def parse_features(system_info: str) -> list[str]:
    """Return the features that are on in `CPU : SSE3 = 1 | AVX2 = 1 | LLAMAFILE = 1 | `."""
    pairs = (part.rpartition(":")[2].split("=") for part in system_info.split("|"))
    return [pair[0].strip() for pair in pairs if len(pair) == 2 and pair[1].strip() != "0"]


if __name__ == "__main__":
    main()
