"""Fixtures for downloads: a hub on this machine, and a folder for model files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import close_session, constants

from helpers.hub_server import HubServer, hub_server
from helpers.small_models import OTHER_REPOSITORY, REPOSITORY
from refsheet_tui.paths import demo_mmproj, demo_model
from refsheet_tui.weights.model_store import ModelStore


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """Yield a hub with the demo model in two repositories, which all requests go to."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    # huggingface_hub reads these from the environment when it is imported.
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf" / "hub"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "hf" / "token"))
    with hub_server() as server:
        server.put(REPOSITORY, demo_model().name, demo_model())
        server.put(OTHER_REPOSITORY, demo_mmproj().name, demo_mmproj())
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        close_session()  # the session belongs to the environment of an earlier test
        yield server


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")
