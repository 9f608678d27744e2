"""Every setting there is, and how its value stands in a field that a person types into."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from refsheet_tui.config.editing import Value
from refsheet_tui.config.schema import Config

Kind = Literal["switch", "choice", "whole", "number", "text", "pairs"]

_KINDS: dict[object, Kind] = {
    bool: "switch",
    int: "whole",
    float: "number",
    str: "text",
    Path: "text",
    dict: "pairs",
}


@dataclass(frozen=True)
class Setting:
    """One setting, named as in `change_config`. `choices` are all it can be, where they are few;
    `can_be_null`: the program can choose."""

    name: str
    kind: Kind
    default: Value
    choices: tuple[str, ...] = ()
    can_be_null: bool = False

    @property
    def group(self) -> str:
        """Empty for those that stand at the top level."""
        return self.name.rpartition(".")[0]

    def in_(self, config: Config) -> Value:
        """What `config` has for it."""
        value: Any = config
        for step in self.name.split("."):
            value = getattr(value, step)
        return _plain(value)

    def text(self, value: Value) -> str:
        """As it stands in a field; nothing for None."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, dict):
            return "; ".join(f"{name}: {keys}" for name, keys in value.items())
        return str(value)

    def typed(self, text: str) -> Value:
        """What a person means by `text`; as it is where it can't mean anything that fits."""
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
        return _pairs(text) if self.kind == "pairs" else text


def all_settings() -> tuple[Setting, ...]:
    """In the order of `config.yaml`."""
    return tuple(_settings(Config, ""))


def _settings(model: type[BaseModel], group: str) -> Iterator[Setting]:
    for name, field in model.model_fields.items():
        if isinstance(field.default, BaseModel):
            yield from _settings(type(field.default), f"{name}.")
            continue
        kind, can_be_null = field.annotation, False
        if get_origin(kind) in {Union, types.UnionType}:
            kinds = get_args(kind)
            can_be_null = type(None) in kinds
            kind = next(each for each in kinds if each is not type(None))
        choices = get_args(kind) if get_origin(kind) is Literal else ()
        yield Setting(
            f"{group}{name}",
            "choice" if choices else _KINDS[get_origin(kind) or kind],
            _plain(field.default),
            choices,
            can_be_null,
        )


def _plain(value: Any) -> Value:
    plain: Value = str(value) if isinstance(value, Path) else value
    return plain


def _pairs(text: str) -> dict[str, str] | str:
    """`name: keys; name: keys`; as it is where that is not what it is."""
    pairs: dict[str, str] = {}
    for part in filter(None, map(str.strip, text.split(";"))):
        name, colon, keys = part.partition(":")
        keys = ",".join(filter(None, map(str.strip, keys.split(","))))
        if not (name.strip() and colon and keys):
            return text
        pairs[name.strip()] = keys
    return pairs
