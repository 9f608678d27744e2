"""Verifying that the files of a model are complete, right, and belong together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from refsheet_tui.engine import (
    GgufHeader,
    check_embedding_width,
    check_mmproj_header,
    check_model_header,
    join_parts,
    read_mmproj_header,
    read_part_header,
)
from refsheet_tui.errors import WeightsError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights.findings import Check, CheckResult, Finding, VerificationReport
from refsheet_tui.weights.local_file import LocalFile, check_sha256, check_size, check_unchanged
from refsheet_tui.weights.vocabulary import check_template, check_tokens, check_tuning

ProgressCallback = Callable[[Path, int], None]
"""Is called with a file and the number of bytes that were read of it; may raise to stop."""


class Verification:
    """The verification of one model and its projector, one check after the other."""

    def __init__(
        self, parts: Sequence[LocalFile], mmproj: LocalFile | None, progress: ProgressCallback
    ) -> None:
        """Prepare a verification.

        `parts` are all files of the text model in order, including missing ones. `mmproj` is None
        for a text-only model.
        """
        self._parts = parts
        self._model = parts[0].path
        self._mmproj = mmproj
        self._progress = progress
        self._checks: list[Check] = []

    def run(self, *, quick: bool = False) -> VerificationReport:
        """Check everything, and return a report.

        `quick` skips the checksums, and takes less than a second. Every problem with the files is
        in the report; only what `progress` raises is raised.
        """
        self._checks = []
        model = self._join_model(quick=quick)
        if model is not None and not self._check_kind(self._model, model, check_model_header):
            model = None
        if model is not None:
            self._check_vocabulary(model)
        if self._mmproj is not None:
            path = self._mmproj.path
            mmproj = self._read_header(self._mmproj, read_mmproj_header, quick=quick)
            if (
                mmproj is not None
                and self._check_kind(path, mmproj, check_mmproj_header)
                and model is not None
            ):
                self._check_width(model, mmproj, path)
        return VerificationReport(tuple(self._checks))

    def _join_model(self, *, quick: bool) -> GgufHeader | None:
        """Return the header of the model; None unless all parts are good and belong together."""
        parts = [local_file.path for local_file in self._parts]
        headers = {
            local_file.path: self._read_header(
                local_file, lambda path: read_part_header(path, parts), quick=quick
            )
            for local_file in self._parts
        }
        readable_headers = {path: header for path, header in headers.items() if header is not None}
        if len(readable_headers) < len(headers):
            return None
        try:
            model = join_parts(readable_headers)
        except WeightsError as error:
            self._add_check(self._model, N_("parts"), _failure(error))
            return None
        if len(readable_headers) > 1:
            message = _("all {count} parts present, {tensors} tensors")
            finding = Finding(
                message.format(count=len(readable_headers), tensors=len(model.tensors))
            )
            self._add_check(self._model, N_("parts"), finding)
        return model

    def _read_header(
        self, local_file: LocalFile, read_header: Callable[[Path], GgufHeader], *, quick: bool
    ) -> GgufHeader | None:
        """Check the format, the size and the content of a file.

        Return its header, or None if it can't be read.
        """
        path = local_file.path
        try:
            header = read_header(path)
        except WeightsError as error:
            self._add_check(path, N_("format"), _failure(error))
            return None
        is_part = header.get_integer("split.count") > 1
        message = (
            _("GGUF, all {count} tensors of this part present")
            if is_part
            else _("GGUF, all {count} tensors present")
        )
        self._add_check(path, N_("format"), Finding(message.format(count=len(header.tensors))))
        self._run_check(path, N_("size"), lambda: check_size(local_file))
        if quick:
            self._run_check(path, N_("content"), lambda: check_unchanged(local_file))
        else:
            progress = self._progress
            self._run_check(
                path,
                N_("content"),
                lambda: check_sha256(local_file, lambda count: progress(path, count)),
            )
        return header

    def _check_kind(
        self, path: Path, header: GgufHeader, check: Callable[[GgufHeader, Path], None]
    ) -> bool:
        """Check that a file is of the right kind. Return False if more checks make no sense."""

        def check_header() -> Finding:
            check(header, path)
            name = header.get_text("general.name") or header.get_text("general.architecture")
            return Finding(one_line(name))

        return self._run_check(path, N_("kind"), check_header)

    def _check_vocabulary(self, model: GgufHeader) -> None:
        path, sees_pictures = self._model, self._mmproj is not None
        self._run_check(
            path,
            N_("control tokens"),
            lambda: check_tokens(path, model, sees_pictures=sees_pictures),
        )
        self._run_check(path, N_("chat template"), lambda: check_template(model))
        self._run_check(path, N_("tuning"), lambda: check_tuning(model, path))

    def _check_width(self, model: GgufHeader, mmproj: GgufHeader, path: Path) -> None:
        def check_width() -> Finding:
            check_embedding_width(model, mmproj, self._model, path)
            return Finding(_("matches {file}").format(file=one_line(self._model.name)))

        self._run_check(path, N_("width"), check_width)

    def _run_check(self, file: Path, name: str, check: Callable[[], Finding]) -> bool:
        """Make a check, and add it to the report. Return False if it failed."""
        try:
            finding = check()
        except WeightsError as error:
            finding = _failure(error)
        except OSError as error:
            finding = Finding(
                _("Can't read the file: {reason}.").format(reason=error.strerror),
                CheckResult.BAD,
                _("Check the file's permissions."),
            )
        self._add_check(file, name, finding)
        return finding.result is not CheckResult.BAD

    def _add_check(self, file: Path, name: str, finding: Finding) -> None:
        self._checks.append(Check(file, name, finding))


def _failure(error: WeightsError) -> Finding:
    return Finding(error.problem, CheckResult.BAD, error.remedy)
