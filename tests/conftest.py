"""What every test stands on: folders of its own, never the person's."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from refsheet_tui.i18n import speak
from refsheet_tui.tui import raise_gc_thresholds


def pytest_collection_finish() -> None:
    """As the program itself does; and what the tests are made of is never garbage."""
    gc.freeze()
    raise_gc_thresholds()


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, data, caches and logs go to a folder of the test."""
    for kind in ("CONFIG", "DATA", "CACHE", "STATE", "MODELS"):
        monkeypatch.setenv(f"REFSHEET_{kind}_DIR", str(tmp_path / "refsheet" / kind.lower()))
    monkeypatch.delenv("REFSHEET_CONFIG", raising=False)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """What a test made the program speak, it speaks no longer in the next one."""
    yield
    speak("en")


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return Path(__file__).resolve().parent.parent
