"""Checking settings, and turning pydantic's errors into sentences for the user."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import TypeGuard, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from refsheet_tui.errors import ConfigError, SettingError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import one_line

_Model = TypeVar("_Model", bound=BaseModel)

# Keys are pydantic's types of errors, and placeholders in braces are pydantic's as well.
_EXPECTATIONS = {
    "model_type": N_("must be a group of indented settings"),
    "model_attributes_type": N_("must be a group of indented settings"),
    "path_type": N_("must be a path"),
    "int_type": N_("must be a whole number"),
    "float_type": N_("must be a number"),
    "finite_number": N_("must be a finite number"),
    "bool_type": N_("must be true or false"),
    "string_type": N_("must be text"),
    "string_too_short": N_("must be at least {min_length} character long"),
    "literal_error": N_("must be {expected}"),
    "greater_than": N_("must be greater than {gt}"),
    "greater_than_equal": N_("must be at least {ge}"),
    "less_than": N_("must be less than {lt}"),
    "less_than_equal": N_("must be at most {le}"),
    "dict_type": N_("must be pairs such as chat.again: f5"),
}


def validate_settings(
    model: type[_Model], settings: Mapping[Hashable, object], path: Path
) -> _Model:
    """Return `settings` as a `model`. A group whose settings are all commented out counts as empty.

    Raises `ConfigError` for the first mistake.
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
        return ConfigError(
            _("{file}: unknown setting {key}.").format(file=file, key=repr(key)),
            _suggestion(model, error),
        )
    known = _EXPECTATIONS.get(error["type"])
    wanted = _(known).format(**error.get("ctx", {})) if known else error["msg"]
    return SettingError(
        file,
        key,
        _("{wanted}, not {found}.").format(wanted=wanted, found=found),
        _("Correct the value, or remove the line to use the default."),
    )


def _suggestion(model: type[BaseModel], error: ErrorDetails) -> str:
    known = {name.rpartition(".")[2]: name for name in _keys(model)}
    close = difflib.get_close_matches(str(error["loc"][-1]), known, n=1)
    if close:
        return _("Did you mean {key}?").format(key=repr(known[close[0]]))
    return _("Available settings: {known}.").format(known=", ".join(known.values()))


def _keys(model: type[BaseModel]) -> list[str]:
    """Return the full names of all settings."""
    keys: list[str] = []
    for name, field in model.model_fields.items():
        if _is_group(field.annotation):
            keys += [f"{name}.{inner}" for inner in _keys(field.annotation)]
        else:
            keys.append(name)
    return keys


def _is_group(annotation: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
