"""An engine that writes a given text at a given pace, because only the screen is measured."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

from refsheet_tui.engine import (
    EngineEvent,
    GenerationSettings,
    LoadProgress,
    LoadSettings,
    ModelInfo,
    ReplyFinished,
    TextDelta,
    Timings,
    TokenizedPart,
)
from refsheet_tui.prompting import Prompt, TextPart


class ScriptedEngine:
    """An `Engine` that replies with given pieces."""

    def __init__(self, pieces: Sequence[str], pieces_per_s: float | None) -> None:
        """Reply with `pieces`, so many a second.

        `pieces_per_s` None: as fast as they are taken, each in its own iteration of the loop.
        """
        self._pieces = pieces
        self._pieces_per_s = pieces_per_s
        self.started_at = 0.0
        """The time of the first piece by the clock of the loop; 0.0 until then."""

    async def load(
        self, settings: LoadSettings, on_progress: Callable[[LoadProgress], None] = lambda _: None
    ) -> ModelInfo:
        """Return a model's information at once; see `Engine.load`."""
        return ModelInfo("scripted", False, 8192, 896, 256, "none")

    async def generate(
        self, prompt: Prompt, settings: GenerationSettings
    ) -> AsyncGenerator[EngineEvent, None]:
        """Yield the pieces; see `Engine.generate`."""
        loop = asyncio.get_running_loop()
        self.started_at = loop.time()
        for number, piece in enumerate(self._pieces):
            due = self.started_at + number / self._pieces_per_s if self._pieces_per_s else 0.0
            await asyncio.sleep(max(0.0, due - loop.time()))
            yield TextDelta(piece)
        yield ReplyFinished("end_of_turn", 0, 0, len(self._pieces), Timings())

    async def prewarm(
        self, prompt: Prompt, on_event: Callable[[EngineEvent], None] = lambda _: None
    ) -> None:
        """Do nothing; see `Engine.prewarm`."""

    async def snapshot(self) -> None:
        """Do nothing; see `Engine.snapshot`."""

    async def tokenize(self, prompt: Prompt) -> tuple[TokenizedPart, ...]:
        """Estimate the number of tokens; see `Engine.tokenize`."""
        texts = [part.text for part in prompt.parts if isinstance(part, TextPart)]
        return tuple(TokenizedPart("text", text, (), 1 + len(text) // 4) for text in texts)

    async def cancel(self) -> None:
        """Do nothing; see `Engine.cancel`."""

    async def close(self) -> None:
        """Do nothing; see `Engine.close`."""
