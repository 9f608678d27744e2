"""Check that a file is of the kind it was given as, before llama.cpp opens it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.engine.gguf_header import (
    GgufHeader,
    NotGgufError,
    TruncatedFileError,
    read_header,
)
from refsheet_tui.engine.settings import LoadSettings
from refsheet_tui.engine.split_files import (
    join_parts,
    missing_part_error,
    model_parts,
    printable_path,
)
from refsheet_tui.errors import WeightsError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import one_line

ARCHITECTURE = "gemma3"
_PROJECTOR_ARCHITECTURE = "clip"
_PROJECTION_TENSOR = "mm.input_projection.weight"

_CHOOSE_MODEL = N_("Choose a Gemma 3 model in GGUF format.")
_CHOOSE_MMPROJ = N_("Choose the mmproj file that goes with this model.")
_DOWNLOAD_AGAIN = N_("Download it again.")
_USE_STANDARD_FILES = N_(
    "Download a standard GGUF file and its mmproj file instead: refsheet models download"
)
# Ollama puts the vision tower and the projector into the model's file, under these names.
_VISION_TENSORS = ("v.", "mm.")
# The name of any file in Ollama's folder of models: a model, but also a license or a template.
_OLLAMA_BLOB = re.compile(r"sha256[-:][0-9a-f]{64}")


@dataclass(frozen=True)
class CheckedFiles:
    """The headers of files that passed the checks. `model_files` are all parts of the model."""

    model_header: GgufHeader
    mmproj_header: GgufHeader | None
    model_files: tuple[Path, ...]


def check_model_files(settings: LoadSettings) -> CheckedFiles:
    """Check the files of a model, and return their headers.

    Raises `WeightsError`, which names the file and what is wrong with it.
    """
    model_header = read_model_header(settings.model)
    check_model_header(model_header, settings.model)
    model_files = model_parts(settings.model)
    if settings.mmproj is None:
        return CheckedFiles(model_header, None, model_files)
    mmproj_header = read_mmproj_header(settings.mmproj)
    check_mmproj_header(mmproj_header, settings.mmproj)
    check_embedding_width(model_header, mmproj_header, settings.model, settings.mmproj)
    return CheckedFiles(model_header, mmproj_header, model_files)


def read_model_header(path: Path) -> GgufHeader:
    """Return the header of a whole model. `path` may be any of its parts; see `join_parts`.

    Raises `WeightsError` for a part that is missing, cut short or of another model.
    """
    parts = model_parts(path)
    return join_parts({part: read_part_header(part, parts) for part in parts})


def read_part_header(part: Path, parts: Sequence[Path]) -> GgufHeader:
    """Return the header of one of the `parts` of a model. Raises `WeightsError`."""
    if len(parts) > 1 and not paths.exists(part):
        raise missing_part_error(part, parts)
    return _read_checked_header(part, _CHOOSE_MODEL)


def read_mmproj_header(path: Path) -> GgufHeader:
    """Return the header of a projector's GGUF file. Raises `WeightsError`."""
    return _read_checked_header(path, _CHOOSE_MMPROJ)


def check_model_header(header: GgufHeader, path: Path) -> None:
    """Check that a file is a Gemma 3 text model. Raises `WeightsError` if it isn't."""
    architecture = header.get_text("general.architecture")
    if architecture == _PROJECTOR_ARCHITECTURE:
        raise WeightsError(
            _("{file} is a vision projector (mmproj), not a model.").format(
                file=printable_path(path)
            ),
            _("Set it as mmproj, and choose the text model's GGUF file as the model."),
        )
    if architecture != ARCHITECTURE:
        kind = one_line(architecture) or _("unknown")
        raise WeightsError(
            _("{file} is a model of type {kind}, not Gemma 3.").format(
                file=printable_path(path), kind=kind
            ),
            _(_CHOOSE_MODEL),
        )
    _check_not_of_ollama(header, path)


