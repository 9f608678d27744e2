"""From what pydantic finds wrong with settings to a sentence for the person who wrote them."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import TypeGuard, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from refsheet_tui.errors import ConfigError
from refsheet_tui.text import one_line

_Model = TypeVar("_Model", bound=BaseModel)


def validated(model: type[_Model], settings: Mapping[Hashable, object], path: Path) -> _Model:
    """`settings` as a `model`. A group whose settings are all commented out counts as empty.

    Raises `ConfigError` about the first thing that is wrong.
    """
    groups = {name for name, field in model.model_fields.items() if _is_group(field.annotation)}
    filled = {
        key: {} if value is None and key in groups else value for key, value in settings.items()
    }
    try:
        return model.model_validate(filled, context=path.absolute().parent)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _problem(model, first, one_line(str(path))) from None


def _problem(model: type[BaseModel], error: ErrorDetails, file: str) -> ConfigError:
    key = one_line(".".join(str(step) for step in error["loc"]))
    found = reprlib.repr(error["input"])
    if error["type"] in {"extra_forbidden", "invalid_key"}:
        return ConfigError(f"{file}: there is no setting {key!r}.", _suggestion(model, error))
    if error["type"] in {"model_type", "model_attributes_type"}:
        wanted = "should be a group of settings, indented under it"
    elif error["type"] == "path_type":
        wanted = "should be a path"
    else:
        wanted = error["msg"].replace("Input should", "should").replace("String should", "should")
    return ConfigError(
        f"{file}: {key} {wanted}, not {found}.",
        "Correct it, or remove the line to get the default.",
    )


def _suggestion(model: type[BaseModel], error: ErrorDetails) -> str:
    known = {name.rpartition(".")[2]: name for name in _keys(model)}
    close = difflib.get_close_matches(str(error["loc"][-1]), known, n=1)
    if close:
        return f"Did you mean {known[close[0]]!r}?"
    return f"The settings are: {', '.join(known.values())}."


def _keys(model: type[BaseModel]) -> list[str]:
    """All settings by their full names."""
    keys: list[str] = []
    for name, field in model.model_fields.items():
        if _is_group(field.annotation):
            keys += [f"{name}.{inner}" for inner in _keys(field.annotation)]
        else:
            keys.append(name)
    return keys


def _is_group(annotation: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
