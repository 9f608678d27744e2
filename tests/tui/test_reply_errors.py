"""After any error of a reply, earlier messages and typed text are still there."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial
from pathlib import Path

import pytest

from helpers.saved_chats import add_long_chat
from helpers.screens import (
    GREEDY,
    chat_of,
    open_first_chat,
    replies,
    say,
    until,
    user_message_count,
    wait_until_ready,
)
from refsheet_tui.chats.library import Library
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
from refsheet_tui.paths import samples_dir
from refsheet_tui.prompting import Prompt
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.dialogs.error import ErrorScreen
from refsheet_tui.tui.screens.chat import ChatScreen
from refsheet_tui.tui.screens.home import HomeScreen
from refsheet_tui.tui.widgets.activity_line import ActivityLine
from refsheet_tui.tui.widgets.chat_message import ChatNotice, MessageWidget
from refsheet_tui.tui.widgets.composer import Composer


class EngineKiller:
    """Kills the engine process while it reads the next prompt."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._happened = folder / "deaths"
        self._happened.write_bytes(b"x")
        fault = {"place": "read", "how": "SIGKILL", "counter": str(self._happened)}
        monkeypatch.setenv("REFSHEET_FAULT", json.dumps(fault))

    def come(self) -> None:
        self._happened.write_bytes(b"")


