from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from helpers.engine_driver import demo
from refsheet_tui.engine import LocalEngine


@pytest.fixture
async def bare(tmp_path: Path) -> AsyncIterator[LocalEngine]:
    """Yield an engine with nothing loaded."""
    engine = LocalEngine(tmp_path / "log")
    yield engine
    await engine.close()


@pytest.fixture
async def engine(bare: LocalEngine) -> LocalEngine:
    """Yield an engine with the demo model."""
    await bare.load(demo())
    return bare
