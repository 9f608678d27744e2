"""A user who is faster than the program, and the mistakes that this must not cause."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from helpers.screens import (
    ENDLESS,
    GREEDY,
    chat_of,
    open_first_chat,
    replies,
    say,
    until,
    user_message_count,
    wait_until_ready,
)
from refsheet_tui.engine import (
    EngineEvent,
    GenerationSettings,
    LocalEngine,
    TextDelta,
)
from refsheet_tui.errors import EngineDiedError
from refsheet_tui.prompting import Prompt
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.screens.chat import ChatScreen
from refsheet_tui.tui.screens.home import HomeScreen
from refsheet_tui.tui.widgets.composer import Composer
from refsheet_tui.tui.widgets.gallery_tiles import CharacterTile


def composer(app: RefsheetApp) -> str:
    return app.screen.query_one(Composer).text


async def test_stopping_again_and_again_leaves_a_chat_that_answers() -> None:
    app = RefsheetApp(ENDLESS)
    async with app.run_test() as pilot:
        await wait_until_ready(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: bool(replies(app)))
        await pilot.press("escape", "escape", "escape")
        await until(pilot, lambda: not chat_of(app).replying)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: chat_of(app).replying and bool(replies(app)))
        await pilot.press("escape")
        await until(pilot, lambda: not chat_of(app).replying)


async def test_letters_typed_behind_enter_stay_for_the_next_message() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await pilot.press("H", "i", "enter", "s", "o")
        await until(pilot, lambda: len(replies(app)) == 2 and not chat_of(app).replying)
        assert composer(app) == "so"


class HangingEngine(LocalEngine):
    """An engine that writes a few words, and then hangs until it is stopped."""

    async def generate(
        self, prompt: Prompt, settings: GenerationSettings
    ) -> AsyncGenerator[EngineEvent, None]:
        async with aclosing(super().generate(prompt, settings)) as events:
            words = 0
            async for event in events:
                yield event
                words += isinstance(event, TextDelta)
                if words == 3:
                    await asyncio.Event().wait()


async def test_what_waits_behind_a_stopped_reply_comes_back() -> None:
    app = RefsheetApp(GREEDY, HangingEngine())
    async with app.run_test() as pilot:
        await wait_until_ready(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: bool(replies(app)))
        await say(pilot, "wait")
        await until(pilot, lambda: user_message_count(app) == 1)
        await pilot.press("escape")
        await until(pilot, lambda: not chat_of(app).replying)
        assert composer(app) == "wait"
        assert user_message_count(app) == 0
        assert len(replies(app)) == 1


async def test_a_card_chosen_twice_opens_one_chat() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app.screen.query("CharacterTile:focus")))
        card = app.screen.query_one("CharacterTile:focus", CharacterTile)
        card.action_select()
        card.action_select()
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        await until(pilot, lambda: len(replies(app)) == 1 and not chat_of(app).replying)
        assert sum(isinstance(screen, ChatScreen) for screen in app.screen_stack) == 1


async def test_a_greeting_that_was_stopped_stays_stopped_when_help_is_closed() -> None:
    app = RefsheetApp(ENDLESS)
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app.screen.query("CharacterTile")))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen) and chat_of(app).replying)
        chat = chat_of(app)
        await pilot.press("escape")
        await until(pilot, lambda: not chat.replying)
        await pilot.press("f1")
        await until(pilot, lambda: app.screen is not chat)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is chat)
        await pilot.pause()
        assert not chat.replying


async def test_coming_back_at_once_finds_a_greeting() -> None:
    app = RefsheetApp(ENDLESS)
    async with app.run_test() as pilot:
        await wait_until_ready(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen) and chat_of(app).replying)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen) and bool(replies(app)))


async def test_a_problem_of_ours_keeps_its_remedy() -> None:
    app = RefsheetApp(GREEDY)
    problem = EngineDiedError("It ended.", "Do this.")
    app._handle_exception(problem)
    assert app.crash is problem
