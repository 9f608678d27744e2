"""Is this the kind of file it was given as? Asked before llama.cpp opens it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from refsheet_tui.engine.gguf_header import CutShortError, GgufHeader, NotGgufError, read_header
from refsheet_tui.engine.settings import LoadSettings
from refsheet_tui.errors import WeightsError
from refsheet_tui.text import one_line

ARCHITECTURE = "gemma3"
_PROJECTOR = "clip"
_PROJECTION = "mm.input_projection.weight"

_CHOOSE_MODEL = "Choose a Gemma 3 model in GGUF format."
_CHOOSE_MMPROJ = "Choose the mmproj file that belongs to the model."
_AGAIN = "Download it again."


@dataclass(frozen=True)
class Files:
    """The heads of files that are what they were given as."""

    model: GgufHeader
    mmproj: GgufHeader | None


def check_files(settings: LoadSettings) -> Files:
    """Raises `WeightsError` naming the file and what is wrong with it."""
    model = read_model(settings.model)
    check_model(model, settings.model)
    if settings.mmproj is None:
        return Files(model, None)
    mmproj = read_mmproj(settings.mmproj)
    check_mmproj(mmproj, settings.mmproj)
    check_width(model, mmproj, settings.model, settings.mmproj)
    return Files(model, mmproj)


def read_model(path: Path) -> GgufHeader:
    """The head of a whole GGUF file. Raises `WeightsError`."""
    return _header(path, _CHOOSE_MODEL)


def read_mmproj(path: Path) -> GgufHeader:
    """The head of a whole GGUF file. Raises `WeightsError`."""
    return _header(path, _CHOOSE_MMPROJ)


def check_model(header: GgufHeader, path: Path) -> None:
    """Raises `WeightsError` unless it is a Gemma 3 text model."""
    found = header.text("general.architecture")
    if found == _PROJECTOR:
        raise WeightsError(
            f"{_name(path)} is a vision projector (mmproj), not a model.",
            "Give it as the mmproj, and the text model's GGUF as the model.",
        )
    if found != ARCHITECTURE:
        kind = one_line(found) or "unknown"
        raise WeightsError(
            f"{_name(path)} holds a model of the kind {kind}, not Gemma 3.", _CHOOSE_MODEL
        )


def check_mmproj(header: GgufHeader, path: Path) -> None:
    """Raises `WeightsError` unless it is a projector of the kind `gemma3`."""
    found = header.text("general.architecture")
    if found != _PROJECTOR:
        what = "a text model" if found else "something else"
        raise WeightsError(
            f"{_name(path)} is {what}, not a vision projector (mmproj).", _CHOOSE_MMPROJ
        )
    projector = header.text("clip.projector_type") or header.text("clip.vision.projector_type")
    if projector != ARCHITECTURE:
        kind = one_line(projector) or "unknown"
        raise WeightsError(
            f"{_name(path)} is a vision projector of the kind {kind}, not Gemma 3's.",
            _CHOOSE_MMPROJ,
        )


def check_width(model: GgufHeader, mmproj: GgufHeader, path: Path, mmproj_path: Path) -> None:
    """Raises `WeightsError` unless a picture's soft tokens are as wide as the model's tokens."""
    wanted = model.number(f"{ARCHITECTURE}.embedding_length")
    projection = mmproj.tensors.get(_PROJECTION)
    found = projection.shape[0] if projection else mmproj.number("clip.vision.projection_dim")
    if found != wanted:
        raise WeightsError(
            f"{_name(mmproj_path)} belongs to another model: it is {found} wide, "
            f"and {_name(path)} is {wanted}.",
            _CHOOSE_MMPROJ,
        )


def _header(path: Path, choose: str) -> GgufHeader:
    name = _name(path)
    try:
        if path.is_dir():
            raise WeightsError(f"{name} is a folder, not a file.", choose)
        if path.stat().st_size == 0:
            raise WeightsError(f"{name} is empty.", _AGAIN)
        return read_header(path)
    except FileNotFoundError:
        raise WeightsError(f"There is no file {name}.", choose) from None
    except NotGgufError:
        raise WeightsError(f"{name} is not a GGUF file.", choose) from None
    except CutShortError:
        raise WeightsError(f"{name} is cut short: its end is missing.", _AGAIN) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise WeightsError(
            f"{name} can't be read: {reason}.", "Check its permissions, or choose another file."
        ) from error


def _name(path: Path) -> str:
    return one_line(str(path))