def check_mmproj_header(header: GgufHeader, path: Path) -> None:
    """Check that a file is a projector of the kind `gemma3`. Raises `WeightsError` if it isn't."""
    if header.get_integer("split.count") > 1:
        raise WeightsError(
            _(
                "{file} is one part of a split model. Vision projectors (mmproj) are never split."
            ).format(file=printable_path(path)),
            _(_CHOOSE_MMPROJ),
        )
    architecture = header.get_text("general.architecture")
    if architecture == ARCHITECTURE:
        _check_not_of_ollama(header, path)
    if architecture != _PROJECTOR_ARCHITECTURE:
        problem = (
            _("{file} is a text model, not a vision projector (mmproj).")
            if architecture
            else _("{file} isn't a vision projector (mmproj).")
        )
        raise WeightsError(problem.format(file=printable_path(path)), _(_CHOOSE_MMPROJ))
    projector_type = header.get_text("clip.projector_type") or header.get_text(
        "clip.vision.projector_type"
    )
    if projector_type != ARCHITECTURE:
        kind = one_line(projector_type) or _("unknown")
        raise WeightsError(
            _("{file} is a vision projector of type {kind}, not Gemma 3.").format(
                file=printable_path(path), kind=kind
            ),
            _(_CHOOSE_MMPROJ),
        )


def check_embedding_width(
    model_header: GgufHeader, mmproj_header: GgufHeader, model_path: Path, mmproj_path: Path
) -> None:
    """Check that a picture's soft tokens are as wide as the model's tokens.

    Raises `WeightsError` when they are not.
    """
    expected_width = model_header.get_integer(f"{ARCHITECTURE}.embedding_length")
    projection = mmproj_header.tensors.get(_PROJECTION_TENSOR)
    width = (
        projection.shape[0]
        if projection
        else mmproj_header.get_integer("clip.vision.projection_dim")
    )
    if width != expected_width:
        raise WeightsError(
            _(
                "{mmproj} belongs to another model: its width is {found}, but {model} "
                "needs {wanted}."
            ).format(
                mmproj=printable_path(mmproj_path),
                found=width,
                model=printable_path(model_path),
                wanted=expected_width,
            ),
            _(_CHOOSE_MMPROJ),
        )


def _check_not_of_ollama(header: GgufHeader, path: Path) -> None:
    """Raise `WeightsError` for a text model with the vision tower in the same file."""
    if any(name.startswith(_VISION_TENSORS) for name in header.tensors):
        raise WeightsError(
            _(
                "{file} was made by Ollama: it contains the vision projector as well, "
                "which llama.cpp can't load."
            ).format(file=printable_path(path)),
            _(_USE_STANDARD_FILES),
        )


def _read_checked_header(path: Path, remedy: str) -> GgufHeader:
    name = printable_path(path)
    try:
        if path.is_dir():
            raise WeightsError(_("{file} is a folder, not a file.").format(file=name), _(remedy))
        if path.stat().st_size == 0:
            raise WeightsError(_("{file} is empty.").format(file=name), _(_DOWNLOAD_AGAIN))
        return read_header(path)
    except FileNotFoundError:
        raise WeightsError(_("{file} doesn't exist.").format(file=name), _(remedy)) from None
    except NotGgufError:
        if _OLLAMA_BLOB.fullmatch(path.name):
            raise WeightsError(
                _("{file} is one of Ollama's files, but not a model.").format(file=name),
                _(_USE_STANDARD_FILES),
            ) from None
        raise WeightsError(_("{file} isn't a GGUF file.").format(file=name), _(remedy)) from None
    except TruncatedFileError:
        raise WeightsError(
            _("{file} is incomplete: the end is missing.").format(file=name), _(_DOWNLOAD_AGAIN)
        ) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise WeightsError(
            _("Can't read {file}: {reason}.").format(file=name, reason=reason),
            _("Check the file's permissions, or choose another file."),
        ) from error
