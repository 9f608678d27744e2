"""Which files to load for what the person named."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.errors import WeightsError
from refsheet_tui.text import one_line

DEMO = "demo"

DEMO_NOTICE = (
    "This is the tiny demo model: it knows the sample characters and little else. "
    "For a real one, get gemma-3-4b-it-qat-Q4_0.gguf (ggml-org/gemma-3-4b-it-qat-GGUF) and "
    "mmproj-model-f16.gguf (ggml-org/gemma-3-4b-it-GGUF), and give them with --model and --mmproj "
    "or in config.yaml."
)


@dataclass(frozen=True)
class ModelChoice:
    """A text model and its projector; without one it can't see pictures."""

    model: Path
    mmproj: Path | None


def choose_model(model: str, mmproj: Path | None = None) -> ModelChoice:
    """The files for `demo` or a path.

    Where no projector is named, the only `*mmproj*.gguf` beside the model is taken. Raises
    `WeightsError` for a file that isn't there.
    """
    if model == DEMO:
        return ModelChoice(paths.demo_model(), paths.typed(mmproj or paths.demo_mmproj()))
    path = paths.typed(model)
    if not paths.exists(path):
        raise WeightsError(
            f"There is no model {one_line(model)}.",
            f"Give the path of a GGUF file, or '{DEMO}' for the model that comes with refsheet.",
        )
    return ModelChoice(path, paths.typed(mmproj) if mmproj else _only_projector_beside(path))


def _only_projector_beside(model: Path) -> Path | None:
    found = [each for each in sorted(model.parent.glob("*mmproj*.gguf")) if each != model]
    return found[0] if len(found) == 1 else None
