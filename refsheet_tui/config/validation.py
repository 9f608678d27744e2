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
_EXPECTATION_TEXTS = {
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
    filled_settings = {
        key: {} if value is None and key in groups else value for key, value in settings.items()
    }
    try:
        return model.model_validate(filled_settings, context=path.absolute().parent)
    except ValidationError as error:
        first_error = error.errors(include_url=False)[0]
        raise _config_error(model, first_error, one_line(str(path))) from None


def _config_error(model: type[BaseModel], error: ErrorDetails, file: str) -> ConfigError:
    key = one_line(".".join(str(step) for step in error["loc"]))
    value = reprlib.repr(error["input"])
    if error["type"] in {"extra_forbidden", "invalid_key"}:
        return ConfigError(
            _("{file}: unknown setting {key}.").format(file=file, key=repr(key)),
            _suggestion(model, error),
        )
    expectation = _EXPECTATION_TEXTS.get(error["type"])
    expected = _(expectation).format(**error.get("ctx", {})) if expectation else error["msg"]
    return SettingError(
        file,
        key,
        _("{wanted}, not {found}.").format(wanted=expected, found=value),
        _("Correct the value, or remove the line to use the default."),
    )


def _suggestion(model: type[BaseModel], error: ErrorDetails) -> str:
    full_names = {name.rpartition(".")[2]: name for name in _setting_names(model)}
    matches = difflib.get_close_matches(str(error["loc"][-1]), full_names, n=1)
    if matches:
        return _("Did you mean {key}?").format(key=repr(full_names[matches[0]]))
    return _("Available settings: {known}.").format(known=", ".join(full_names.values()))


def _setting_names(model: type[BaseModel]) -> list[str]:
    """Return the full names of all settings."""
    names: list[str] = []
    for name, field in model.model_fields.items():
        if _is_group(field.annotation):
            names += [f"{name}.{inner_name}" for inner_name in _setting_names(field.annotation)]
        else:
            names.append(name)
    return names


def _is_group(annotation: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
