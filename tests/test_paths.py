from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from refsheet_tui import paths
from refsheet_tui.errors import StorageError

FOLDERS = {
    "CONFIG": paths.config_dir,
    "DATA": paths.data_dir,
    "CACHE": paths.cache_dir,
    "STATE": paths.state_dir,
}
cases = pytest.mark.parametrize(("kind", "folder"), FOLDERS.items())


@cases
def test_an_environment_variable_moves_each_folder(
    kind: str, folder: Callable[[], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(f"REFSHEET_{kind}_DIR", str(tmp_path / "höme sweet"))
    assert folder() == tmp_path / "höme sweet"


@cases
def test_without_it_the_platform_decides(
    kind: str, folder: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"REFSHEET_{kind}_DIR", "")
    assert folder().is_absolute()
    assert "refsheet" in folder().parts


def test_an_override_may_start_at_home_or_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("REFSHEET_DATA_DIR", "~/chats")
    assert paths.data_dir() == tmp_path / "chats"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REFSHEET_DATA_DIR", "chats")
    assert paths.data_dir() == tmp_path / "chats"


def test_an_override_in_an_unknown_home_is_an_error_that_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REFSHEET_DATA_DIR", "~nobody-by-this-name/chats")
    with pytest.raises(StorageError, match="REFSHEET_DATA_DIR"):
        paths.data_dir()


def test_logs_follow_the_state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REFSHEET_STATE_DIR", str(tmp_path))
    assert paths.log_dir() == tmp_path / "log"
    monkeypatch.delenv("REFSHEET_STATE_DIR")
    assert "refsheet" in paths.log_dir().parts


def test_a_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    folder = paths.ensure_dir(tmp_path / "a" / "b")
    assert folder.is_dir()
    assert folder.stat().st_mode & 0o077 == 0
    assert paths.ensure_dir(folder) == folder


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="file/b"):
        paths.ensure_dir(tmp_path / "file" / "b")


def test_what_is_shipped_is_found_in_a_clone(root: Path) -> None:
    assert paths.resource_path("config.yaml") == root / "config.yaml"
    assert paths.demo_model().name == "demo.gguf"
    assert paths.demo_mmproj().is_file()
    assert paths.samples_dir().is_dir()


def test_what_is_shipped_is_found_in_an_installed_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shipped = tmp_path / "refsheet_tui" / "_shipped"
    shipped.mkdir(parents=True)
    (shipped / "config.yaml").write_text("model: demo\n")
    (tmp_path / "samples").mkdir()  # belongs to another package, beside ours
    monkeypatch.setattr(paths, "_SHIPPED", shipped)
    monkeypatch.setattr(paths, "_PACKAGE", shipped.parent)
    assert paths.resource_path("config.yaml") == shipped / "config.yaml"
    with pytest.raises(StorageError, match="is missing samples"):
        paths.samples_dir()
