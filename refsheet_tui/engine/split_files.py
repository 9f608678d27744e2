"""The files of one model: a single GGUF file, or the parts that llama.cpp's gguf-split cut it into.

Parts are called NAME-00001-of-00003.gguf and so on. The first holds all metadata, and perhaps no
tensor; the others hold tensors alone. llama.cpp wants the first, and finds the others by their
names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from refsheet_tui.engine.gguf_header import GgufHeader, read_header
from refsheet_tui.errors import WeightsError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import one_line

_PART_NAME = re.compile(
    r"(?P<stem>.+)-(?P<number>[0-9]{5})-of-(?P<count>[0-9]{5})\.gguf", re.DOTALL
)
# A name may announce 99,999 parts; the largest models have a few dozen.
_MAX_PARTS = 1000
_KEEP_TOGETHER = N_("Keep all parts of a download in one folder, with their original names.")
# These tensors are as wide as the model, so they give away a part of a model of another size.
_MODEL_WIDTH_TENSORS = ("token_embd.weight", "attn_norm.weight")


def part_names(name: str) -> tuple[str, ...]:
    """Return the names of all parts of the model that the file `name` is a part of, in order.

    If `name` is not the name of a part, it is returned alone.
    """
    match = _PART_NAME.fullmatch(name)
    if match is None:
        return (name,)
    number, count = int(match["number"]), int(match["count"])
    if not 1 <= number <= count <= _MAX_PARTS:
        return (name,)
    return tuple(f"{match['stem']}-{each:05d}-of-{count:05d}.gguf" for each in range(1, count + 1))


def model_parts(path: Path) -> tuple[Path, ...]:
    """Return all files of the model that `path` is a part of, in order.

    Missing parts are included. A model that was never split has one file, with any name.
    """
    names = part_names(path.name)
    if len(names) == 1 or _is_whole_model(path):
        return (path,)
    return tuple(path.with_name(name) for name in names)


def model_size(path: Path) -> int:
    """Return the bytes of all parts of the model that `path` is a part of. Raises `OSError`."""
    return sum(part.stat().st_size for part in model_parts(path))


def missing_part_error(part: Path, parts: Iterable[Path]) -> WeightsError:
    """Return an error for the missing `part`, one of `parts`."""
    return WeightsError(
        _("{file}, one of the {count} parts of this model, is missing.").format(
            file=printable_path(part), count=len(tuple(parts))
        ),
        _("Put it in the same folder as the other parts, or download it again."),
    )


def join_parts(headers: Mapping[Path, GgufHeader]) -> GgufHeader:
    """Join the headers of a model's parts, in order: the metadata of the first, the tensors of all.

    Raises `WeightsError` naming a part that is not what its name says, or of another model.
    """
    for number, (path, header) in enumerate(headers.items(), 1):
        _check_part_number(path, header, number, len(headers))
    (first_path, first_header), *others = headers.items()
    tensors = dict(first_header.tensors)
    for path, header in others:
        _check_same_model(first_path, first_header, path, header)
        if not tensors.keys().isdisjoint(header.tensors):
            raise _different_models_error(path, first_path)
        tensors.update(header.tensors)
    expected_count = first_header.get_integer("split.tensors.count")
    if others and expected_count and len(tensors) != expected_count:
        raise WeightsError(
            _("The parts of {file} contain {found} tensors instead of {wanted}.").format(
                file=printable_path(first_path), found=len(tensors), wanted=expected_count
            ),
            _("Download all parts again."),
        )
    return replace(first_header, tensors=tensors)


def _is_whole_model(path: Path) -> bool:
    """Return whether the file says that it is a whole model, although it has the name of a part."""
    try:
        return read_header(path).get_integer("split.count") <= 1
    except (OSError, ValueError):  # its name is all there is to go by
        return False


def _check_part_number(path: Path, header: GgufHeader, number: int, count: int) -> None:
    actual_number, actual_count = (
        header.get_integer("split.no") + 1,
        max(1, header.get_integer("split.count")),
    )
    if (actual_number, actual_count) == (number, count):
        return
    if count == 1:
        raise WeightsError(
            _(
                "{file} is part {number} of {count} of a model, but its name doesn't say "
                "so, so the other parts can't be found."
            ).format(file=printable_path(path), number=actual_number, count=actual_count),
            _("Rename the parts to {first}, and so on.").format(
                first=f"NAME-00001-of-{actual_count:05d}.gguf"
            ),
        )
    raise WeightsError(
        _("{file} is named as part {number} of {count} but is part {found} of {of}.").format(
            file=printable_path(path),
            number=number,
            count=count,
            found=actual_number,
            of=actual_count,
        ),
        _(_KEEP_TOGETHER),
    )


def _check_same_model(
    first_path: Path, first_header: GgufHeader, path: Path, header: GgufHeader
) -> None:
    """Compare what both parts say. Most parts but the first say little."""
    for key in ("general.architecture", "general.name", "split.tensors.count"):
        value = header.metadata.get(key)
        if value is not None and value != first_header.metadata.get(key):
            raise _different_models_error(path, first_path)
    width = first_header.get_integer(
        f"{first_header.get_text('general.architecture')}.embedding_length"
    )
    for name, tensor in header.tensors.items():
        if name.endswith(_MODEL_WIDTH_TENSORS) and tensor.shape[:1] != (width,):
            raise _different_models_error(path, first_path)


def _different_models_error(path: Path, first_path: Path) -> WeightsError:
    return WeightsError(
        _("{file} and {first} are parts of different models.").format(
            file=printable_path(path), first=printable_path(first_path)
        ),
        _(_KEEP_TOGETHER),
    )


def printable_path(path: Path) -> str:
    """Return `path` as one line without control characters."""
    return one_line(str(path))
