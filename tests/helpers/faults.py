"""Faults of the engine process on demand, through an environment variable."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


class Faults:
    """The faults of all engine processes that are started from now on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._monkeypatch = monkeypatch
        self._counter = folder / "faults"

    def set(
        self, place: str, how: str, *, times: int = 1, after: int = 1, **unless: object
    ) -> None:
        wanted = {"place": place, "how": how, "times": times, "after": after, "unless": unless}
        wanted["counter"] = str(self._counter)
        self._monkeypatch.setenv("REFSHEET_FAULT", json.dumps(wanted))

    @property
    def happened(self) -> int:
        return self._counter.stat().st_size if self._counter.exists() else 0
