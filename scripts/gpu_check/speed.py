"""How fast the processor and the GPU read and write with the shapes of Gemma 3 4B.

Six layers of random weights, as `refsheet models --measure` takes them: they measure speed alone.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from time import monotonic

from gpu_check.isolation import isolated
from gpu_check.report import Check, print_table, say
from refsheet_tui.engine import LoadSettings
from refsheet_tui.engine.native import yardstick
from refsheet_tui.engine.native.context import Context
from refsheet_tui.engine.native.model import Model
from refsheet_tui.engine.native.threads import performance_cores

_READ, _FEW = 256, 16
# A software device would take minutes for what a GPU does in a tenth of a second.
_MOST_S = 20.0
_ALL_LAYERS = 999
_GB = 1e9


def print_speeds() -> None:
    say("measuring the speed of 4B shapes")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "shapes.gguf"
        size = yardstick.write(file)
        for name, layers in (("processor", 0), ("GPU", _ALL_LAYERS)):
            found = isolated(name, _measure, file, size, layers)
            if isinstance(found, Check):
                rows.append((name, found.figure, ""))
            else:
                rows.append((name, f"{found[0]:.1f}", f"{found[1] / _GB:.2f}"))
    heads = ("device", "reading, tokens/s", "writing, GB of weights/s")
    print_table(f"Six layers of 4B shapes, {size / _GB:.2f} GB", heads, rows)


def _measure(file: Path, size: int, gpu_layers: int) -> tuple[float, float]:
    """Return tokens read a second, and bytes of weights a second while writing."""
    return _reading(file, gpu_layers), yardstick.measure(file, size, gpu_layers)


def _reading(file: Path, gpu_layers: int) -> float:
    settings = LoadSettings(file, context_size=2 * _READ)
    model = Model(settings, lambda _: True, gpu_layers=gpu_layers)
    context = Context(model, settings, threads=performance_cores(), picture_tokens=0)
    # The first time, a GPU compiles its shaders.
    _read(context, _FEW)
    count, seconds = _FEW, _read(context, _FEW)
    if seconds * _READ / _FEW < _MOST_S:
        count, seconds = _READ, _read(context, _READ)
    context.close()
    model.close()
    return count / seconds


def _read(context: Context, count: int) -> float:
    """Return the seconds that reading so many tokens takes."""
    context.clear()
    began = monotonic()
    context.read_tokens([1] * count, 0, want_logits=True)
    context.logits()
    return monotonic() - began
