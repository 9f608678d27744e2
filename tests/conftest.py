"""Fixtures for all tests, which keep them away from the user's own folders."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from refsheet_tui.engine import process
from refsheet_tui.i18n import set_language
from refsheet_tui.tui import raise_gc_thresholds

# pytest-timeout ends a test that hangs; how long an example takes depends on the machine.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


def pytest_configure() -> None:
    """Let the children be interrupted, even if SIGINT was ignored when the tests were started.

    A shell script that starts them in the background does that, and children inherit it.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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


@pytest.fixture(scope="session", autouse=True)
def fork_server() -> None:
    """Start the fork server before a test redirects the streams that it inherits."""
    if sys.platform == "linux":
        from helpers import forked  # multiprocessing lacks its parts elsewhere

        forked.start_server()


@pytest.fixture(autouse=True)
def forked_engines(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fork engine processes, except in tests with the marker `cold_start`."""
    if sys.platform == "linux" and request.node.get_closest_marker("cold_start") is None:
        from helpers import forked

        monkeypatch.setattr(process, "_spawn", forked.spawn_engine)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Return to English after a test that changed the language."""
    yield
    set_language("en")


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the root folder of the project."""
    return Path(__file__).resolve().parent.parent
