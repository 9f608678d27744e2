from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import yaml

from refsheet_tui.config import Config, GenerationConfig, load_config
from refsheet_tui.engine.settings import GenerationSettings
from refsheet_tui.errors import ConfigError


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "my settings.yaml"


def problem(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert path.name in caught.value.problem
    assert caught.value.remedy
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_without_a_file_the_shipped_one_counts_and_it_holds_every_default(root: Path) -> None:
    assert load_config() == Config()
    shipped = yaml.safe_load((root / "config.yaml").read_text())
    assert list(shipped) == list(Config.model_fields)
    assert list(shipped["generation"]) == list(GenerationConfig.model_fields)


def test_every_shipped_setting_is_explained(root: Path) -> None:
    lines = (root / "config.yaml").read_text().splitlines()
    keys = [
        number for number, line in enumerate(lines) if line and not line.strip().startswith("#")
    ]
    assert all(lines[number - 1].strip().startswith("#") for number in keys)


def test_generation_has_the_names_and_defaults_of_the_engine() -> None:
    assert GenerationConfig().model_dump() == dataclasses.asdict(GenerationSettings())


def test_a_file_only_needs_what_it_changes(config: Path) -> None:
    config.write_text("context_size: 4096\ngeneration:\n  seed: 7\n")
    loaded = load_config(config)
    assert loaded == Config(context_size=4096, generation=GenerationConfig(seed=7))


@pytest.mark.parametrize("text", ["", "# nothing\n", "generation:\n", "\ufeffmodel: demo\n"])
def test_an_empty_file_or_group_changes_nothing(config: Path, text: str) -> None:
    config.write_text(text, encoding="utf-8")
    assert load_config(config) == Config()


def test_the_order_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual, named, given = (tmp_path / name / "config.yaml" for name in ("usual", "named", "given"))
    for threads, path in enumerate((usual, named, given), 1):
        path.parent.mkdir()
        path.write_text(f"threads: {threads}\n")
    monkeypatch.setenv("REFSHEET_CONFIG_DIR", str(usual.parent))
    assert load_config().threads == 1
    monkeypatch.setenv("REFSHEET_CONFIG", str(named))
    assert load_config().threads == 2
    assert load_config(given).threads == 3


def test_paths_start_from_the_file_they_stand_in(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    config.write_text("model: weights/a.gguf\nmmproj: ~/b.gguf\n")
    loaded = load_config(config)
    assert loaded.model == str(config.parent / "weights" / "a.gguf")
    assert loaded.mmproj == Path("/home/ann/b.gguf")


def test_off_is_a_word(config: Path) -> None:
    config.write_text("pan_and_scan: off\n")
    assert load_config(config).pan_and_scan == "off"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("context_size: '8192'", "context_size must be a whole number, not '8192'"),
        ("context_size: 3.5", "context_size must be a whole number, not 3.5"),
        ("threads: 0", "threads must be at least 1, not 0"),
        ("pan_and_scan: on", "pan_and_scan must be 'auto' or 'off', not 'on'"),
        ("mmproj: 3", "mmproj must be a path, not 3"),
        ("model:", "model must be text, not None"),
        ("model: ''", "model must be at least 1 character long"),
        ("generation: 3", "generation must be a group of indented settings"),
        ("generation: {sample: yes}", "generation.sample must be true or false, not 'yes'"),
        ("generation: {top_p: .nan}", "generation.top_p must be a finite number"),
        ("generation: {seed: -1}", "generation.seed must be at least 0"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_found_and_what_is_wanted(
    config: Path, text: str, expected: str
) -> None:
    config.write_text(text)
    assert expected in problem(config)


@pytest.mark.parametrize(
    ("text", "key", "suggestion"),
    [
        ("contxt_size: 1", "contxt_size", "Did you mean 'context_size'?"),
        ("temperature: 1", "temperature", "Did you mean 'generation.temperature'?"),
        ("generation: {top-k: 1}", "generation.top-k", "Did you mean 'generation.top_k'?"),
        ("zebra: 1", "zebra", "Available settings: model, mmproj"),
        ("1: 2", "1", "Available settings: "),
        ('"\\e[31mred": 1', "[31mred", "Available settings: "),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_known_one(
    config: Path, text: str, key: str, suggestion: str
) -> None:
    config.write_text(text)
    message = problem(config)
    assert f"unknown setting {key!r}" in message
    assert suggestion in message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model: demo\nthreads: [1", "isn't valid YAML on line 2"),
        ("model: demo\n\tthreads: 1", "isn't valid YAML on line 2"),
        ("threads: 1\nthreads: 2", "on line 2: 'threads' appears twice"),
        ('model: "\a"', "isn't valid YAML: special characters are not allowed"),
        ("a: !!python/object:os.system {}", "isn't valid YAML on line 1"),
        ("language: 2020-13-45", "month must be in 1..12"),
        ("[" * 3000, "nested too deeply"),
        ("- model", "must contain settings, not a list"),
        ("demo", "must contain settings, not a single value"),
    ],
)
def test_bad_yaml_is_named_with_its_line(config: Path, text: str, expected: str) -> None:
    config.write_text(text)
    assert expected in problem(config)


def test_a_file_that_cannot_be_read_is_named(config: Path) -> None:
    assert "doesn't exist" in problem(config)
    config.mkdir()
    assert "is a folder" in problem(config)


def test_a_dangling_link_in_the_usual_place_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFSHEET_CONFIG_DIR", str(tmp_path))
    (tmp_path / "config.yaml").symlink_to("nowhere")
    with pytest.raises(ConfigError, match="doesn't exist"):
        load_config()


def test_another_kind_of_file_is_no_settings_file(config: Path) -> None:
    config.write_bytes(b"model: demo\nlanguage: \xff\n")
    assert "isn't UTF-8 text (line 2)" in problem(config)
    config.write_bytes(b"#" * (1 << 21))
    assert "too large for a settings file (over 1 MiB)" in problem(config)


def test_a_name_with_escape_sequences_is_shown_without_them(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "\x1b[2Jgone.yaml")
    assert "\x1b" not in str(caught.value)


def test_the_old_name_of_blocks_is_still_read(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("screens:\n  pictures: halfcell\n", encoding="utf-8")
    assert load_config(file).screens.pictures == "blocks"
