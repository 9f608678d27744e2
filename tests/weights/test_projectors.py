"""The projector that is found beside a model of the user."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFWriter

from refsheet_tui.config import NO_PROJECTOR, Config, load_config
from refsheet_tui.engine import check_model_files
from refsheet_tui.engine.gguf_header import read_header
from refsheet_tui.errors import WeightsError
from refsheet_tui.paths import config_dir, demo_mmproj, demo_model
from refsheet_tui.weights import ModelChoice, ModelStore, build_load_settings, choose_model

WIDTH = read_header(demo_model()).get_integer("gemma3.embedding_length")


def own_model(folder: Path, *projectors: str) -> Path:
    """Write a model, and projectors that fit it, into a folder."""
    model = folder / "mine.gguf"
    shutil.copy(demo_model(), model)
    for name in projectors:
        shutil.copy(demo_mmproj(), folder / name)
    return model


def projector(path: Path, *, width: int = WIDTH, file_type: int | None = None) -> Path:
    writer = GGUFWriter(path, "clip")
    writer.add_string("clip.projector_type", "gemma3")
    if file_type is not None:
        writer.add_file_type(file_type)
    writer.add_tensor("mm.input_projection.weight", np.zeros((8, width), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def choose(model: Path, mmproj: Path | None = None) -> ModelChoice:
    return choose_model(str(model), mmproj, ModelStore(model.parent / "models"))


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["mmproj.gguf"], "mmproj.gguf"),
        (["MMPROJ-Mine.GGUF"], "MMPROJ-Mine.GGUF"),
        (["mmproj-BF16.gguf", "mmproj-F16.gguf", "mmproj-F32.gguf"], "mmproj-F16.gguf"),
        (["mmproj-mine-f32.gguf", "mmproj-mine-bf16.gguf"], "mmproj-mine-bf16.gguf"),
        (["mmproj-Q8_0.gguf", "mmproj-F32.gguf"], "mmproj-F32.gguf"),
        (["mine.mmproj-fp16.gguf", "mmproj-bf16.gguf"], "mine.mmproj-fp16.gguf"),
    ],
)
def test_the_best_projector_is_taken(tmp_path: Path, names: list[str], chosen: str) -> None:
    choice = choose(own_model(tmp_path, *names))
    assert (choice.mmproj, choice.notice) == (tmp_path / chosen, "")


def test_a_name_that_does_not_say_the_precision_is_opened(tmp_path: Path) -> None:
    model = own_model(tmp_path)
    projector(tmp_path / "mmproj-a.gguf", file_type=0)
    best = projector(tmp_path / "mmproj-b.gguf", file_type=1)
    projector(tmp_path / "mmproj-c.gguf", file_type=32)
    assert choose(model).mmproj == best


def test_only_what_fits_is_compared(tmp_path: Path) -> None:
    model = own_model(tmp_path, "mmproj-mine-Q8_0.gguf")
    projector(tmp_path / "mmproj-other-f16.gguf", width=WIDTH + 8)
    (tmp_path / "mmproj-cut-f16.gguf").write_bytes(demo_mmproj().read_bytes()[:-1])
    choice = choose(model)
    assert (choice.mmproj, choice.notice) == (tmp_path / "mmproj-mine-Q8_0.gguf", "")


def test_what_does_not_decide_is_named(tmp_path: Path) -> None:
    choice = choose(own_model(tmp_path, "mmproj-a-f16.gguf", "mmproj-b-f16.gguf"))
    assert choice.mmproj is None
    assert "mmproj-a-f16.gguf, mmproj-b-f16.gguf" in choice.notice
    assert "Until you choose one as its vision projector (mmproj)" in choice.notice


@pytest.mark.parametrize("kind", ["wide", "cut", "empty", "text model", "not GGUF"])
def test_a_found_projector_that_does_not_fit_is_left_out(tmp_path: Path, kind: str) -> None:
    model, mmproj = own_model(tmp_path), tmp_path / "mmproj-bad.gguf"
    if kind == "wide":
        projector(mmproj, width=WIDTH + 8)
    elif kind == "text model":
        shutil.copy(demo_model(), mmproj)
    else:
        data = {"cut": demo_mmproj().read_bytes()[:-1], "empty": b"", "not GGUF": b"hello" * 9}
        mmproj.write_bytes(data[kind])
    choice = choose(model)
    assert choice.mmproj is None
    assert choice.notice.startswith("No vision projector in the folder fits mine.gguf")
    assert str(mmproj) in choice.notice
    notices: list[str] = []
    settings = build_load_settings(Config(model=str(model)), notices.append)
    assert settings.mmproj is None and notices == [choice.notice]
    check_model_files(settings)
    named = build_load_settings(Config(model=str(model), mmproj=mmproj))
    with pytest.raises(WeightsError, match="mmproj-bad"):
        check_model_files(named)


@pytest.mark.parametrize("value", ["none", "None", "NONE"])
def test_none_is_text_only(tmp_path: Path, value: str) -> None:
    model = own_model(tmp_path, "mmproj-f16.gguf")
    config_dir().mkdir(parents=True, exist_ok=True)
    (config_dir() / "config.yaml").write_text(f"model: {model}\nmmproj: {value}\n")
    config = load_config(None)
    assert config.mmproj == NO_PROJECTOR
    assert build_load_settings(config).mmproj is None
    for name in ("demo", str(model)):
        assert choose_model(name, Path(value), ModelStore(tmp_path)).mmproj is None


def test_a_model_that_can_not_be_read_is_reported_when_it_is_loaded(tmp_path: Path) -> None:
    model = own_model(tmp_path, "mmproj-f16.gguf")
    model.write_bytes(b"GGUF")
    assert choose(model).mmproj == tmp_path / "mmproj-f16.gguf"
