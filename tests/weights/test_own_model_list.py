"""The user's own files stay in the list of models after another one was chosen."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from refsheet_tui.config import NO_PROJECTOR, Config
from refsheet_tui.paths import demo_mmproj, demo_model, state_dir
from refsheet_tui.weights import (
    ModelManager,
    ModelRow,
    ModelStore,
    forget_model,
    load_catalog,
    own_rows,
    remember_model,
)
from refsheet_tui.weights.own_models import OwnModel, remembered_models


def rows(folder: Path, config: Config) -> list[ModelRow]:
    return own_rows(ModelManager(load_catalog(), ModelStore(folder)), config, None)


def own_file(path: Path) -> str:
    shutil.copy(demo_model(), path)
    return str(path)


def test_a_file_stays_after_another_model_was_chosen(tmp_path: Path) -> None:
    first, second = own_file(tmp_path / "first.gguf"), own_file(tmp_path / "second.gguf")
    config = Config(model=first, mmproj=demo_mmproj())
    assert [row.name for row in rows(tmp_path, config)] == [first]
    remember_model(config)
    (row,) = rows(tmp_path, Config())
    assert (row.name, row.title, row.mmproj) == (first, "first.gguf", demo_mmproj())
    assert row.sees_pictures and not row.is_in_use
    config = Config(model=second, mmproj=NO_PROJECTOR)
    assert [row.name for row in rows(tmp_path, config)] == [second, first]
    remember_model(config)
    remember_model(Config(model=first))
    assert remembered_models() == [OwnModel(first), OwnModel(second, NO_PROJECTOR)]
    assert [row.sees_pictures for row in rows(tmp_path, Config(model=first))] == [False, False]


def test_a_file_that_is_gone_is_not_listed_until_it_is_back(tmp_path: Path) -> None:
    own = own_file(tmp_path / "mine.gguf")
    remember_model(Config(model=own))
    (tmp_path / "mine.gguf").rename(tmp_path / "away.gguf")
    assert not rows(tmp_path, Config())
    (tmp_path / "away.gguf").rename(tmp_path / "mine.gguf")
    assert [row.name for row in rows(tmp_path, Config())] == [own]
    forget_model(own)
    assert not rows(tmp_path, Config())
    assert Path(own).exists()


@pytest.mark.parametrize("model", ["demo", "4b"])
def test_models_that_are_listed_anyway_are_not_remembered(model: str) -> None:
    remember_model(Config(model=model))
    assert not remembered_models()


@pytest.mark.parametrize("content", [b"", b"{", b'{"models": 1}', b'{"models": [{"x": 1}]}'])
def test_a_damaged_list_is_empty(content: bytes, tmp_path: Path) -> None:
    state_dir().mkdir(parents=True, exist_ok=True)
    (state_dir() / "own-models.json").write_bytes(content)
    assert not remembered_models()
    remember_model(Config(model=own_file(tmp_path / "mine.gguf")))
    assert len(remembered_models()) == 1
