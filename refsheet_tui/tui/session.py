"""The session: the engine with its model, and the user's library.

The model is loaded in the background, and again after the engine dies or the settings change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Literal

from refsheet_tui.characters import Character, SavedCharacter
from refsheet_tui.chats import Chat, Library, count_texts
from refsheet_tui.config import Config
from refsheet_tui.engine import (
    Engine,
    EngineEvent,
    GenerationSettings,
    LocalEngine,
    ModelInfo,
    Phase,
    PhaseClock,
    SaferSettings,
    Timings,
    Vision,
)
from refsheet_tui.errors import RefsheetError
from refsheet_tui.i18n import _
from refsheet_tui.prompting import Language, opening_prefix
from refsheet_tui.tui.background import in_thread

Availability = Literal["loading", "ready", "failed"]

# Settings that determine which model is loaded and how.
_LOAD_SETTINGS = {
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
    """The state of the engine.

    Attributes:
        availability: The state of the model.
        text: The model or the problem, as text.
        info: The loaded model; None if there is none.
        phase: The engine's current activity; None if it is idle.
        since: When `phase` started, in seconds of `time.monotonic`.
    """

    availability: Availability
    text: str
    info: ModelInfo | None = None
    phase: Phase | None = None
    since: float = 0.0

    @property
    def is_demo(self) -> bool:
        """True if the demo model is loaded."""
        return self.info is not None and self.info.is_demo

    @property
    def activity(self) -> str:
        """The engine's activity and its duration in one line; empty if it is idle."""
        return self.phase.format_line(monotonic() - self.since) if self.phase is not None else ""


@dataclass
class ContextUsage:
    """The tokens that a chat takes in the context, and the timings of its last reply.

    Both are None until they are known.
    """

    tokens: int | None = None
    timings: Timings | None = None


