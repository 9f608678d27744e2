"""Screens that look the same every time: a clock that stands, an engine that always takes as
long, and no machine behind it."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import replace

import pytest
from textual.widgets import Input, TextArea

from refsheet_tui.engine import (
    Event,
    Finished,
    GenerationSettings,
    Loading,
    LoadSettings,
    LocalEngine,
    ModelInfo,
    TextDelta,
    Timings,
)
from refsheet_tui.prompting import Prompt
from refsheet_tui.tui.models import manager
from refsheet_tui.weights.fit import Machine
from refsheet_tui.weights.measuring import Measured

# 2026-05-10, 12:00 UTC.
NOON = 1778414400.0
_CLOCKS = (
    "refsheet_tui.chats.tree",
    "refsheet_tui.chats.shelf",
    "refsheet_tui.characters.library",
    "refsheet_tui.tui.widgets.card",
    "refsheet_tui.tui.widgets.side",
)
_TIMINGS = Timings(first_token_s=0.4, write_tps=6.1)


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """It is noon, and stays so, on a laptop without models; no cursor blinks."""
    for module in _CLOCKS:
        monkeypatch.setattr(f"{module}.time", lambda: NOON)
    laptop = Measured(Machine(8 * 10**9, 6 * 10**9, 0, 4e10), None)
    monkeypatch.setattr(manager, "measure_machine", lambda: laptop)
    monkeypatch.setenv("REFSHEET_MODELS_DIR", "/nowhere/models")
    monkeypatch.setattr(Input, "_toggle_cursor", lambda _: None)
    monkeypatch.setattr(TextArea, "_toggle_cursor_blink_visible", lambda _: None)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


class StillEngine(LocalEngine):
    """The real one, on a machine that is always the same."""

    async def load(
        self, settings: LoadSettings, on_progress: Callable[[Loading], None] = lambda _: None
    ) -> ModelInfo:
        info = await super().load(settings, on_progress)
        return replace(info, device="CPU")

    async def generate(
        self, prompt: Prompt, settings: GenerationSettings
    ) -> AsyncGenerator[Event, None]:
        async with aclosing(super().generate(prompt, settings)) as events:
            async for event in events:
                yield replace(event, timings=_TIMINGS) if isinstance(event, Finished) else event


class Writer(StillEngine):
    """Says what it is given, and then goes on for ever where it is to be seen writing."""

    def __init__(self, text: str, *, ends: bool = True) -> None:
        super().__init__()
        self._text = text
        self._ends = ends

    async def generate(
        self, prompt: Prompt, settings: GenerationSettings
    ) -> AsyncGenerator[Event, None]:
        yield TextDelta(self._text)
        if not self._ends:
            import asyncio

            await asyncio.Event().wait()
        yield Finished("end_of_turn", 700, 0, 40, _TIMINGS)
