"""Measure how fast the processor and the GPU read and write with the shapes of Gemma 3 4B.

As in `refsheet models --measure`, there are six layers of random weights. They measure only speed.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from time import monotonic

from gpu_check.isolation import run_isolated
from gpu_check.report import CheckRow, print_table, report_progress
from refsheet_tui.engine import LoadSettings
from refsheet_tui.engine.native import speed_test
from refsheet_tui.engine.native.llama_context import LlamaContext
from refsheet_tui.engine.native.llama_model import LlamaModel
from refsheet_tui.engine.native.threads import performance_cores

_READ, _FEW = 256, 16
# A software device would take minutes for what a GPU does in a tenth of a second.
_MAX_READ_S = 20.0
_ALL_LAYERS = 999
_BYTES_PER_GB = 1e9


def print_speeds() -> None:
    report_progress("measuring the speed of 4B shapes")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "shapes.gguf"
        size = speed_test.write_random_model(file)
        for name, layers in (("processor", 0), ("GPU", _ALL_LAYERS)):
            result = run_isolated(name, _measure, file, size, layers)
            if isinstance(result, CheckRow):
                rows.append((name, result.measured, ""))
            else:
                rows.append((name, f"{result[0]:.1f}", f"{result[1] / _BYTES_PER_GB:.2f}"))
    heads = ("device", "reading, tokens/s", "writing, GB of weights/s")
    print_table(f"Six layers of 4B shapes, {size / _BYTES_PER_GB:.2f} GB", heads, rows)


def _measure(file: Path, size: int, gpu_layers: int) -> tuple[float, float]:
    """Return the tokens read a second, and the bytes of weights a second while writing."""
    return _measure_reading(file, gpu_layers), speed_test.measure_bandwidth(file, size, gpu_layers)


def _measure_reading(file: Path, gpu_layers: int) -> float:
    settings = LoadSettings(file, context_size=2 * _READ)
    model = LlamaModel(settings, lambda _: True, gpu_layers=gpu_layers)
    context = LlamaContext(model, settings, threads=performance_cores(), picture_tokens=0)
    # A GPU compiles its shaders the first time.
    _time_reading(context, _FEW)
    count, seconds = _FEW, _time_reading(context, _FEW)
    if seconds * _READ / _FEW < _MAX_READ_S:
        count, seconds = _READ, _time_reading(context, _READ)
    context.close()
    model.close()
    return count / seconds


def _time_reading(context: LlamaContext, count: int) -> float:
    """Return how many seconds reading `count` tokens takes."""
    context.clear()
    start = monotonic()
    context.read_tokens([1] * count, 0, want_logits=True)
    context.get_logits()
    return monotonic() - start
