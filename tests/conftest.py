"""Fixtures for all tests, which keep them away from the user's own folders."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from refsheet_tui.i18n import set_language
from refsheet_tui.tui import raise_gc_thresholds


def pytest_collection_finish() -> None:
    """Set up garbage collection as the program does, and exclude the collected tests from it."""
    gc.freeze()
    raise_gc_thresholds()


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put settings, data, caches and logs in a folder of the test."""
    for kind in ("CONFIG", "DATA", "CACHE", "STATE", "MODELS"):
        monkeypatch.setenv(f"REFSHEET_{kind}_DIR", str(tmp_path / "refsheet" / kind.lower()))
    monkeypatch.delenv("REFSHEET_CONFIG", raising=False)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Return to English after a test that changed the language."""
    yield
    set_language("en")


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the root folder of the project."""
    return Path(__file__).resolve().parent.parent
