"""The engine: a `Prompt` goes in, a stream of events comes out.

llama.cpp runs in a process of its own.
"""

from refsheet_tui.engine.engine import Engine, TokenizedPart
from refsheet_tui.engine.events import (
    EngineEvent,
    FinishReason,
    LoadProgress,
    ModelInfo,
    PictureProgress,
    PromptProgress,
    ReplyFinished,
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
    "EngineEvent",
    "FinishReason",
    "GenerationSettings",
    "LoadProgress",
    "LoadSettings",
    "LocalEngine",
    "ModelInfo",
    "PictureProgress",
    "PromptProgress",
    "PromptTooLongError",
    "ReplyFinished",
    "SaferSettings",
    "TextDelta",
    "Timings",
    "TokenizedPart",
    "Vision",
]
