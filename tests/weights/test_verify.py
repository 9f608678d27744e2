"""`verify` finds everything that is wrong with model files, and names what is right."""

from __future__ import annotations

import random
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFWriter

from helpers.engine_driver import retype
from helpers.hub_server import HubServer
from helpers.pretrained_model import pretrained_model
from helpers.small_models import demo_entry, fetch, verify_files
from helpers.split_model import split_model
from refsheet_tui.paths import demo_mmproj, demo_model
from refsheet_tui.weights.findings import CheckResult, VerificationReport
from refsheet_tui.weights.local_file import LocalFile
from refsheet_tui.weights.model_store import ModelStore
from refsheet_tui.weights.verify import Verification

HEAD_ALONE = (0, 40, 40)
GOOD, NOTED, BAD = CheckResult.GOOD, CheckResult.NOTED, CheckResult.BAD


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Return copies of the demo's files, which neither the catalog nor a manifest knows."""
    folder = tmp_path / "mine"
    folder.mkdir()
    copies = [Path(shutil.copy(path, folder)) for path in (demo_model(), demo_mmproj())]
    return copies[0], copies[1]


def verdicts(report: VerificationReport, file: Path) -> dict[str, CheckResult]:
    return {check.name: check.finding.result for check in report.checks if check.file == file}


def words(report: VerificationReport, name: str) -> str:
    return next(check.finding.message for check in report.checks if check.name == name)


def test_each_check_of_a_downloaded_model_is_named(hub: HubServer, store: ModelStore) -> None:
    entry = demo_entry()
    fetch(entry, store)
    assert entry.projector is not None
    model, mmproj = store.local_file(entry.model), store.local_file(entry.projector)
    report = Verification([model], mmproj, lambda path, count: None).run()
    assert verdicts(report, model.path) == {
        "format": GOOD,
        "size": GOOD,
        "content": GOOD,
        "kind": GOOD,
        "control tokens": GOOD,
        "chat template": GOOD,
        "tuning": GOOD,
    }
    assert verdicts(report, mmproj.path) == {
        "format": GOOD,
        "size": GOOD,
        "content": GOOD,
        "kind": GOOD,
        "width": GOOD,
    }
    assert "matches the catalog" in words(report, "content")


def test_a_file_that_nobody_has_described_is_recorded_on_first_sight(
    pair: tuple[Path, Path],
) -> None:
    model, mmproj = pair
    first = verify_files(model, mmproj)
    assert first.is_good
    assert verdicts(first, model)["content"] is NOTED
    assert "no published checksum" in words(first, "content")
    known = LocalFile.outside_store(model).manifest_entry
    assert known is not None and known.source == "first sight"
    assert sorted(path.name for path in model.parent.iterdir()) == [mmproj.name, model.name]
    assert verdicts(verify_files(model, quick=True), model)["content"] is GOOD


def test_what_was_recorded_on_first_sight_counts_from_then_on(pair: tuple[Path, Path]) -> None:
    model, _ = pair
    verify_files(model)
    flip(model, bit=8 * 1_000_000)
    report = verify_files(model)
    assert verdicts(report, model)["content"] is BAD
    assert not report.is_good


