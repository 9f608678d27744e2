"""The interface through which screens and commands use a model."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Protocol

from refsheet_tui.engine.events import EngineEvent, LoadProgress, ModelInfo
from refsheet_tui.engine.settings import GenerationSettings, LoadSettings
from refsheet_tui.prompting import Prompt


@dataclass(frozen=True)
class TokenizedPart:
    """One part of a prompt as the model receives it.

    Attributes:
        kind: `control`, `text` or `picture`.
        text: The text, or the name of the control token; empty for a picture.
        tokens: The token ids; empty for a picture.
        positions: The number of positions in the context. For a picture, the number of its soft
            tokens.
        sha256: The hash of a picture's pixels, else None.
    """

    kind: str
    text: str
    tokens: tuple[int, ...]
    positions: int
    sha256: str | None = None


class Engine(Protocol):
    """An engine that runs one model and answers one request at a time.

    The methods raise `EngineError`, `WeightsError` or a subclass of these, and nothing else.
    """

    async def load(
        self, settings: LoadSettings, on_progress: Callable[[LoadProgress], None] = ...
    ) -> ModelInfo:
        """Start the engine if it is not running, and load the weights.

        Args:
            settings: The files to load, and how to run them.
            on_progress: Called each time the engine reports how far it is.

        Returns:
            The model that was loaded.

        Raises:
            WeightsError: A file can't be used.
            EngineError: The model can't be loaded.
        """
        ...

    def generate(
        self, prompt: Prompt, settings: GenerationSettings
    ) -> AsyncGenerator[EngineEvent, None]:
        """Read the prompt and write a reply.

        Closing the generator early cancels the reply.

        Args:
            prompt: All that the model reads before the reply.
            settings: How to write the reply.

        Yields:
            What the engine does, and the text of the reply piece by piece. The last event is
            `ReplyFinished`.

        Raises:
            PromptTooLongError: The prompt does not fit into the context. Nothing was read.
            EngineDiedError: The engine process ended. Another one is started and loaded by itself.
            EngineError: The reply can't be generated.
        """
        ...

    async def prewarm(self, prompt: Prompt, on_event: Callable[[EngineEvent], None] = ...) -> None:
        """Look at and read what a later prompt will begin with.

        It ends when that is done, or as soon as anything else is asked of the engine. What was done
        until then is used later. It raises nothing: the request that needs the prompt will report
        what is wrong.

        Args:
            prompt: The beginning of a later prompt.
            on_event: Called each time the engine reports how far it is.
        """
        ...

    async def snapshot(self) -> None:
        """Save what was read to disk, so that it can be used after a restart.

        The engine does so by itself when it is idle and when it is closed.

        Raises:
            EngineError: The engine can't be reached, or no model is loaded.
        """
        ...

    async def tokenize(self, prompt: Prompt) -> tuple[TokenizedPart, ...]:
        """Split the prompt into token ids without reading it.

        Args:
            prompt: The prompt to split.

        Returns:
            The parts of the prompt, in order.

        Raises:
            EngineError: The model can't see the pictures of the prompt, or no model is loaded.
            WeightsError: The model's vocabulary lacks a control token of the prompt.
        """
        ...

    async def cancel(self) -> None:
        """Ask the running request to stop. Does nothing when none is running.

        The stream of a reply ends with `ReplyFinished` and the reason `cancelled`.
        """
        ...

    async def close(self) -> None:
        """End the engine process without waiting for a busy model. Safe to call twice."""
        ...
