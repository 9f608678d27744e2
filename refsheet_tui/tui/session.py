"""The engine as the screens use it: one model, loaded in the background, loaded again when it
died."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from refsheet_tui.characters import Character
from refsheet_tui.characters.library import KeptCharacter
from refsheet_tui.chats.library import Library
from refsheet_tui.chats.shelf import Chat
from refsheet_tui.config import Config
from refsheet_tui.engine import (
    Engine,
    GenerationSettings,
    Loading,
    LocalEngine,
    ModelInfo,
)
from refsheet_tui.errors import RefsheetError
from refsheet_tui.prompting import Language, opening_prefix
from refsheet_tui.tui.background import in_thread

Phase = Literal["loading", "ready", "failed"]


@dataclass(frozen=True)
class EngineState:
    """What the engine is up to, in words for the header."""

    phase: Phase
    words: str
    info: ModelInfo | None = None

    @property
    def is_demo(self) -> bool:
        return self.info is not None and self.info.is_demo


class Session:
    """Owns the engine and the person's library. `on_state` is called on the event loop whenever the
    state changes."""

    def __init__(
        self,
        config: Config,
        on_state: Callable[[EngineState], None],
        engine: Engine | None = None,
    ) -> None:
        """Raises `StorageError`."""
        self.config = config
        self.generation = GenerationSettings(**config.generation.model_dump())
        self.engine = engine or LocalEngine()
        self.library = Library.open()
        self._on_state = on_state
        self._loading: asyncio.Task[ModelInfo] | None = None

    @property
    def pan_and_scan(self) -> bool:
        return self.config.pan_and_scan == "auto"

    async def ready(self) -> ModelInfo:
        """The loaded model; loads it first where it isn't. Raises `RefsheetError`."""
        # Whoever stops waiting does not stop the loading.
        return await asyncio.shield(self._loading or self._begin())

    def chat_with(
        self, character: Character | KeptCharacter, *, new: bool = False
    ) -> tuple[KeptCharacter, Chat]:
        """The chat that was used last with this character, in the version that it is held with, or
        a new one; the character is kept first where it is not yet. Raises `PictureError`,
        `StorageError`."""
        characters, chats = self.library.characters, self.library.chats
        kept = characters.keep(character) if isinstance(character, Character) else character
        latest = chats.latest(1, character=kept.id)
        if latest and not (new and latest[0].leaf is not None):
            version = latest[0].version
            return (characters.at(version) if version is not None else kept), latest[0]
        kept = characters.get(kept.id)
        return kept, chats.begin(kept.version)

    async def look(self, sheet: Path, language: Language) -> None:
        """Let the engine look at a sheet whose character is not complete yet. Raises nothing: who
        opens the chat will hear what is wrong."""
        from refsheet_tui.pictures import view  # with it comes Pillow

        with suppress(RefsheetError):
            info = await self.ready()
            opened = partial(view, sheet, info.seen_size(), self.config.pan_and_scan == "auto")
            await self.engine.prewarm(opening_prefix(language, await in_thread(opened)))

    def died(self) -> None:
        """The engine process has ended: begin at once to start another."""
        self._on_state(EngineState("failed", "the engine stopped, starting it again"))
        self._loading = None
        self._begin()

    async def close(self) -> None:
        """End the engine, busy or not."""
        try:
            await self.engine.close()
        finally:
            self.library.close()

    def _begin(self) -> asyncio.Task[ModelInfo]:
        self._loading = asyncio.create_task(self._load())
        self._loading.add_done_callback(self._loaded)
        return self._loading

    async def _load(self) -> ModelInfo:
        self._on_state(EngineState("loading", "loading"))
        from refsheet_tui.weights import load_settings  # the catalogue is not read before

        try:
            settings = load_settings(self.config)
            info = await self.engine.load(settings, self._progress)
        except RefsheetError:
            self._on_state(EngineState("failed", "no model"))
            raise
        safe = " · safe mode" if info.safe_mode else ""
        self._on_state(EngineState("ready", f"{info.name} · {info.device}{safe} · ready", info))
        return info

    def _loaded(self, loading: asyncio.Task[ModelInfo]) -> None:
        """After a failure the next `ready` tries again."""
        if loading.cancelled() or loading.exception() is not None:
            self._loading = None

    def _progress(self, loading: Loading) -> None:
        self._on_state(EngineState("loading", f"loading {loading.fraction:.0%}"))