def flip(path: Path, bit: int) -> None:
    with path.open("r+b") as file:
        file.seek(bit // 8)
        byte = file.read(1)[0]
        file.seek(bit // 8)
        file.write(bytes([byte ^ 1 << bit % 8]))


@pytest.mark.parametrize("seed", range(40))
def test_a_bit_flipped_anywhere_is_found(pair: tuple[Path, Path], seed: int) -> None:
    """Half of the flipped bits are in the header, which is the part that is parsed."""
    model, _ = pair
    verify_files(model)
    end = 8 * (40_000 if seed % 2 else model.stat().st_size)
    flip(model, random.Random(seed).randrange(end))
    assert not verify_files(model).is_good


def test_a_change_is_noted_by_a_quick_look_too(pair: tuple[Path, Path]) -> None:
    model, _ = pair
    verify_files(model)
    flip(model, bit=8 * 1_000_000)
    report = verify_files(model, quick=True)
    assert words(report, "content") == "changed since the checksum was verified"


def test_a_file_that_is_too_short_or_too_long(pair: tuple[Path, Path]) -> None:
    model, _ = pair
    verify_files(model)
    with model.open("ab") as file:
        file.write(b"more")
    assert "bytes instead of" in words(verify_files(model, quick=True), "size")
    with model.open("r+b") as file:
        file.truncate(1_000_000)
    assert "is incomplete: the end is missing" in words(verify_files(model, quick=True), "format")


@pytest.mark.parametrize("kind", [1, 4], ids=["normal", "user defined"])
def test_turn_tokens_that_are_typed_as_text_are_noted(pair: tuple[Path, Path], kind: int) -> None:
    model, _ = pair
    retype(model, "<start_of_turn>", kind)
    report = verify_files(model)
    assert verdicts(report, model)["control tokens"] is NOTED
    assert "<start_of_turn> are marked as plain text" in words(report, "control tokens")


def write_model(path: Path, tokens: list[str] | None, template: str = "") -> Path:
    """Write a file that claims to be a Gemma 3 model."""
    writer = GGUFWriter(path, "gemma3")
    writer.add_embedding_length(64)
    if tokens is not None:
        writer.add_token_list(tokens)
        writer.add_token_types([3] * len(tokens))
    if template:
        writer.add_chat_template(template)
    writer.add_tensor("token_embd.weight", np.zeros((8, 64), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


TURNS = ["<bos>", "<start_of_turn>", "<end_of_turn>"]


def test_a_tokenizer_without_turns(tmp_path: Path) -> None:
    model = write_model(tmp_path / "a.gguf", TURNS[:2])
    assert "is missing <end_of_turn>" in words(verify_files(model), "control tokens")
    none = write_model(tmp_path / "b.gguf", None)
    assert "no tokenizer" in words(verify_files(none), "control tokens")


def test_a_chat_template_of_another_model(tmp_path: Path) -> None:
    model = write_model(tmp_path / "a.gguf", TURNS, "{{ '<|im_start|>' }}")
    report = verify_files(model)
    assert verdicts(report, model)["chat template"] is BAD
    bare = write_model(tmp_path / "b.gguf", TURNS)
    assert verdicts(verify_files(bare), bare)["chat template"] is NOTED


def test_a_model_that_is_not_tuned_is_named_and_is_no_bad_file(tmp_path: Path) -> None:
    model = pretrained_model(tmp_path / "gemma-3-270m.gguf")
    report = verify_files(model)
    assert report.is_good
    assert verdicts(report, model)["tuning"] is NOTED
    assert "gemma-3-270m.gguf isn't instruction-tuned: it continues" in words(report, "tuning")
    tuned = pretrained_model(tmp_path / "gemma-3-270m-it.gguf")
    assert words(verify_files(tuned), "tuning") == "instruction-tuned"


def test_a_projector_of_another_width(tmp_path: Path) -> None:
    model = write_model(tmp_path / "a.gguf", [*TURNS, "<start_of_image>", "<end_of_image>"])
    report = verify_files(model, demo_mmproj())
    assert verdicts(report, demo_mmproj())["width"] is BAD
    assert "belongs to another model" in words(report, "width")


def test_two_files_in_the_wrong_order(pair: tuple[Path, Path]) -> None:
    model, mmproj = pair
    report = verify_files(mmproj, model)
    assert "is a vision projector (mmproj), not a model" in words(report, "kind")
    assert not report.is_good


@pytest.mark.parametrize("content", [b"", b"GGUF", b"PK\x03\x04" * 999], ids=["0", "4", "zip"])
def test_what_is_no_model_at_all(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.gguf"
    path.write_bytes(content)
    assert [check.name for check in verify_files(path).failures] == ["format"]


def test_every_part_is_checked_whichever_is_given(tmp_path: Path) -> None:
    parts = split_model(tmp_path / "split", HEAD_ALONE)
    for part in parts:
        report = verify_files(part, demo_mmproj())
        assert report.is_good
        for each in parts:
            assert {"format", "size", "content"} <= verdicts(report, each).keys()
        assert words(report, "format") == "GGUF, all 0 tensors of this part present"
        assert words(report, "parts") == "all 3 parts present, 80 tensors"
        assert verdicts(report, parts[0])["control tokens"] is GOOD
        assert verdicts(report, demo_mmproj())["width"] is GOOD
    assert sorted((tmp_path / "split").iterdir()) == parts, "nothing is written beside them"


def test_a_missing_part_is_named_and_the_others_are_checked(tmp_path: Path) -> None:
    parts = split_model(tmp_path, HEAD_ALONE)
    parts[1].unlink()
    for part in parts:
        report = verify_files(part)
        (bad,) = report.failures
        assert bad.file == parts[1]
        assert (
            "demo-00002-of-00003.gguf, one of the 3 parts of this model, is missing"
            in bad.finding.message
        )
        assert verdicts(report, parts[2])["content"] is not BAD


def test_a_part_of_another_model_is_named(tmp_path: Path) -> None:
    parts = split_model(tmp_path, HEAD_ALONE)
    shutil.copy(split_model(tmp_path / "other", (1, 50, 29))[2], parts[2])
    report = verify_files(parts[2])
    assert verdicts(report, parts[0])["parts"] is BAD
    assert not report.is_good


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_bit_flipped_in_any_part_is_found(tmp_path: Path, number: int) -> None:
    parts = split_model(tmp_path, HEAD_ALONE)
    verify_files(parts[0])
    flip(parts[number], bit=8 * (parts[number].stat().st_size - 40))
    assert {check.file for check in verify_files(parts[0]).failures} == {parts[number]}


def test_nothing_is_written_into_the_folder_of_another_program(tmp_path: Path) -> None:
    """The hub's cache has files by their checksums, and a folder of links for each revision."""
    blobs, snapshot = tmp_path / "hub" / "blobs", tmp_path / "hub" / "snapshots" / ("f" * 40)
    snapshot.mkdir(parents=True)
    for number, part in enumerate(split_model(blobs, HEAD_ALONE)):
        (snapshot / part.name).symlink_to(part.rename(blobs / f"{number:064x}"))
    before = sorted((tmp_path / "hub").rglob("*"))
    second = snapshot / "demo-00002-of-00003.gguf"
    for quick in (False, True):
        report = verify_files(second, quick=quick)
        assert report.is_good
    assert sorted((tmp_path / "hub").rglob("*")) == before
    assert "unchanged since the checksum was verified" in words(report, "content"), (
        "and yet it is remembered"
    )


def test_files_of_one_name_in_two_folders_are_two_files(tmp_path: Path) -> None:
    other = "t\udce9\n" if sys.platform == "linux" else "two"  # macOS wants Unicode
    one, two = (tmp_path / name / "demo.gguf" for name in ("one", other))
    for path in (one, two):
        path.parent.mkdir()
        shutil.copy(demo_model(), path)
        verify_files(path)
    flip(two, bit=8 * 1_000_000)
    assert verify_files(one).is_good
    assert not verify_files(two).is_good


def test_a_folder_that_cannot_be_written_is_no_obstacle(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.replace", refuse)
    report = verify_files(pair[0])
    assert report.is_good
    assert "this result couldn't be saved" in words(report, "content")
