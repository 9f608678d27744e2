"""A `Prompt` in, a stream of events out. llama.cpp runs in a process of its own."""

from refsheet_tui.engine.engine import Engine, TokenizedPart
from refsheet_tui.engine.events import (
    Event,
    Finish,
    Finished,
    Loading,
    Looking,
    ModelInfo,
    Reading,
    SaferSettings,
    TextDelta,
    Timings,
)
from refsheet_tui.engine.local import LocalEngine
from refsheet_tui.engine.settings import CacheSettings, GenerationSettings, LoadSettings
from refsheet_tui.engine.vision import Vision
from refsheet_tui.errors import EngineDiedError, EngineError, PromptTooLongError

__all__ = [
    "CacheSettings",
    "Engine",
    "EngineDiedError",
    "EngineError",
    "Event",
    "Finish",
    "Finished",
    "GenerationSettings",
    "LoadSettings",
    "Loading",
    "LocalEngine",
    "Looking",
    "ModelInfo",
    "PromptTooLongError",
    "Reading",
    "SaferSettings",
    "TextDelta",
    "Timings",
    "TokenizedPart",
    "Vision",
]
