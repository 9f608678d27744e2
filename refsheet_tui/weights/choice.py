"""Which files to load for what the person named."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.engine.parts import model_parts
from refsheet_tui.errors import WeightsError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights.catalog import load_catalog
from refsheet_tui.weights.store import State, Store

DEMO = "demo"

DEMO_NOTICE = (
    "This is the tiny demo model: it knows the sample characters and little else. "
    "For a real one: refsheet models download"
)

_MISSING = {
    State.ABSENT: (
        N_("{name} is not on this machine."),
        N_("Get it: refsheet models download {name}"),
    ),
    State.PARTIAL: (
        N_("{name} is incomplete: {file} is missing."),
        N_("Go on with it: refsheet models download {name}"),
    ),
    State.DAMAGED: (
        N_("A file of {name} does not have the size it should have."),
        N_("Mend it: refsheet models download {name}"),
    ),
}


@dataclass(frozen=True)
class ModelChoice:
    """A text model and its projector; without one it can't see pictures. `model` is the first part
    of a model that was split."""

    model: Path
    mmproj: Path | None

    @property
    def parts(self) -> tuple[Path, ...]:
        """The files of the text model, also those that are missing. Reads the head of one."""
        return model_parts(self.model)

    @property
    def files(self) -> tuple[Path, ...]:
        """All files, the projector last."""
        return (*self.parts, self.mmproj) if self.mmproj else self.parts


def choose_model(model: str, mmproj: Path | None, store: Store) -> ModelChoice:
    """The files for `demo`, a name from the catalogue, or a path: any part of a split model.

    Where no projector is named beside a path, the only `*mmproj*.gguf` next to the model is taken.
    Raises `WeightsError` for a file that isn't there, `ConfigError` for a bad catalogue.
    """
    if model == DEMO:
        return ModelChoice(paths.demo_model(), paths.typed(mmproj or paths.demo_mmproj()))
    catalog, path = None if is_path(model) else load_catalog(), paths.typed(model)
    if catalog is None or (model not in catalog.models and paths.is_file(path)):
        parts = model_parts(path)
        if not any(map(paths.exists, parts)):
            raise WeightsError(
                _("There is no model {name}.").format(name=one_line(model)),
                _("Give the path of a GGUF file, or a name that 'refsheet models' shows."),
            )
        return ModelChoice(
            parts[0], paths.typed(mmproj) if mmproj else _only_projector_beside(parts)
        )
    entry = catalog.entry(model)
    state = store.state_of(entry)
    if state is not State.WHOLE:
        problem, remedy = _MISSING[state]
        file = store.first_missing(entry).file if state is State.PARTIAL else ""
        raise WeightsError(_(problem).format(name=model, file=file), _(remedy).format(name=model))
    own = store.path(entry.projector) if entry.projector else None
    return ModelChoice(store.path(entry.model), paths.typed(mmproj) if mmproj else own)


def is_path(model: str) -> bool:
    """Whether it can't be a name."""
    return "/" in model or os.sep in model or model.endswith(".gguf")


def _only_projector_beside(parts: Sequence[Path]) -> Path | None:
    beside = sorted(parts[0].parent.glob("*mmproj*.gguf"))
    found = [each for each in beside if each not in parts]
    return found[0] if len(found) == 1 else None
