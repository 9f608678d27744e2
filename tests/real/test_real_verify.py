"""Verification recognizes the files."""

from __future__ import annotations

from pathlib import Path

from helpers.figures import Figures
from refsheet_tui.engine import LoadSettings
from refsheet_tui.engine.file_checks import CheckedFiles
from refsheet_tui.engine.split_files import model_parts
from refsheet_tui.weights.findings import CheckResult
from refsheet_tui.weights.local_file import LocalFile
from refsheet_tui.weights.manifest import Manifest
from refsheet_tui.weights.verify import Verification


def test_verify(
    load_settings: LoadSettings, files: CheckedFiles, figures: Figures, tmp_path: Path
) -> None:
    def local_file(path: Path) -> LocalFile:
        # Nothing may be written beside the file.
        return LocalFile(path, path.name, Manifest(tmp_path / "record.json"))

    mmproj, parts = load_settings.mmproj, model_parts(load_settings.model)
    model = [local_file(part) for part in parts]
    report = Verification(model, local_file(mmproj) if mmproj else None, lambda *_: None).run()
    for check in report.checks:
        name = f"verify: {check.file.name}, {check.name}"
        figures.add(name, check.finding.message, check.finding.result.value)
    assert report.is_good, report.failures
    assert {check.file for check in report.checks} == {*parts, mmproj} - {None}
    found = {check.name: check.finding for check in report.checks if check.file == parts[0]}
    assert {"format", "size", "content", "kind", "control tokens", "chat template"} <= set(found)
    assert f"{len(files.model_header.tensors)} tensors" in found["format"].message
    template = files.model_header.get_text("tokenizer.chat_template")
    assert (found["chat template"].result is CheckResult.GOOD) == bool(template)
