"""Finding the model files to load for a name or a path that the user chose."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.config import is_no_projector
from refsheet_tui.engine import model_parts
from refsheet_tui.errors import WeightsError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights.catalog import load_catalog
from refsheet_tui.weights.model_store import FileState, ModelStore
from refsheet_tui.weights.projectors import find_projector

DEMO = "demo"

DEMO_NOTICE = (
    "This is the tiny demo model: it knows the sample characters and little else. "
    "For a real one: refsheet models download"
)

_NOT_READY_MESSAGES = {
    FileState.ABSENT: (
        N_("{name} isn't downloaded yet."),
        N_("Download it: refsheet models download {name}"),
    ),
    FileState.PARTIAL: (
        N_("{name} is incomplete: {file} is missing."),
        N_("Resume the download: refsheet models download {name}"),
    ),
    FileState.DAMAGED: (
        N_("A file of {name} has the wrong size."),
        N_("Repair it: refsheet models download {name}"),
    ),
}


@dataclass(frozen=True)
class ModelChoice:
    """The files of a model to load.

    Attributes:
        model: The file of the text model, or its first part if it was split.
        mmproj: The file of the projector; None for a text-only model.
        notice: Why a projector that was found beside the model is not used; otherwise empty.
    """

    model: Path
    mmproj: Path | None
    notice: str = ""

    @property
    def parts(self) -> tuple[Path, ...]:
        """The files of the text model, including missing ones. Reads the header of one file."""
        return model_parts(self.model)

    @property
    def files(self) -> tuple[Path, ...]:
        """All files, the projector last."""
        return (*self.parts, self.mmproj) if self.mmproj else self.parts


def choose_model(model: str, mmproj: Path | None, store: ModelStore) -> ModelChoice:
    """Find the files of a model.

    Args:
        model: `demo`, a name from the catalog, or the path of a GGUF file, which can be any part
            of a split model.
        mmproj: The projector, or `NO_PROJECTOR` for none; None chooses the one of the catalog, or
            the one that fits among the files `*mmproj*.gguf` in the folder of the model.
        store: The folder of the downloaded models.

    Returns:
        The files. Some parts of a model that was given by its path may be missing.

    Raises:
        WeightsError: The file doesn't exist, or the model isn't completely downloaded.
        ConfigError: The catalog is invalid.
        StorageError: The demo model is missing.
    """
    if model == DEMO:
        return ModelChoice(paths.demo_model(), _named_projector(mmproj, paths.demo_mmproj()))
    catalog, path = None if is_path(model) else load_catalog(), paths.expand_user(model)
    if catalog is None or (model not in catalog.models and paths.is_file(path)):
        parts = model_parts(path)
        if not any(map(paths.exists, parts)):
            raise WeightsError(
                _("The model {name} doesn't exist.").format(name=one_line(model)),
                _("Enter the path to a GGUF file, or a name listed by 'refsheet models'."),
            )
        if mmproj is not None:
            return ModelChoice(parts[0], _named_projector(mmproj))
        found = find_projector(parts)
        return ModelChoice(parts[0], found.path, found.notice)
    entry = catalog.get_entry(model)
    state = store.entry_state(entry)
    if state is not FileState.COMPLETE:
        problem, remedy = _NOT_READY_MESSAGES[state]
        file = store.first_missing_file(entry).file if state is FileState.PARTIAL else ""
        raise WeightsError(_(problem).format(name=model, file=file), _(remedy).format(name=model))
    catalog_projector = store.file_path(entry.projector) if entry.projector else None
    return ModelChoice(store.file_path(entry.model), _named_projector(mmproj, catalog_projector))


def is_path(model: str) -> bool:
    """Return True if `model` can only be a path, and not a name."""
    return "/" in model or os.sep in model or model.endswith(".gguf")


def _named_projector(mmproj: Path | None, default: Path | None = None) -> Path | None:
    """Return the projector that the user named, or `default` if the user named none."""
    if mmproj is None:
        return default
    return None if is_no_projector(mmproj) else paths.expand_user(mmproj)