@pytest.fixture
def death(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> EngineKiller:
    return EngineKiller(monkeypatch, tmp_path)


class PausedLoadEngine(LocalEngine):
    """An engine whose loading stops at 43 % until `goes_on` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = asyncio.Event()

    async def load(
        self, settings: LoadSettings, on_progress: Callable[[LoadProgress], None] = lambda _: None
    ) -> ModelInfo:
        on_progress(LoadProgress(0.43))
        await self.goes_on.wait()
        return await super().load(settings, on_progress)


def composer(app: RefsheetApp) -> Composer:
    return app.screen.query_one(Composer)


def activity(app: RefsheetApp) -> str:
    return str(app.screen.query_one(ActivityLine).render())


async def test_a_message_that_is_too_long_comes_back_and_the_chat_goes_on() -> None:
    app = RefsheetApp(GREEDY.model_copy(update={"context_size": 300}))
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        composer(app).text = "word " * 600
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.screen.query(ChatNotice)) and not chat_of(app).replying)
        assert composer(app).text == ("word " * 600).strip()
        assert user_message_count(app) == 0
        composer(app).text = "Hello"
        await pilot.press("enter")
        await until(pilot, lambda: len(replies(app)) == 2 and not chat_of(app).replying)
        assert user_message_count(app) == 1


async def test_a_message_whose_engine_dies_comes_back_and_is_answered_when_sent_again(
    death: EngineKiller,
) -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        death.come()
        await say(pilot, "Hello")
        await until(pilot, lambda: composer(app).text == "Hello" and not chat_of(app).replying)
        assert "SIGKILL" in str(app.screen.query_one(ChatNotice).render())
        await pilot.press("enter")
        await until(pilot, lambda: len(replies(app)) == 2 and not chat_of(app).replying)
        assert not app.screen.query(ChatNotice)


async def test_the_last_reply_stays_when_another_one_fails(death: EngineKiller) -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        before, turns = replies(app), chat_of(app).conversation_turns
        death.come()
        await pilot.press("ctrl+r")
        await until(pilot, lambda: bool(app.screen.query(ChatNotice)) and not chat_of(app).replying)
        assert replies(app) == before
        assert chat_of(app).conversation_turns == turns


async def test_an_engine_that_died_is_ready_again_without_being_asked(death: EngineKiller) -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        death.come()
        await say(pilot, "Hello")
        await until(pilot, lambda: bool(app.screen.query(ChatNotice)) and not chat_of(app).replying)
        assert app.engine_state.availability in ("loading", "ready")
        await wait_until_ready(pilot, app)


async def test_a_death_between_replies_is_not_even_noticed() -> None:
    engine = LocalEngine()
    app = RefsheetApp(GREEDY, engine)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        assert engine.pid is not None
        os.kill(engine.pid, signal.SIGKILL)
        await say(pilot, "Hello")
        await until(pilot, lambda: len(replies(app)) == 2 and not chat_of(app).replying)
        assert not app.screen.query(ChatNotice)


async def test_stopping_before_the_model_is_there_does_not_stop_its_loading() -> None:
    engine = PausedLoadEngine()
    app = RefsheetApp(GREEDY, engine)
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app.screen.query("CharacterTile")))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        await until(pilot, lambda: "43%" in activity(app))
        await pilot.press("escape")
        await until(pilot, lambda: not chat_of(app).replying)
        assert activity(app) == "Stopped"
        engine.goes_on.set()
        await wait_until_ready(pilot, app)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(replies(app)) == 1 and not chat_of(app).replying)


async def test_what_is_sent_without_a_model_comes_back_with_the_remedy(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.gguf")
    app = RefsheetApp(GREEDY.model_copy(update={"model": missing}))
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
        await pilot.press("escape", "enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        await until(pilot, lambda: not chat_of(app).replying)
        await say(pilot, "Hello")
        await until(pilot, lambda: composer(app).text == "Hello" and not chat_of(app).replying)
        assert "missing.gguf" in str(app.screen.query_one(ChatNotice).render())


async def test_who_leaves_a_chat_does_not_make_the_next_wait() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await wait_until_ready(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        first = chat_of(app)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen) and not first.replying)
        await pilot.press("enter")
        await until(pilot, lambda: len(replies(app)) == 1 and not chat_of(app).replying)
        assert chat_of(app) is first


async def test_every_action_is_in_help_and_palette() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        commands = {command.title for command in app.get_system_commands(app.screen)}
        assert {"Send", "New line", "Stop", "Regenerate", "Home", "Quit", "Help"} <= commands
        assert not any("Cursor" in command for command in commands)


async def test_an_edit_that_is_left_open_is_there_again_as_a_draft() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await say(pilot, "What are you?")
        await until(pilot, lambda: len(replies(app)) == 2 and not chat_of(app).replying)
        app.screen.query_one(Composer).text = "half a sentence"
        await pilot.press("ctrl+e")
        await until(pilot, lambda: app.screen.query_one(Composer).text == "What are you?")
        app.screen.query_one(Composer).text = "Who are you, really?"
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
    library = Library.open()
    (chat,) = library.chats.latest_chats(1)
    assert chat.draft == "Who are you, really?\nhalf a sentence"
    library.close()


class SilentEngine(LocalEngine):
    """An engine that writes nothing after the greeting."""

    greeted = False

    async def generate(
        self, prompt: Prompt, settings: GenerationSettings
    ) -> AsyncGenerator[EngineEvent, None]:
        if self.greeted:
            await asyncio.Event().wait()
        self.greeted = True
        async with aclosing(super().generate(prompt, settings)) as events:
            async for event in events:
                yield event


class ImpersonatingEngine(LocalEngine):
    """An engine that speaks for the user after the greeting."""

    greeted = False

    async def generate(
        self, prompt: Prompt, settings: GenerationSettings
    ) -> AsyncGenerator[EngineEvent, None]:
        if self.greeted:
            yield TextDelta("**You:** ")
            yield TextDelta("I wave.")
            yield ReplyFinished("end_of_turn", 0, 0, 0, Timings())
            return
        self.greeted = True
        async with aclosing(super().generate(prompt, settings)) as events:
            async for event in events:
                yield event


async def test_a_reply_in_which_only_the_user_speaks_is_explained() -> None:
    app = RefsheetApp(GREEDY, ImpersonatingEngine())
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await say(pilot, "Hello")
        await until(pilot, lambda: composer(app).text == "Hello" and not chat_of(app).replying)
        assert "speak for you" in str(app.screen.query_one(ChatNotice).render())
        assert len(replies(app)) == 1  # the greeting, and no empty bubble


async def test_an_edit_that_waits_for_its_reply_survives_leaving() -> None:
    app = RefsheetApp(GREEDY, SilentEngine())
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        library, chat = app.session.library, chat_of(app)
        first = library.tree.add_message(chat.number, chat._branch.leaf, "user", "What are you?")
        chat._branch.move_to(first.id)
        await pilot.press("ctrl+e")
        await until(pilot, lambda: app.screen.query_one(Composer).text == "What are you?")
        app.screen.query_one(Composer).text = "Who are you?"
        await pilot.press("enter")
        await until(pilot, lambda: chat.replying)
        await pilot.press(*"next", "ctrl+q")
    library = Library.open()
    (kept,) = library.chats.latest_chats(1)
    assert "Who are you?" in kept.draft and "next" in kept.draft
    library.close()


async def test_another_reply_in_the_middle_that_never_comes_hides_nothing() -> None:
    add_long_chat(turns=7)
    app = RefsheetApp(GREEDY, SilentEngine())
    async with app.run_test(size=(100, 50)) as pilot:
        await until(pilot, lambda: bool(app.screen.query("CharacterTile")))
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen.query(MessageWidget)) == 7)
        SilentEngine.greeted = True
        list(app.screen.query(MessageWidget))[2].focus()
        await pilot.press("r")
        await until(pilot, lambda: chat_of(app).replying)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen.query(MessageWidget)) == 7)


async def test_a_picture_that_has_changed_is_seen_as_it_is_now(tmp_path: Path) -> None:
    shot = tmp_path / "shot.png"
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        for name in ("miso", "coral"):
            before = len(replies(app))
            shot.write_bytes((samples_dir() / f"{name}.png").read_bytes())
            await say(pilot, f"/picture {shot}")
            await until(pilot, lambda: bool(app.screen.query("AttachmentTag")))
            await say(pilot, "Look!")
            await until(pilot, partial(_is_answered, app, before))
        questions = [
            turn.content[0] for turn in chat_of(app).conversation_turns if turn.role == "user"
        ]
        assert questions[1] != questions[2]


def _is_answered(app: RefsheetApp, before: int) -> bool:
    return len(replies(app)) > before and not chat_of(app).replying
