"""The catalog: the models that have a name, from the program and from the user's own file."""

from __future__ import annotations

import os
from collections.abc import Collection
from functools import cache
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
from refsheet_tui.config import read_settings, validate_settings
from refsheet_tui.engine import ModelShape, part_names
from refsheet_tui.errors import ConfigError, WeightsError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import one_line

CATALOG_NAME = "catalog.yaml"
RESERVED_NAME = "demo"

_Line = Annotated[str, AfterValidator(one_line)]
_NAME_PATTERN = r"^[a-z0-9][a-z0-9._-]*$"


def _check_relative_path(name: str) -> str:
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
    """A file on the hub.

    Attributes:
        repository: The repository, as `owner/name`.
        file: The path of the file inside the repository.
        revision: The commit; None means the newest one.
        bytes: The published size, if known.
        sha256: The published checksum, in hexadecimal digits, if known.
    """

    repository: str = Field(pattern=r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$")
    file: Annotated[str, Field(pattern=r"^[\w./ +-]+\.gguf$"), AfterValidator(_check_relative_path)]
    revision: str | None = Field(default=None, pattern=r"^[0-9a-f]{40}$")
    bytes: int | None = Field(default=None, ge=1)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")


class Licence(_Strict):
    """The terms of a model; `notice` must be stored beside its files."""

    title: _Line
    url: _Line
    notice: _Line


class CatalogEntry(_Strict):
    """A model of the catalog, with its files.

    Attributes:
        title: The name that the user sees.
        model: The file of the text model, or its first part if it was split.
        more_parts: The other parts of a model that was split, in order.
        projector: The projector; None for a text-only model.
        licence: The key of its terms in `Catalog.licences`.
        shape: The key of its shape in `Catalog.shapes`.
        gated: The publisher's terms must be accepted on the hub before a download.
        instead: The name of a model to download in place of this one, if it is gated.
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
    def _check_first_part(cls, model: RemoteFile) -> RemoteFile:
        first = _part_files(model.file)[0]
        if model.file != first:
            raise PydanticCustomError(
                "model", "should be the first part, {first}", {"first": first}
            )
        return model

    @field_validator("more_parts")
    @classmethod
    def _check_more_parts(
        cls, more_parts: list[RemoteFile], info: ValidationInfo
    ) -> list[RemoteFile]:
        first = info.data.get("model")
        if first is not None:  # None: `model` is invalid, which has its own error
            names = _part_files(first.file)[1:]
            expected = [(first.repository, first.revision, name) for name in names]
            if expected != [(each.repository, each.revision, each.file) for each in more_parts]:
                raise PydanticCustomError(
                    "more_parts",
                    "should be the parts after {first}, from the same repository and revision: "
                    "{names}",
                    {"first": first.file, "names": ", ".join(names) or "none"},
                )
        return more_parts

    @field_validator("projector")
    @classmethod
    def _check_projector_not_split(cls, projector: RemoteFile | None) -> RemoteFile | None:
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
        """All files, the projector last."""
        return self.parts if self.projector is None else (*self.parts, self.projector)

    @property
    def size(self) -> int | None:
        """The size of all files together, in bytes; None if one of them is unknown."""
        sizes = [file.bytes for file in self.files]
        return None if None in sizes else sum(size or 0 for size in sizes)


class Catalog(_Strict):
    """All models that have a name.

    Attributes:
        default: The name of the model to recommend if the speed of the machine is unknown.
        best_first: The names of the models that can be recommended, the best one first.
        licences: Terms by their keys.
        shapes: The numbers that the memory of a model depends on, by their keys.
        models: The models by name, in the order in which they are shown.
    """

    default: str | None = None
    best_first: list[str] = []
    licences: dict[str, Licence] = {}
    shapes: dict[
        str, Annotated[ModelShape, BeforeValidator(TypeAdapter(ModelShape).validate_python)]
    ] = {}
    models: dict[Annotated[str, Field(pattern=_NAME_PATTERN)], CatalogEntry] = {}

    @model_validator(mode="after")
    def _check_reserved_name(self) -> Catalog:
        if RESERVED_NAME in self.models:
            raise ValueError(f"'{RESERVED_NAME}' is the model that comes with the program")
        return self

    def get_entry(self, name: str) -> CatalogEntry:
        """Return the model of that name. Raises `WeightsError` if there is none."""
        entry = self.models.get(name)
        if entry is None:
            names = ", ".join(self.models)
            raise WeightsError(
                _("The catalog has no model {name}.").format(name=one_line(name)),
                _("Available: {known}.").format(known=names),
            )
        return entry

    def licence_of(self, entry: CatalogEntry) -> Licence | None:
        """Return the terms of a model, or None if it has none."""
        return self.licences.get(entry.licence) if entry.licence else None


def load_catalog() -> Catalog:
    """Return the program's own catalog, in which the user's `catalog.yaml` replaces entries.

    Raises `ConfigError`, which names the file and what is wrong with it.
    """
    default_catalog = _load_default_catalog(paths.resource_path(f"models/{CATALOG_NAME}"))
    user_file = paths.config_dir() / CATALOG_NAME
    if not os.path.lexists(user_file):
        return default_catalog
    user_catalog = validate_settings(Catalog, read_settings(user_file), user_file)
    merged_catalog = Catalog(
        default=user_catalog.default or default_catalog.default,
        best_first=user_catalog.best_first or default_catalog.best_first,
        licences={**default_catalog.licences, **user_catalog.licences},
        shapes={**default_catalog.shapes, **user_catalog.shapes},
        models={**default_catalog.models, **user_catalog.models},
    )
    _check_references(merged_catalog, user_file)
    return merged_catalog


@cache  # The program's own file does not change while it runs; reading it takes 0.1 s.
def _load_default_catalog(file: Path) -> Catalog:
    return validate_settings(Catalog, read_settings(file), file)


def _check_references(catalog: Catalog, file: Path) -> None:
    """Check that every name in the catalog refers to something. Raises `ConfigError` if not."""
    entries = catalog.models.values()
    references: dict[str, tuple[list[str | None], Collection[str]]] = {
        "model": (
            [catalog.default, *catalog.best_first, *(each.instead for each in entries)],
            catalog.models,
        ),
        "licence": ([each.licence for each in entries], catalog.licences),
        "shape": ([each.shape for each in entries], catalog.shapes),
    }
    for kind, (names, available_names) in references.items():
        for name in names:
            if name is not None and name not in available_names:
                raise ConfigError(
                    _("{file}: unknown {what} {name}.").format(
                        file=file, what=kind, name=one_line(name)
                    ),
                    _("Available: {known}.").format(known=", ".join(available_names)),
                )
