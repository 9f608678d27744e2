"""Settings of a user who has chosen a model before, so that no screen asks for one."""

from __future__ import annotations

import pytest

from refsheet_tui.paths import config_dir


@pytest.fixture(autouse=True)
def model_is_chosen(own_folders: None) -> None:
    config_dir().mkdir(parents=True)
    (config_dir() / "config.yaml").write_text("model: demo\n", encoding="utf-8")