class Session:
    """The engine with its model, and the user's library."""

    def __init__(
        self,
        config: Config,
        on_state: Callable[[EngineState], None],
        engine: Engine | None = None,
    ) -> None:
        """Open the library. The model is loaded when `ready` is called.

        Args:
            config: The settings.
            on_state: Called on the event loop whenever the state of the engine changes.
            engine: The engine; None means a `LocalEngine`.

        Raises:
            StorageError: The library can't be opened.
        """
        self.config = config
        self.engine = engine or LocalEngine()
        self.library = Library.open()
        self._on_state = on_state
        self._clock = PhaseClock()
        self._work_owner: object = None
        self._state = EngineState("loading", "")
        self._load_task: asyncio.Task[ModelInfo] | None = None
        self._is_closed = False
        self.load_notice = ""

    @property
    def info(self) -> ModelInfo | None:
        """The loaded model; None if there is none."""
        return self._state.info

    @property
    def context_size(self) -> int:
        """The size of the loaded model's context in tokens, or else that of the settings."""
        return self.info.context_size if self.info is not None else self.config.context_size

    async def count_texts(self, texts: Iterable[str]) -> dict[str, int] | None:
        """Return how many tokens each text takes, by text; None if no model can count them."""
        with suppress(RefsheetError):
            if not self.has_failed:
                await self.ready()
                return await count_texts(self.engine, texts)
        return None

    @property
    def has_failed(self) -> bool:
        """True if no model is loaded and none is loading."""
        return self._state.availability == "failed" and self._load_task is None

    @property
    def generation(self) -> GenerationSettings:
        """The generation settings."""
        return GenerationSettings(**self.config.generation.model_dump())

    def vision(self, info: ModelInfo) -> Vision:
        """Return how the loaded model sees pictures, by the settings."""
        return Vision(info, self.config.pan_and_scan == "auto")

    def configure(self, config: Config) -> bool:
        """Use other settings from now on.

        Returns True if they need another model, or the same one loaded differently. The caller must
        then call `reload`.
        """
        previous, self.config = self.config, config
        return any(getattr(previous, name) != getattr(config, name) for name in _LOAD_SETTINGS)

    async def reload(self) -> ModelInfo:
        """Load the model of the settings, and return it. Raises `RefsheetError`."""
        task, self._load_task = self._load_task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        return await self.ready()

    async def ready(self) -> ModelInfo:
        """Return the loaded model, after loading it if necessary. Raises `RefsheetError`."""
        while True:
            task = self._load_task or self._start_load_task()
            try:
                # A caller that is cancelled does not cancel the loading.
                return await asyncio.shield(task)
            except asyncio.CancelledError:
                if self._is_closed or not task.cancelled():
                    raise
                # Another model is loaded instead, so wait for that one.

    def chat_with(
        self, character: Character | SavedCharacter, *, new: bool = False
    ) -> tuple[SavedCharacter, Chat]:
        """Return the latest chat with a character, or a new one.

        A character that is not in the library is saved first.

        Args:
            character: The character.
            new: Create a new chat, unless the latest one is still empty.

        Returns:
            The character in the version of the chat, and the chat.

        Raises:
            PictureError, StorageError: The character or the chat can't be saved.
        """
        characters, chats = self.library.characters, self.library.chats
        saved_character = (
            characters.find_or_add(character) if isinstance(character, Character) else character
        )
        latest = chats.latest_chats(1, character=saved_character.id)
        newest_version = characters.get_character(saved_character.id).version
        # An empty chat is used again, as long as the character has not changed.
        if latest and (
            latest[0].character_version == newest_version if latest[0].leaf is None else not new
        ):
            version = latest[0].character_version
            return (
                characters.get_version(version) if version is not None else saved_character
            ), latest[0]
        saved_character = characters.get_character(saved_character.id)
        return saved_character, chats.create_chat(saved_character.version)

    def plain_chat(self, *, new: bool = False) -> Chat:
        """Return the latest chat with the assistant, or a new one. Raises `StorageError`."""
        chats = self.library.chats
        latest = chats.latest_assistant_chats(1)
        if latest and not (new and latest[0].leaf is not None):
            return latest[0]
        return chats.create_chat(None)

    async def prewarm_sheet(self, sheet: Path, language: Language) -> None:
        """Let the engine look at the reference sheet of a character that is not complete yet.

        Errors are ignored, because opening the chat will raise them again.
        """
        with suppress(RefsheetError):
            vision = self.vision(await self.ready())
            view = await in_thread(partial(vision.view, sheet))
            prefix, owner = opening_prefix(language, view), object()
            try:
                await self.engine.prewarm(prefix, partial(self.publish, owner=owner))
            finally:
                self.end_work(owner)

    def publish(self, event: EngineEvent, owner: object) -> None:
        """Update the state by an event of the engine, which works for `owner`."""
        if isinstance(event, SaferSettings) and self._state.info is not None:
            self._set_state(_ready_state(replace(self._state.info, safe_mode=event.description)))
        self._work_owner = owner
        self._clock.on_event(event)
        self._set_state(self._state)

    def show_work(self, text: str, owner: object) -> None:
        """Show `text` as the current activity, for work that the engine waits for."""
        self._work_owner = owner
        self._clock.enter(Phase(text))
        self._set_state(self._state)

    def end_work(self, owner: object) -> None:
        """Show that the engine is idle, unless it works for another owner by now."""
        if self._work_owner is owner:
            self._clock.enter(None)
            self._set_state(self._state)

    def retranslate(self) -> None:
        """Publish the state of the engine again, in another language."""
        if self._state.info is not None:
            self._set_state(_ready_state(self._state.info))

    def restart_engine(self) -> None:
        """Start another engine process at once, after the last one has ended."""
        self._set_state(EngineState("failed", _("Engine stopped, restarting")))
        self._load_task = None
        self._start_load_task()

    async def close(self) -> None:
        """Stop the engine, even if it is busy, and close the library."""
        self._is_closed = True
        try:
            await self.engine.close()
        finally:
            self.library.close()

    def _start_load_task(self) -> asyncio.Task[ModelInfo]:
        self._load_task = asyncio.create_task(self._load())
        self._load_task.add_done_callback(self._on_load_end)
        return self._load_task

    async def _load(self) -> ModelInfo:
        owner = object()
        self._set_state(EngineState("loading", ""))
        self.show_work(_("Loading the model"), owner)
        from refsheet_tui.weights import build_load_settings  # reads the catalog

        try:
            notices: list[str] = []
            settings = await in_thread(partial(build_load_settings, self.config, notices.append))
            self.load_notice = " ".join(notices)
            info = await self.engine.load(settings, partial(self.publish, owner=owner))
        except RefsheetError:
            self.end_work(owner)
            self._set_state(EngineState("failed", _("No model: press F3 to choose one")))
            raise
        self.end_work(owner)
        self._set_state(_ready_state(info))
        return info

    def _on_load_end(self, task: asyncio.Task[ModelInfo]) -> None:
        """After a failure, let the next `ready` try again."""
        failed = task.cancelled() or task.exception() is not None
        if failed and self._load_task is task:
            self._load_task = None

    def _set_state(self, state: EngineState) -> None:
        """Show `state`, with what the engine is doing now."""
        self._state = replace(state, phase=self._clock.phase, since=self._clock.since)
        self._on_state(self._state)


def _ready_state(info: ModelInfo) -> EngineState:
    safe_mode = " · " + _("Safe mode") if info.restrictions else ""
    return EngineState("ready", f"{info.name} · {info.device}{safe_mode}", info)
