"""Screens that look the same every time, with a stopped clock, a fixed machine and fake engines."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import replace

import pytest
from textual.widgets import Input, TextArea

from refsheet_tui.engine import (
    EngineEvent,
    GenerationSettings,
    LoadProgress,
    LoadSettings,
    LocalEngine,
    ModelInfo,
    ReplyFinished,
    TextDelta,
    Timings,
)
from refsheet_tui.prompting import Prompt
from refsheet_tui.tui.models import manager
from refsheet_tui.weights.fit import MachineResources
from refsheet_tui.weights.measuring import MachineMeasurement

# 2026-05-10, 12:00 UTC.
NOON = 1778414400.0
_CLOCKS = (
    "refsheet_tui.chats.message_tree",
    "refsheet_tui.chats.chat_store",
    "refsheet_tui.characters.character_store",
    "refsheet_tui.tui.widgets.gallery_tiles",
    "refsheet_tui.tui.widgets.chat_sidebar",
)
_TIMINGS = Timings(first_token_s=0.4, write_tps=6.1)


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stop the clock at noon, on a laptop without models, and stop cursors from blinking."""
    for module in _CLOCKS:
        monkeypatch.setattr(f"{module}.time", lambda: NOON)
    laptop = MachineMeasurement(MachineResources(8 * 10**9, 6 * 10**9, 0, 4e10), None)
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
    """The real engine, whose device is always the CPU."""

    async def load(
        self, settings: LoadSettings, on_progress: Callable[[LoadProgress], None] = lambda _: None
    ) -> ModelInfo:
        info = await super().load(settings, on_progress)
        return replace(info, device="CPU")

    async def generate(
        self, prompt: Prompt, settings: GenerationSettings
    ) -> AsyncGenerator[EngineEvent, None]:
        async with aclosing(super().generate(prompt, settings)) as events:
            async for event in events:
                yield (
                    replace(event, timings=_TIMINGS) if isinstance(event, ReplyFinished) else event
                )


class Writer(StillEngine):
    """An engine that writes a given text. If `ends` is False, its reply never ends."""

    def __init__(self, text: str, *, ends: bool = True) -> None:
        super().__init__()
        self._text = text
        self._ends = ends

    async def generate(
        self, prompt: Prompt, settings: GenerationSettings
    ) -> AsyncGenerator[EngineEvent, None]:
        yield TextDelta(self._text)
        if not self._ends:
            import asyncio

            await asyncio.Event().wait()
        yield ReplyFinished("end_of_turn", 700, 0, 40, _TIMINGS)
