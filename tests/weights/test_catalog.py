"""The catalog: the program's own is complete, and the entries of the user are checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.split_model import split_model
from refsheet_tui.errors import ConfigError, WeightsError
from refsheet_tui.paths import config_dir, demo_mmproj
from refsheet_tui.weights.catalog import load_catalog
from refsheet_tui.weights.choice import ModelChoice, choose_model
from refsheet_tui.weights.model_store import ModelStore

SUM = "a" * 64


PARTS = """
models:
  mine:
    title: x
    model: {{repository: a/b, file: sub/x-0000{first}-of-0000{count}.gguf, bytes: 5}}
    more_parts:
      - {{repository: a/b, file: sub/x-0000{second}-of-0000{count}.gguf, bytes: 7}}
"""


def own(text: str) -> Path:
    config_dir().mkdir(parents=True, exist_ok=True)
    file = config_dir() / "catalog.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_size_is_there_with_its_sum_and_its_licence() -> None:
    catalog = load_catalog()
    assert catalog.default == "4b"
    assert {name.split("-")[0] for name in catalog.models} == {"270m", "1b", "4b", "12b", "27b"}
    for entry in catalog.models.values():
        assert all(file.sha256 for file in entry.files)
        assert catalog.licence_of(entry) is not None
        assert entry.shape in catalog.shapes
    sighted = {name for name, entry in catalog.models.items() if entry.projector}
    assert set(catalog.models) - sighted == {"270m", "1b"}
    assert all(entry.instead for entry in catalog.models.values() if entry.gated)


def test_the_default_is_the_quantization_aware_4b_with_an_f16_projector() -> None:
    entry = load_catalog().get_entry("4b")
    assert entry.model.file == "gemma-3-4b-it-qat-Q4_0.gguf"
    assert entry.projector is not None and entry.projector.file == "mmproj-model-f16.gguf"
    assert entry.size == 2_526_080_992 + 851_251_104


def test_a_person_adds_models_and_replaces_ours() -> None:
    own(
        "default: mine\n"
        "models:\n"
        "  mine:\n"
        "    title: My own\n"
        "    shape: 4b\n"
        f"    model: {{repository: me/mine, file: sub/mine.gguf, sha256: {SUM}}}\n"
        "  1b:\n"
        "    title: Another 1B\n"
        "    model: {repository: me/one, file: one.gguf}\n"
    )
    catalog = load_catalog()
    assert catalog.default == "mine"
    assert catalog.get_entry("mine").model.sha256 == SUM
    assert catalog.get_entry("1b").title == "Another 1B"
    assert catalog.get_entry("4b").title.startswith("Gemma 3 4B")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("default: nowhere\n", "unknown model nowhere"),
        ("models: {mine: {title: x}}\n", "model"),
        ("models: {mine: {title: x, model: {repository: me/x, file: ../x.gguf}}}\n", "file"),
        ("models: {mine: {title: x, model: {repository: ../.., file: x.gguf}}}\n", "repository"),
        ("models: {mine: {title: x, model: {repository: me/x, file: x.exe}}}\n", "file"),
        ("models: {demo: {title: x, model: {repository: me/x, file: x.gguf}}}\n", "demo"),
        ("models: {mine: {title: x, shape: 9b, model: {repository: a/b, file: x.gguf}}}\n", "9b"),
        ("models: [\n", "line"),
        (PARTS.format(first=1, second=3, count=3), "sub/x-00002-of-00003.gguf, sub/x-00003"),
        (PARTS.format(first=2, second=1, count=2), "first part, sub/x-00001-of-00002.gguf"),
        (
            PARTS.format(first=1, second=2, count=2).replace(
                "- {repository: a/b", "- {repository: a/c"
            ),
            "x-00002",
        ),
        (
            "models: {mine: {title: x, model: {repository: a/b, file: x-00001-of-00002.gguf}}}\n",
            "x-00002-of-00002",
        ),
        (
            "models: {mine: {title: x, model: {repository: a/b, file: x.gguf}, "
            "projector: {repository: a/b, file: mmproj-00001-of-00002.gguf}}}\n",
            "never split",
        ),
    ],
)
def test_a_mistake_in_it_is_named(text: str, problem: str) -> None:
    file = own(text)
    with pytest.raises(ConfigError) as caught:
        load_catalog()
    assert str(file) in caught.value.problem
    assert problem in str(caught.value)


def test_a_model_of_several_files_is_one_entry() -> None:
    own(PARTS.format(first=1, second=2, count=2))
    entry = load_catalog().get_entry("mine")
    assert [file.file for file in entry.files] == [
        "sub/x-00001-of-00002.gguf",
        "sub/x-00002-of-00002.gguf",
    ]
    assert entry.size == 12


def test_a_part_that_is_missing_is_named(tmp_path: Path) -> None:
    own(PARTS.format(first=1, second=2, count=2))
    store = ModelStore(tmp_path)
    first, second = map(store.file_path, load_catalog().get_entry("mine").files)
    first.parent.mkdir(parents=True)
    first.write_bytes(b"12345")
    with pytest.raises(WeightsError, match=r"mine is incomplete: sub/x-00002-of-00002\.gguf is"):
        choose_model("mine", None, store)
    second.write_bytes(b"1234567")
    assert choose_model("mine", None, store).model == first


def test_any_part_of_a_file_of_one_s_own_stands_for_the_first(tmp_path: Path) -> None:
    parts = split_model(tmp_path, (0, 40, 40), name="mmproj")
    (tmp_path / "demo-mmproj.gguf").write_bytes(demo_mmproj().read_bytes())
    for part in parts:
        assert choose_model(str(part), None, ModelStore(tmp_path)) == ModelChoice(
            parts[0], tmp_path / "demo-mmproj.gguf"
        )
    parts[0].unlink()
    assert choose_model(str(parts[2]), None, ModelStore(tmp_path)).parts == tuple(parts)


def test_an_unknown_name_is_answered_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="The catalog has no model 5b") as caught:
        choose_model("5b", None, ModelStore(tmp_path))
    assert "4b, 4b-q4_k_m" in caught.value.remedy


def test_a_model_that_is_not_here_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="4b isn't downloaded yet") as caught:
        choose_model("4b", None, ModelStore(tmp_path))
    assert caught.value.remedy == "Download it: refsheet models download 4b"
