"""The user's own model files that were in use before, so that they stay in the list of models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from refsheet_tui import paths
from refsheet_tui.config import Config
from refsheet_tui.file_io import JsonFile
from refsheet_tui.weights.choice import is_path

_FILE_NAME = "own-models.json"
_KEY = "models"
_MAX_MODELS = 20


@dataclass(frozen=True)
class OwnModel:
    """A model that the user chose by its path.

    Attributes:
        model: The path, as in the settings.
        mmproj: The projector that the user named; None if the program looks for it.
    """

    model: str
    mmproj: Path | None = None


_MODELS = TypeAdapter(list[OwnModel])


def remembered_models() -> list[OwnModel]:
    """Return the models that were in use before, the latest first. Missing files are included."""
    entries = _state_file().read().get(_KEY)
    try:
        return _MODELS.validate_python(entries)[:_MAX_MODELS]
    except ValidationError:  # damaged: the files are still there to be chosen again
        return []


def remember_model(config: Config) -> None:
    """Remember the model of the settings, before another one is chosen.

    A model of the catalog and the demo are in the list anyway.
    """
    if is_path(config.model):
        _write([OwnModel(config.model, config.mmproj), *_others(config.model)])


def forget_model(model: str) -> None:
    """Take a model off the list; its files stay."""
    _write(_others(model))


def _others(model: str) -> list[OwnModel]:
    return [each for each in remembered_models() if each.model != model]


def _write(models: list[OwnModel]) -> None:
    _state_file().write({_KEY: _MODELS.dump_python(models[:_MAX_MODELS], mode="json")})


def _state_file() -> JsonFile:
    return JsonFile(paths.state_dir() / _FILE_NAME)
