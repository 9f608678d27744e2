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

_NAME = re.compile(r"(?P<stem>.+)-(?P<number>[0-9]{5})-of-(?P<count>[0-9]{5})\.gguf", re.DOTALL)
# A name may announce 99,999 parts; the largest models have some dozen.
_MOST = 1000
_TOGETHER = N_("Keep all parts of one download in one folder, under the names they came with.")
# In every layer as wide as the model: a part of a model of another size shows there.
_AS_WIDE_AS_THE_MODEL = ("token_embd.weight", "attn_norm.weight")


def part_names(name: str) -> tuple[str, ...]:
    """Return the names of all parts of the model that the file `name` is a part of, in order.

    A name that is not a part's comes back alone.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        return (name,)
    number, count = int(found["number"]), int(found["count"])
    if not 1 <= number <= count <= _MOST:
        return (name,)
    return tuple(f"{found['stem']}-{each:05d}-of-{count:05d}.gguf" for each in range(1, count + 1))


def model_parts(path: Path) -> tuple[Path, ...]:
    """Return all files of the model that `path` is a part of, in order.

    Parts that are missing are among them. A model that was never split is its one file, whatever
    it is called.
    """
    names = part_names(path.name)
    if len(names) == 1 or _is_whole_model(path):
        return (path,)
    return tuple(path.with_name(name) for name in names)


def model_size(path: Path) -> int:
    """Return the bytes of all parts of the model that `path` is a part of. Raises `OSError`."""
    return sum(part.stat().st_size for part in model_parts(path))


def missing_part(part: Path, parts: Iterable[Path]) -> WeightsError:
    """Return the error that names `part`, which is not there, as one of `parts`."""
    return WeightsError(
        _("{file} is missing: it is one of the {count} parts of this model.").format(
            file=_shown(part), count=len(tuple(parts))
        ),
        _("Put it beside the other parts, or download it again."),
    )


def join_parts(heads: Mapping[Path, GgufHeader]) -> GgufHeader:
    """Return the head of the model whose parts, in order, have these heads: the metadata of the
    first, the tensors of all.

    Raises `WeightsError` naming a part that is not what its name says, or of another model.
    """
    for number, (path, head) in enumerate(heads.items(), 1):
        _check_number(path, head, number, len(heads))
    (first, model), *others = heads.items()
    tensors = dict(model.tensors)
    for path, head in others:
        _check_same_model(first, model, path, head)
        if not tensors.keys().isdisjoint(head.tensors):
            raise _of_another_model(path, first)
        tensors.update(head.tensors)
    wanted = model.number("split.tensors.count")
    if others and wanted and len(tensors) != wanted:
        raise WeightsError(
            _("The parts of {file} have {found} tensors in all instead of {wanted}.").format(
                file=_shown(first), found=len(tensors), wanted=wanted
            ),
            _("Download all parts again."),
        )
    return replace(model, tensors=tensors)


def _is_whole_model(path: Path) -> bool:
    """Whether the file says that it is no part, although it is called like one."""
    try:
        return read_header(path).number("split.count") <= 1
    except (OSError, ValueError):  # its name is all there is to go by
        return False


def _check_number(path: Path, head: GgufHeader, number: int, count: int) -> None:
    found, found_count = head.number("split.no") + 1, max(1, head.number("split.count"))
    if (found, found_count) == (number, count):
        return
    if count == 1:
        raise WeightsError(
            _(
                "{file} is part {number} of {count} of a model, but its name does not say so: the "
                "other parts can't be found."
            ).format(file=_shown(path), number=found, count=found_count),
            _("Rename the parts to {first} and so on.").format(
                first=f"NAME-00001-of-{found_count:05d}.gguf"
            ),
        )
    raise WeightsError(
        _("{file} is named as part {number} of {count}, but it is part {found} of {of}.").format(
            file=_shown(path), number=number, count=count, found=found, of=found_count
        ),
        _(_TOGETHER),
    )


def _check_same_model(first: Path, model: GgufHeader, path: Path, head: GgufHeader) -> None:
    """Compare what both parts say; most parts but the first say little."""
    for key in ("general.architecture", "general.name", "split.tensors.count"):
        found = head.metadata.get(key)
        if found is not None and found != model.metadata.get(key):
            raise _of_another_model(path, first)
    width = model.number(f"{model.text('general.architecture')}.embedding_length")
    for name, tensor in head.tensors.items():
        if name.endswith(_AS_WIDE_AS_THE_MODEL) and tensor.shape[:1] != (width,):
            raise _of_another_model(path, first)


def _of_another_model(path: Path, first: Path) -> WeightsError:
    return WeightsError(
        _("{file} and {first} are parts of different models.").format(
            file=_shown(path), first=_shown(first)
        ),
        _(_TOGETHER),
    )


def _shown(path: Path) -> str:
    return one_line(str(path))
