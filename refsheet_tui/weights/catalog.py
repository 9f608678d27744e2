"""The models that can be had by name: those the program ships with, and the person's own."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from refsheet_tui import paths
from refsheet_tui.config.validation import validated
from refsheet_tui.config.yaml_file import read_settings
from refsheet_tui.engine.memory import Shape
from refsheet_tui.engine.parts import part_names
from refsheet_tui.errors import ConfigError, WeightsError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import one_line

FILE_NAME = "catalog.yaml"
RESERVED = "demo"

_Line = Annotated[str, AfterValidator(one_line)]
_NAME = r"^[a-z0-9][a-z0-9._-]*$"


def _inside_the_repository(name: str) -> str:
    if any(part in ("", ".", "..") for part in name.split("/")):
        raise ValueError("it must be a path inside the repository")
    return name


def _part_files(file: str) -> list[str]:
    """Return the files of the model that `file`, a path inside a repository, is a part of."""
    folder, slash, name = file.rpartition("/")
    return [f"{folder}{slash}{each}" for each in part_names(name)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class RemoteFile(_Strict):
    """A file on the hub. Without a revision the newest one; size and sum are those published."""

    repository: str = Field(pattern=r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$")
    file: Annotated[
        str, Field(pattern=r"^[\w./ +-]+\.gguf$"), AfterValidator(_inside_the_repository)
    ]
    revision: str | None = Field(default=None, pattern=r"^[0-9a-f]{40}$")
    bytes: int | None = Field(default=None, ge=1)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")


class Licence(_Strict):
    """Terms that files come with; `notice` must stay with them."""

    title: _Line
    url: _Line
    notice: _Line


class Entry(_Strict):
    """A text model, and the projector that belongs to it; without one it can't see pictures.

    `more_parts` are the other files, in order, of a model that was split; `model` is the first.
    """

    title: _Line
    model: RemoteFile
    more_parts: list[RemoteFile] = Field(default=[], validate_default=True)
    projector: RemoteFile | None = None
    licence: str | None = None
    shape: str | None = None
    gated: bool = False
    instead: str | None = None

    @field_validator("model")
    @classmethod
    def _is_the_first(cls, model: RemoteFile) -> RemoteFile:
        first = _part_files(model.file)[0]
        if model.file != first:
            raise PydanticCustomError(
                "model", "should be the first part, {first}", {"first": first}
            )
        return model

    @field_validator("more_parts")
    @classmethod
    def _are_all_there(cls, others: list[RemoteFile], info: ValidationInfo) -> list[RemoteFile]:
        first = info.data.get("model")
        if first is not None:  # else that is what is wrong
            names = _part_files(first.file)[1:]
            wanted = [(first.repository, first.revision, name) for name in names]
            if wanted != [(each.repository, each.revision, each.file) for each in others]:
                raise PydanticCustomError(
                    "more_parts",
                    "should be the parts after {first}, from the same repository and revision: "
                    "{names}",
                    {"first": first.file, "names": ", ".join(names) or "none"},
                )
        return others

    @field_validator("projector")
    @classmethod
    def _is_one_file(cls, projector: RemoteFile | None) -> RemoteFile | None:
        if projector is not None and len(_part_files(projector.file)) > 1:
            raise PydanticCustomError(
                "projector", "should be one file, because a projector is never split"
            )
        return projector

    @property
    def parts(self) -> tuple[RemoteFile, ...]:
        """The files of the text model."""
        return (self.model, *self.more_parts)

    @property
    def files(self) -> tuple[RemoteFile, ...]:
        return self.parts if self.projector is None else (*self.parts, self.projector)

    @property
    def size(self) -> int | None:
        """Bytes of all files; None where one is unknown."""
        sizes = [file.bytes for file in self.files]
        return None if None in sizes else sum(size or 0 for size in sizes)


class Catalog(_Strict):
    """Entries by name, in the order in which they are shown."""

    default: str | None = None
    best_first: list[str] = []
    licences: dict[str, Licence] = {}
    shapes: dict[str, Annotated[Shape, BeforeValidator(TypeAdapter(Shape).validate_python)]] = {}
    models: dict[Annotated[str, Field(pattern=_NAME)], Entry] = {}

    @model_validator(mode="after")
    def _is_consistent(self) -> Catalog:
        if RESERVED in self.models:
            raise ValueError(f"'{RESERVED}' is the model that comes with the program")
        return self

    def entry(self, name: str) -> Entry:
        """Raises `WeightsError` for a name that is not in it."""
        found = self.models.get(name)
        if found is None:
            known = ", ".join(self.models)
            raise WeightsError(
                _("There is no model {name} in the catalogue.").format(name=one_line(name)),
                _("It has: {known}.").format(known=known),
            )
        return found

    def licence(self, entry: Entry) -> Licence | None:
        return self.licences.get(entry.licence) if entry.licence else None


def load_catalog() -> Catalog:
    """The shipped catalogue, with the person's `catalog.yaml` over it.

    Raises `ConfigError` naming the file and what is wrong with it.
    """
    file = paths.shipped(f"models/{FILE_NAME}")
    shipped = validated(Catalog, read_settings(file), file)
    own_file = paths.config_dir() / FILE_NAME
    if not os.path.lexists(own_file):
        return shipped
    own = validated(Catalog, read_settings(own_file), own_file)
    both = Catalog(
        default=own.default or shipped.default,
        best_first=own.best_first or shipped.best_first,
        licences={**shipped.licences, **own.licences},
        shapes={**shipped.shapes, **own.shapes},
        models={**shipped.models, **own.models},
    )
    _check_names(both, own_file)
    return both


def _check_names(catalog: Catalog, file: Path) -> None:
    """Raises `ConfigError` when something is named that is nowhere."""
    entries = catalog.models.values()
    asked: dict[str, tuple[list[str | None], Collection[str]]] = {
        "model": (
            [catalog.default, *catalog.best_first, *(each.instead for each in entries)],
            catalog.models,
        ),
        "licence": ([each.licence for each in entries], catalog.licences),
        "shape": ([each.shape for each in entries], catalog.shapes),
    }
    for what, (names, known) in asked.items():
        for name in names:
            if name is not None and name not in known:
                raise ConfigError(
                    _("{file}: there is no {what} {name}.").format(
                        file=file, what=what, name=one_line(name)
                    ),
                    _("It has: {known}.").format(known=", ".join(known)),
                )
