"""The engine as the screens use it: one model, loaded in the background, loaded again when it
died or when the settings ask for another one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
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
    Event,
    GenerationSettings,
    Loading,
    LocalEngine,
    ModelInfo,
    SaferSettings,
    TextDelta,
    Vision,
)
from refsheet_tui.engine.phases import Phase as Doing
from refsheet_tui.engine.phases import phase_of
from refsheet_tui.errors import RefsheetError
from refsheet_tui.i18n import _
from refsheet_tui.prompting import Language, opening_prefix
from refsheet_tui.tui.background import in_thread

Phase = Literal["loading", "ready", "failed"]

# Settings that a model is loaded with, or found by.
_OF_LOADING = {
    "model",
    "mmproj",
    "models_dir",
    "context_size",
    "threads",
    "gpu_layers",
    "kv_cache",
    "window_cache",
    "cache",
}


@dataclass(frozen=True)
class EngineState:
    """Which engine there is, or what became of it, in `words`; `doing` is what keeps it busy."""

    phase: Phase
    words: str
    info: ModelInfo | None = None
    doing: Doing | None = None

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
        self.engine = engine or LocalEngine()
        self.library = Library.open()
        self._on_state = on_state
        self._state = EngineState("loading", "")
        self._loading: asyncio.Task[ModelInfo] | None = None
        self._is_closed = False

    @property
    def info(self) -> ModelInfo | None:
        """Of the model that is there now."""
        return self._state.info

    @property
    def has_failed(self) -> bool:
        """Whether no model is there, and none is on its way."""
        return self._state.phase == "failed" and self._loading is None

    @property
    def generation(self) -> GenerationSettings:
        return GenerationSettings(**self.config.generation.model_dump())

    def vision(self, info: ModelInfo) -> Vision:
        """That of the loaded model, as the settings want it."""
        return Vision(info, self.config.pan_and_scan == "auto")

    def configure(self, config: Config) -> bool:
        """These settings count from now on. Whether they ask for another model, or the same one
        loaded in another way: `reload` does that."""
        before, self.config = self.config, config
        return any(getattr(before, name) != getattr(config, name) for name in _OF_LOADING)

    async def reload(self) -> ModelInfo:
        """Load what the settings ask for. Raises `RefsheetError`."""
        loading, self._loading = self._loading, None
        if loading is not None:
            loading.cancel()
            await asyncio.wait([loading])
        return await self.ready()

    async def ready(self) -> ModelInfo:
        """The loaded model; loads it first where it isn't. Raises `RefsheetError`."""
        while True:
            loading = self._loading or self._begin()
            try:
                # Whoever stops waiting does not stop the loading.
                return await asyncio.shield(loading)
            except asyncio.CancelledError:
                if self._is_closed or not loading.cancelled():
                    raise
                # Another model is loaded in its place: that one is waited for.

    def chat_with(
        self, character: Character | KeptCharacter, *, new: bool = False
    ) -> tuple[KeptCharacter, Chat]:
        """The chat that was used last with this character, in the version that it is held with, or
        a new one; the character is kept first where it is not yet. Raises `PictureError`,
        `StorageError`."""
        characters, chats = self.library.characters, self.library.chats
        kept = characters.keep(character) if isinstance(character, Character) else character
        latest = chats.latest(1, character=kept.id)
        newest = characters.get(kept.id).version
        # One in which nothing was said goes on as long as the character is the same.
        if latest and (latest[0].version == newest if latest[0].leaf is None else not new):
            version = latest[0].version
            return (characters.at(version) if version is not None else kept), latest[0]
        kept = characters.get(kept.id)
        return kept, chats.begin(kept.version)

    def plain_chat(self, *, new: bool = False) -> Chat:
        """The chat with no character that was used last, or a new one. Raises `StorageError`."""
        chats = self.library.chats
        latest = chats.plain(1)
        if latest and not (new and latest[0].leaf is not None):
            return latest[0]
        return chats.begin(None)

    async def look(self, sheet: Path, language: Language) -> None:
        """Let the engine look at a sheet whose character is not complete yet. Raises nothing: who
        opens the chat will hear what is wrong."""
        with suppress(RefsheetError):
            vision = self.vision(await self.ready())
            seen = await in_thread(partial(vision.view, sheet))
            prefix = opening_prefix(language, seen)
            try:
                await self.engine.prewarm(prefix, self.heard)
            finally:
                self.rests()

    def heard(self, event: Event) -> None:
        """The engine says what it is doing."""
        if isinstance(event, SaferSettings) and self._state.info is not None:
            self._now(_loaded(replace(self._state.info, safe_mode=event.words)))
        doing = Doing(_("writing")) if isinstance(event, TextDelta) else phase_of(event)
        if doing is not None:
            self._now(replace(self._state, doing=doing))

    def rests(self) -> None:
        """What the engine was doing has ended."""
        self._now(replace(self._state, doing=None))

    def retell(self) -> None:
        """Its state again, in another language."""
        if self._state.info is not None:
            self._now(_loaded(self._state.info))

    def died(self) -> None:
        """The engine process has ended: begin at once to start another."""
        self._now(EngineState("failed", _("the engine stopped, starting it again")))
        self._loading = None
        self._begin()

    async def close(self) -> None:
        """End the engine, busy or not."""
        self._is_closed = True
        try:
            await self.engine.close()
        finally:
            self.library.close()

    def _begin(self) -> asyncio.Task[ModelInfo]:
        self._loading = asyncio.create_task(self._load())
        self._loading.add_done_callback(self._ended)
        return self._loading

    async def _load(self) -> ModelInfo:
        self._now(EngineState("loading", _("loading")))
        from refsheet_tui.weights import load_settings  # the catalogue is not read before

        try:
            settings = load_settings(self.config)
            info = await self.engine.load(settings, self._progress)
        except RefsheetError:
            self._now(EngineState("failed", _("no model: f3 chooses one")))
            raise
        self._now(_loaded(info))
        return info

    def _ended(self, loading: asyncio.Task[ModelInfo]) -> None:
        """After a failure the next `ready` tries again."""
        failed = loading.cancelled() or loading.exception() is not None
        if failed and self._loading is loading:
            self._loading = None

    def _progress(self, loading: Loading) -> None:
        self._now(EngineState("loading", f"{_('loading')} {loading.fraction:.0%}"))

    def _now(self, state: EngineState) -> None:
        self._state = state
        self._on_state(state)


def _loaded(info: ModelInfo) -> EngineState:
    safe = " · " + _("safe mode") if info.restrictions else ""
    return EngineState("ready", f"{info.name} · {info.device}{safe}", info)
