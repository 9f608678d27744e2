"""The list of all settings, and their values as text for input fields."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from refsheet_tui.config.editing import SettingValue
from refsheet_tui.config.schema import Config

SettingKind = Literal["switch", "choice", "whole", "number", "text", "pairs"]

_KINDS: dict[object, SettingKind] = {
    bool: "switch",
    int: "whole",
    float: "number",
    str: "text",
    Path: "text",
    dict: "pairs",
}


@dataclass(frozen=True)
class Setting:
    """A setting, without its value.

    Attributes:
        name: Its name, as in `change_config`.
        label: Its label, in English.
        group_label: The label of its group, in English; empty at the top level.
        kind: The kind of its values.
        default: Its default value.
        choices: All values that it can have, if it has a fixed list of them.
        can_be_null: It can be None, which lets the program decide.
    """

    name: str
    label: str
    group_label: str
    kind: SettingKind
    default: SettingValue
    choices: tuple[str, ...] = ()
    can_be_null: bool = False

    @property
    def group(self) -> str:
        """The name of its group; empty for a setting at the top level."""
        return self.name.rpartition(".")[0]

    def value_in(self, config: Config) -> SettingValue:
        """Return its value in `config`."""
        value: Any = config
        for step in self.name.split("."):
            value = getattr(value, step)
        return _plain_value(value)

    def format_value(self, value: SettingValue) -> str:
        """Return a value as text for an input field; empty for None."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, dict):
            return "; ".join(f"{name}: {keys}" for name, keys in value.items())
        return str(value)

    def parse_value(self, text: str) -> SettingValue:
        """Return the value that the user means by the text of an input field.

        If the text makes no sense for this setting, it is returned itself, so that the validation
        can name it.
        """
        text = text.strip()
        if self.can_be_null and text in {"", "null"}:
            return None
        try:
            if self.kind == "whole":
                return int(text)
            if self.kind == "number":
                return float(text)
        except ValueError:
            return text
        return _parse_pairs(text) if self.kind == "pairs" else text


def all_settings() -> tuple[Setting, ...]:
    """Return all settings, in the order of `config.yaml`."""
    return tuple(_settings(Config, "", ""))


def _settings(model: type[BaseModel], group: str, group_label: str) -> Iterator[Setting]:
    for name, field in model.model_fields.items():
        if isinstance(field.default, BaseModel):
            yield from _settings(type(field.default), f"{name}.", field.title or "")
            continue
        kind, can_be_null = field.annotation, False
        if get_origin(kind) in {Union, types.UnionType}:
            kinds = get_args(kind)
            can_be_null = type(None) in kinds
            kind = next(each for each in kinds if each is not type(None))
        choices = get_args(kind) if get_origin(kind) is Literal else ()
        yield Setting(
            f"{group}{name}",
            field.title or name,
            group_label,
            "choice" if choices else _KINDS[get_origin(kind) or kind],
            _plain_value(field.default),
            choices,
            can_be_null,
        )


def _plain_value(value: Any) -> SettingValue:
    plain: SettingValue = str(value) if isinstance(value, Path) else value
    return plain


def _parse_pairs(text: str) -> dict[str, str] | str:
    """Return the pairs of a text `name: keys; name: keys`, or the text itself if it is invalid."""
    pairs: dict[str, str] = {}
    for part in filter(None, map(str.strip, text.split(";"))):
        name, colon, keys = part.partition(":")
        keys = ",".join(filter(None, map(str.strip, keys.split(","))))
        if not (name.strip() and colon and keys):
            return text
        pairs[name.strip()] = keys
    return pairs
