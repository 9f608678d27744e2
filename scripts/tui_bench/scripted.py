"""An engine that writes what it is given, at a pace: what is measured is the screen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

from refsheet_tui.engine import (
    Event,
    Finished,
    GenerationSettings,
    Loading,
    LoadSettings,
    ModelInfo,
    TextDelta,
    Timings,
    TokenizedPart,
)
from refsheet_tui.prompting import Prompt, TextPart


class ScriptedEngine:
    """An `Engine`."""

    def __init__(self, pieces: Sequence[str], pieces_per_s: float | None) -> None:
        """None: as fast as they are taken, each in a turn of the loop of its own."""
        self._pieces = pieces
        self._pieces_per_s = pieces_per_s
        self.begun = 0.0
        """When the first piece came, by the clock of the loop; 0.0 until then."""

    async def load(
        self, settings: LoadSettings, on_progress: Callable[[Loading], None] = lambda _: None
    ) -> ModelInfo:
        """See `Engine.load`."""
        return ModelInfo("scripted", False, 8192, 896, 256, "none")

    async def generate(
        self, prompt: Prompt, settings: GenerationSettings
    ) -> AsyncGenerator[Event, None]:
        """See `Engine.generate`."""
        loop = asyncio.get_running_loop()
        self.begun = loop.time()
        for number, piece in enumerate(self._pieces):
            due = self.begun + number / self._pieces_per_s if self._pieces_per_s else 0.0
            await asyncio.sleep(max(0.0, due - loop.time()))
            yield TextDelta(piece)
        yield Finished("end_of_turn", 0, 0, len(self._pieces), Timings())

    async def prewarm(
        self, prompt: Prompt, on_event: Callable[[Event], None] = lambda _: None
    ) -> None:
        """See `Engine.prewarm`."""

    async def snapshot(self) -> None:
        """See `Engine.snapshot`."""

    async def tokenize(self, prompt: Prompt) -> tuple[TokenizedPart, ...]:
        """See `Engine.tokenize`."""
        texts = [part.text for part in prompt.parts if isinstance(part, TextPart)]
        return tuple(TokenizedPart("text", text, (), 1 + len(text) // 4) for text in texts)

    async def cancel(self) -> None:
        """See `Engine.cancel`."""

    async def close(self) -> None:
        """See `Engine.close`."""
