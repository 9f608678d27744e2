"""Is this the kind of file it was given as? Asked before llama.cpp opens it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.engine.gguf_header import CutShortError, GgufHeader, NotGgufError, read_header
from refsheet_tui.engine.parts import join_parts, missing_part, model_parts
from refsheet_tui.engine.settings import LoadSettings
from refsheet_tui.errors import WeightsError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import one_line

ARCHITECTURE = "gemma3"
_PROJECTOR = "clip"
_PROJECTION = "mm.input_projection.weight"

_CHOOSE_MODEL = N_("Choose a Gemma 3 model in GGUF format.")
_CHOOSE_MMPROJ = N_("Choose the mmproj file that belongs to the model.")
_AGAIN = N_("Download it again.")


@dataclass(frozen=True)
class Files:
    """The heads of files that are what they were given as; `parts` are the model's files."""

    model: GgufHeader
    mmproj: GgufHeader | None
    parts: tuple[Path, ...]


def check_files(settings: LoadSettings) -> Files:
    """Raises `WeightsError` naming the file and what is wrong with it."""
    model = read_model(settings.model)
    check_model(model, settings.model)
    parts = model_parts(settings.model)
    if settings.mmproj is None:
        return Files(model, None, parts)
    mmproj = read_mmproj(settings.mmproj)
    check_mmproj(mmproj, settings.mmproj)
    check_width(model, mmproj, settings.model, settings.mmproj)
    return Files(model, mmproj, parts)


def read_model(path: Path) -> GgufHeader:
    """Return the head of a whole model, whichever of its parts `path` is: see `join_parts`.

    Raises `WeightsError` for a part that is missing, cut short or of another model.
    """
    parts = model_parts(path)
    return join_parts({part: read_part(part, parts) for part in parts})


def read_part(part: Path, parts: Sequence[Path]) -> GgufHeader:
    """Return the head of one of the `parts` of a model. Raises `WeightsError`."""
    if len(parts) > 1 and not paths.exists(part):
        raise missing_part(part, parts)
    return _header(part, _CHOOSE_MODEL)


def read_mmproj(path: Path) -> GgufHeader:
    """The head of a whole GGUF file. Raises `WeightsError`."""
    return _header(path, _CHOOSE_MMPROJ)


def check_model(header: GgufHeader, path: Path) -> None:
    """Raises `WeightsError` unless it is a Gemma 3 text model."""
    found = header.text("general.architecture")
    if found == _PROJECTOR:
        raise WeightsError(
            _("{file} is a vision projector (mmproj), not a model.").format(file=_name(path)),
            _("Give it as the mmproj, and the text model's GGUF as the model."),
        )
    if found != ARCHITECTURE:
        kind = one_line(found) or _("unknown")
        raise WeightsError(
            _("{file} holds a model of the kind {kind}, not Gemma 3.").format(
                file=_name(path), kind=kind
            ),
            _(_CHOOSE_MODEL),
        )


def check_mmproj(header: GgufHeader, path: Path) -> None:
    """Raises `WeightsError` unless it is a projector of the kind `gemma3`."""
    if header.number("split.count") > 1:
        raise WeightsError(
            _(
                "{file} is one part of a split model; a vision projector (mmproj) is never split."
            ).format(file=_name(path)),
            _(_CHOOSE_MMPROJ),
        )
    found = header.text("general.architecture")
    if found != _PROJECTOR:
        problem = (
            _("{file} is a text model, not a vision projector (mmproj).")
            if found
            else _("{file} is something else, not a vision projector (mmproj).")
        )
        raise WeightsError(problem.format(file=_name(path)), _(_CHOOSE_MMPROJ))
    projector = header.text("clip.projector_type") or header.text("clip.vision.projector_type")
    if projector != ARCHITECTURE:
        kind = one_line(projector) or _("unknown")
        raise WeightsError(
            _("{file} is a vision projector of the kind {kind}, not Gemma 3's.").format(
                file=_name(path), kind=kind
            ),
            _(_CHOOSE_MMPROJ),
        )


def check_width(model: GgufHeader, mmproj: GgufHeader, path: Path, mmproj_path: Path) -> None:
    """Raises `WeightsError` unless a picture's soft tokens are as wide as the model's tokens."""
    wanted = model.number(f"{ARCHITECTURE}.embedding_length")
    projection = mmproj.tensors.get(_PROJECTION)
    found = projection.shape[0] if projection else mmproj.number("clip.vision.projection_dim")
    if found != wanted:
        raise WeightsError(
            _(
                "{mmproj} belongs to another model: it is {found} wide, and {model} is {wanted}."
            ).format(mmproj=_name(mmproj_path), found=found, model=_name(path), wanted=wanted),
            _(_CHOOSE_MMPROJ),
        )


def _header(path: Path, choose: str) -> GgufHeader:
    name = _name(path)
    try:
        if path.is_dir():
            raise WeightsError(_("{file} is a folder, not a file.").format(file=name), _(choose))
        if path.stat().st_size == 0:
            raise WeightsError(_("{file} is empty.").format(file=name), _(_AGAIN))
        return read_header(path)
    except FileNotFoundError:
        raise WeightsError(_("There is no file {file}.").format(file=name), _(choose)) from None
    except NotGgufError:
        raise WeightsError(_("{file} is not a GGUF file.").format(file=name), _(choose)) from None
    except CutShortError:
        raise WeightsError(
            _("{file} is cut short: its end is missing.").format(file=name), _(_AGAIN)
        ) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise WeightsError(
            _("{file} can't be read: {reason}.").format(file=name, reason=reason),
            _("Check its permissions, or choose another file."),
        ) from error


def _name(path: Path) -> str:
    return one_line(str(path))
