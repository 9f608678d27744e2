"""Are these files whole, and do they belong together? One question after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from refsheet_tui.engine.files import (
    check_mmproj,
    check_model,
    check_width,
    read_mmproj,
    read_part,
)
from refsheet_tui.engine.gguf_header import GgufHeader
from refsheet_tui.engine.parts import join_parts
from refsheet_tui.errors import WeightsError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights.content import Kept, check_size, check_sum, check_unchanged
from refsheet_tui.weights.findings import Check, Finding, Report, Verdict
from refsheet_tui.weights.vocabulary import check_template, check_tokens, check_tuning

Progress = Callable[[Path, int], None]
"""Is told a file, and how many more of its bytes were summed up; stops it by raising."""


class Verification:
    """Of one model, and of the projector that belongs to it."""

    def __init__(self, parts: Sequence[Kept], mmproj: Kept | None, progress: Progress) -> None:
        """`parts` are all files of the model in order, also those that are missing."""
        self._parts = parts
        self._model = parts[0].path
        self._mmproj = mmproj
        self._progress = progress
        self._checks: list[Check] = []

    def run(self, *, quick: bool = False) -> Report:
        """Quick: what can be seen without reading the files as a whole, in less than a second.

        Whatever is wrong with the files is in the report; raises only what `progress` raises.
        """
        self._checks = []
        model = self._whole_model(quick=quick)
        if model is not None and not self._kind(self._model, model, check_model):
            model = None
        if model is not None:
            self._vocabulary(model)
        if self._mmproj is not None:
            path = self._mmproj.path
            mmproj = self._header(self._mmproj, read_mmproj, quick=quick)
            if mmproj is not None and self._kind(path, mmproj, check_mmproj) and model is not None:
                self._width(model, mmproj, path)
        return Report(tuple(self._checks))

    def _whole_model(self, *, quick: bool) -> GgufHeader | None:
        """The head of the model, where all parts are whole and belong together."""
        parts = [kept.path for kept in self._parts]
        heads = {
            kept.path: self._header(kept, lambda path: read_part(path, parts), quick=quick)
            for kept in self._parts
        }
        found = {path: head for path, head in heads.items() if head is not None}
        if len(found) < len(heads):
            return None
        try:
            model = join_parts(found)
        except WeightsError as error:
            self._add(self._model, N_("parts"), _bad(error))
            return None
        if len(found) > 1:
            words = _("all {count} parts, {tensors} tensors")
            finding = Finding(words.format(count=len(found), tensors=len(model.tensors)))
            self._add(self._model, N_("parts"), finding)
        return model

    def _header(
        self, kept: Kept, read: Callable[[Path], GgufHeader], *, quick: bool
    ) -> GgufHeader | None:
        """The head of a file that is whole as far as it can be read."""
        path = kept.path
        try:
            header = read(path)
        except WeightsError as error:
            self._add(path, N_("format"), _bad(error))
            return None
        is_part = header.number("split.count") > 1
        there = (
            _("GGUF, all {count} tensors of this part there")
            if is_part
            else _("GGUF, all {count} tensors there")
        )
        self._add(path, N_("format"), Finding(there.format(count=len(header.tensors))))
        self._ask(path, N_("size"), lambda: check_size(kept))
        if quick:
            self._ask(path, N_("content"), lambda: check_unchanged(kept))
        else:
            told = self._progress
            self._ask(path, N_("content"), lambda: check_sum(kept, lambda count: told(path, count)))
        return header

    def _kind(
        self, path: Path, header: GgufHeader, check: Callable[[GgufHeader, Path], None]
    ) -> bool:
        """Whether it is worth looking into further."""

        def kind() -> Finding:
            check(header, path)
            name = header.text("general.name") or header.text("general.architecture")
            return Finding(one_line(name))

        return self._ask(path, N_("kind"), kind)

    def _vocabulary(self, model: GgufHeader) -> None:
        path, sees = self._model, self._mmproj is not None
        self._ask(path, N_("control tokens"), lambda: check_tokens(path, model, sees_pictures=sees))
        self._ask(path, N_("chat template"), lambda: check_template(model))
        self._ask(path, N_("tuning"), lambda: check_tuning(model, path))

    def _width(self, model: GgufHeader, mmproj: GgufHeader, path: Path) -> None:
        def belongs() -> Finding:
            check_width(model, mmproj, self._model, path)
            return Finding(_("that of {file}").format(file=one_line(self._model.name)))

        self._ask(path, N_("width"), belongs)

    def _ask(self, file: Path, name: str, check: Callable[[], Finding]) -> bool:
        """Whether the answer is a good one."""
        try:
            finding = check()
        except WeightsError as error:
            finding = _bad(error)
        except OSError as error:
            finding = Finding(
                _("It can't be read: {reason}.").format(reason=error.strerror),
                Verdict.BAD,
                _("Check its permissions."),
            )
        self._add(file, name, finding)
        return finding.verdict is not Verdict.BAD

    def _add(self, file: Path, name: str, finding: Finding) -> None:
        self._checks.append(Check(file, name, finding))


def _bad(error: WeightsError) -> Finding:
    return Finding(error.problem, Verdict.BAD, error.remedy)
