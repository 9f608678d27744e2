"""Verifying the files says what they are."""

from __future__ import annotations

from pathlib import Path

from helpers.figures import Figures
from refsheet_tui.engine import LoadSettings
from refsheet_tui.engine.files import Files
from refsheet_tui.engine.parts import model_parts
from refsheet_tui.weights.content import Kept
from refsheet_tui.weights.findings import Verdict
from refsheet_tui.weights.record import Record
from refsheet_tui.weights.verify import Verification


def test_verify(
    load_settings: LoadSettings, files: Files, figures: Figures, tmp_path: Path
) -> None:
    def kept(path: Path) -> Kept:
        # Not beside the file, where nothing is to be written.
        return Kept(path, path.name, Record(tmp_path / "record.json"))

    mmproj, parts = load_settings.mmproj, model_parts(load_settings.model)
    model = [kept(part) for part in parts]
    report = Verification(model, kept(mmproj) if mmproj else None, lambda *_: None).run()
    for check in report.checks:
        name = f"verify: {check.file.name}, {check.name}"
        figures.add(name, check.finding.words, check.finding.verdict.value)
    assert report.is_good, report.bad
    assert {check.file for check in report.checks} == {*parts, mmproj} - {None}
    found = {check.name: check.finding for check in report.checks if check.file == parts[0]}
    assert {"format", "size", "content", "kind", "control tokens", "chat template"} <= set(found)
    assert f"{len(files.model.tensors)} tensors" in found["format"].words
    template = files.model.text("tokenizer.chat_template")
    assert (found["chat template"].verdict is Verdict.GOOD) == bool(template)
