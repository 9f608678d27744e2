"""Faster waiting of the pilot, and a fixture with a hub."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, process_time

import pytest

from helpers.hub_models import hub_of_models
from helpers.hub_server import HubServer

# Textual itself checks every 20 ms, three times for each key, and waits a second while a reply is
# written. Keys alone took minutes of the tests.
_LOOK_S = 0.002
_IDLE_S = _LOOK_S / 5
_MOST_S = 0.2


async def _until_idle(_least: float = 0) -> None:
    """Wait until the process is almost idle, or has been busy for too long."""
    begun = monotonic()
    idle = False
    while not idle and monotonic() - begun < _MOST_S:
        before = process_time()
        await asyncio.sleep(_LOOK_S)
        idle = process_time() - before < _IDLE_S


@pytest.fixture(autouse=True)
def quick_pilot(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("app", "pilot"):
        monkeypatch.setattr(f"textual.{module}.wait_for_idle", _until_idle)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with hub_of_models(tmp_path, monkeypatch) as hub:
        yield hub
