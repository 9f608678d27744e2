"""Settings that the program writes: the rest of the user's file stays unchanged."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from helpers.full_disk import full_disk
from refsheet_tui.config import change_config, load_config
from refsheet_tui.errors import ConfigError, StorageError
from refsheet_tui.paths import config_dir


def test_a_file_is_made_where_there_is_none() -> None:
    file = change_config(None, {"model": "4b", "mmproj": None})
    assert file == config_dir() / "config.yaml"
    assert load_config().model == "4b"


def test_comments_order_and_quotes_stay(tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    file.write_text(
        "# mine\nthreads: 2   # two\n\nmodel: 'demo'\nmmproj: x.gguf\n\n# How it speaks.\n"
        "generation:\n  # hot\n  temperature: 1.5\n"
    )
    change_config(file, {"model": "12b", "mmproj": None})
    assert file.read_text() == (
        "# mine\nthreads: 2   # two\n\nmodel: '12b'\nmmproj:\n\n# How it speaks.\n"
        "generation:\n  # hot\n  temperature: 1.5\n"
    )


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "null\n"])
def test_a_file_without_settings_gets_one(tmp_path: Path, text: str) -> None:
    file = tmp_path / "my.yaml"
    file.write_text(text)
    change_config(file, {"model": "/a b/it's: 5.gguf"})
    assert load_config(file).model == "/a b/it's: 5.gguf"
    assert text.startswith("#") is ("# nothing yet" in file.read_text())


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "link.yaml"
    real.write_text("threads: 2\n")
    link.symlink_to(real)
    change_config(link, {"model": "4b"})
    assert link.is_symlink()
    assert "model: 4b" in real.read_text()


@pytest.mark.parametrize("text", ["model: [\n", "modell: x\n", "- a\n"])
def test_a_file_that_is_wrong_is_left_alone(tmp_path: Path, text: str) -> None:
    file = tmp_path / "my.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError):
        change_config(file, {"model": "4b"})
    assert file.read_text() == text


def test_a_setting_of_a_group(tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    file.write_text("generation:\n  # hot\n  temperature: 1.5  # very\n")
    change_config(file, {"generation.temperature": 0.5, "generation.seed": 7})
    change_config(file, {"screens.keys": {"chat.again": "f5"}, "offline": True})
    assert file.read_text() == (
        "generation:\n  # hot\n  temperature: 0.5  # very\n  seed: 7\n"
        "screens:\n  keys:\n    chat.again: f5\noffline: true\n"
    )
    assert load_config(file).screens.keys == {"chat.again": "f5"}


def test_a_group_whose_settings_are_all_commented_out(tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    file.write_text("generation:\n  # temperature: 1.5\n")
    change_config(file, {"generation.seed": None})
    change_config(file, {"generation.top_k": 3})
    assert load_config(file).generation.top_k == 3
    assert "# temperature: 1.5" in file.read_text()


def test_what_can_t_be_read_again_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    with pytest.raises(ConfigError, match=r"generation\.top_p"):
        change_config(file, {"generation.top_p": 3.0})
    assert not file.exists()


def test_numbers_are_read_again_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    change_config(file, {"generation.min_p": 1e-05, "generation.temperature": 0.00005})
    assert load_config(file).generation.min_p == 1e-05
    with pytest.raises(ConfigError):
        change_config(file, {"model": "1:30"})  # to YAML 1.1 this is a number
    assert load_config(file).model == "demo"


def test_other_keys_leave_the_comments(tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    file.write_text(
        "screens:\n  keys:\n    # mine\n    chat.again: f5  # as in a browser\n"
        "    home.new: f7  # new\n\n# --- on disk ---\ncache:\n  chats_mb: 1\n"
    )
    change_config(file, {"screens.keys": {"chat.again": "f6", "chat.more": "f8"}})
    text = file.read_text()
    assert load_config(file).screens.keys == {"chat.again": "f6", "chat.more": "f8"}
    for remark in ("# mine", "# as in a browser", "# --- on disk ---"):
        assert remark in text


def test_remarks_of_a_file_without_settings_stay(tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    file.write_text("# mine\n\n#generation:\n  # temperature: 0.5\n")
    change_config(file, {"model": "4b"})
    assert file.read_text() == "# mine\n\n#generation:\n  # temperature: 0.5\nmodel: 4b\n"


def test_a_file_that_can_not_be_replaced_stays(tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    text = "# " + "mine " * 1000 + "\nmodel: demo\n"
    file.write_text(text)
    file.chmod(0o640)
    with full_disk(), pytest.raises(StorageError, match="no space left in") as caught:
        change_config(file, {"model": "4b"})
    assert str(file) in caught.value.problem
    assert file.read_text() == text
    file.chmod(0o440)
    with pytest.raises(StorageError, match="Permission denied") as caught:
        change_config(file, {"model": "4b"})
    assert "Make the file and its folder writable" in caught.value.remedy
    assert file.read_text() == text
    file.chmod(0o640)
    change_config(file, {"model": "4b"})
    assert load_config(file).model == "4b"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["my.yaml"]
