"""The self-check tells a build that works from one that only just does."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.faults import Faults
from refsheet_tui.engine import selfcheck
from refsheet_tui.paths import state_dir


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Faults:
    return Faults(monkeypatch, tmp_path)


def test_a_build_that_works() -> None:
    assert selfcheck.main() == selfcheck.OK


@pytest.mark.parametrize("place", ["look", "read", "write"])
def test_a_build_that_dies(faults: Faults, place: str) -> None:
    faults.set(place, "SIGILL", times=99)
    assert selfcheck.main() == selfcheck.ENGINE_BROKEN


def test_a_build_that_needs_safer_settings_is_not_good_and_leaves_no_trace(faults: Faults) -> None:
    faults.set("load", "SIGSEGV", times=99, repack=False)
    assert selfcheck.main() == selfcheck.ENGINE_BROKEN
    assert faults.happened == 2
    assert not (state_dir() / "safe-mode.json").exists()
