"""Finding the vision projector (mmproj) in the folder of a model that the user gave by its path."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from refsheet_tui.engine import (
    GgufHeader,
    check_embedding_width,
    check_mmproj_header,
    check_model_header,
    read_mmproj_header,
    read_model_header,
)
from refsheet_tui.errors import WeightsError
from refsheet_tui.i18n import _, join_sentences
from refsheet_tui.untrusted import one_line

# The best first: llama.cpp computes F16 everywhere, BF16 is slow on many processors, F32 takes
# twice the memory, and Q8_0 is a little less exact. The number is gguf.md's general.file_type.
_PRECISIONS = {"f16": 1, "bf16": 32, "f32": 0, "q8_0": 7}
_NAMED_PRECISION = re.compile(r"(?<![a-z0-9])(bf16|f16|fp16|f32|fp32|q8_0)(?![a-z0-9])")
_UNKNOWN_RANK = len(_PRECISIONS)
_MAX_NAMED = 5  # names of files in one sentence


@dataclass(frozen=True)
class FoundProjector:
    """A projector beside a model.

    Attributes:
        path: Its file; None if there is none, or if it can't be used.
        notice: Why the model is text-only although there are projectors; otherwise empty.
    """

    path: Path | None
    notice: str = ""


def find_projector(parts: Sequence[Path]) -> FoundProjector:
    """Find the projector that fits a model, among the files `*mmproj*.gguf` in its folder.

    Of several that fit, the one with the best precision is chosen. Nothing that was only found is
    an error: what doesn't fit is left out.

    Args:
        parts: The files of the model. If they are missing or damaged, loading says so.

    Returns:
        The projector, or why there is none.
    """
    candidates = [each for each in _projector_files(parts[0].parent) if each not in parts]
    if not candidates:
        return FoundProjector(None)
    try:
        model_header = read_model_header(parts[0])
        check_model_header(model_header, parts[0])
    except WeightsError:
        return FoundProjector(candidates[0] if len(candidates) == 1 else None)
    ranks: dict[Path, int] = {}
    problems: list[str] = []
    for path in candidates:
        try:
            header = read_mmproj_header(path)
            check_mmproj_header(header, path)
            check_embedding_width(model_header, header, parts[0], path)
        except WeightsError as error:
            problems.append(error.problem)
        else:
            ranks[path] = _precision_rank(path, header)
    if not ranks:
        return FoundProjector(None, _left_out_notice(parts[0], problems))
    best_rank = min(ranks.values())
    best = [path for path, rank in ranks.items() if rank == best_rank]
    if len(best) > 1:
        return FoundProjector(None, _undecided_notice(parts[0], best))
    return FoundProjector(best[0])


def _projector_files(folder: Path) -> list[Path]:
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError:  # loading the model says so
        return []
    return [folder / name for name in names if _is_projector_name(name.lower())]


def _is_projector_name(name: str) -> bool:
    return "mmproj" in name and name.endswith(".gguf")


def _precision_rank(path: Path, header: GgufHeader) -> int:
    """Return the place of a projector in `_PRECISIONS`, by its name or else by its metadata."""
    named = [name.replace("fp", "f") for name in _NAMED_PRECISION.findall(path.name.lower())]
    file_type = header.metadata.get("general.file_type")
    for rank, (name, number) in enumerate(_PRECISIONS.items()):
        if (named[-1] == name) if named else (file_type == number):
            return rank
    return _UNKNOWN_RANK


def _left_out_notice(model: Path, problems: Sequence[str]) -> str:
    return join_sentences(
        _("No vision projector in the folder fits {model}, so it is text-only.").format(
            model=one_line(model.name)
        ),
        *problems[:_MAX_NAMED],
    )


def _undecided_notice(model: Path, projectors: Sequence[Path]) -> str:
    names = ", ".join(one_line(path.name) for path in projectors[:_MAX_NAMED])
    return _(
        "Several vision projectors fit {model}: {files}. Until you choose one as its vision "
        "projector (mmproj), it is text-only."
    ).format(model=one_line(model.name), files=names)
