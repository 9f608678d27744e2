"""The port through which screens and commands talk to a model."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Protocol

from refsheet_tui.engine.events import Event, Loading, ModelInfo
from refsheet_tui.engine.settings import GenerationSettings, LoadSettings
from refsheet_tui.prompting import Prompt


@dataclass(frozen=True)
class TokenizedPart:
    """One part of a prompt as the model receives it.

    `kind` is `control`, `text` or `picture`. For a picture `tokens` is empty, `positions`
    counts its soft tokens and `sha256` names its pixels.
    """

    kind: str
    text: str
    tokens: tuple[int, ...]
    positions: int
    sha256: str | None = None


class Engine(Protocol):
    """One model, one request at a time.

    Every method raises `EngineError` (or a subclass) and nothing else.
    """

    async def load(
        self, settings: LoadSettings, on_progress: Callable[[Loading], None] = ...
    ) -> ModelInfo:
        """Start the engine if it is not running and load the weights.

        Raises `WeightsError` for a file that can't be used.
        """
        ...

    def generate(self, prompt: Prompt, settings: GenerationSettings) -> AsyncGenerator[Event, None]:
        """Read the prompt and write a reply; the last event is `Finished`.

        Raises `PromptTooLongError` before anything is read, and `EngineDiedError` when the engine
        process ends meanwhile; another one is then started and loaded by itself. Closing the
        generator early cancels.
        """
        ...

    async def prewarm(self, prompt: Prompt, on_event: Callable[[Event], None] = ...) -> None:
        """Look at and read what a later prompt will begin with; `on_event` hears how far it is.

        Ends when that is done, or as soon as anything else is asked of the engine; what was done
        until then is kept. Raises nothing: who really needs the prompt will hear what is wrong.
        """
        ...

    async def snapshot(self) -> None:
        """Keep on disk what was read, so that it is there after a restart. The engine does so by
        itself when it is idle, and when it is closed."""
        ...

    async def tokenize(self, prompt: Prompt) -> tuple[TokenizedPart, ...]:
        """The prompt as token ids, without reading it."""
        ...

    async def cancel(self) -> None:
        """Ask the running request to stop; its stream ends with `Finished("cancelled")`.

        Does nothing when none is running.
        """
        ...

    async def close(self) -> None:
        """End the engine process. Never waits for a busy model; safe to call twice."""
        ...
