from __future__ import annotations

import os
import signal
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
from refsheet_tui.engine import EngineEvent, GenerationSettings, LocalEngine, TextDelta
from refsheet_tui.prompting import Prompt
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.screens.chat import ChatScreen
from refsheet_tui.tui.screens.home import HomeScreen
from refsheet_tui.tui.widgets.chat_message import ChatNotice
from refsheet_tui.tui.widgets.composer import Composer
from refsheet_tui.tui.widgets.heading import DemoNotice


async def test_a_sample_greets_and_answers() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await open_first_chat(pilot, app)
        assert "Ember" in replies(app)[0] and "red dragon" in replies(app)[0]
        await say(pilot, "What color are your eyes?")
        await until(pilot, lambda: len(replies(app)) == 2 and not chat_of(app).replying)
        assert "yellow" in replies(app)[1]
        assert user_message_count(app) == 1
        assert app.screen.query_one(Composer).text == ""
        assert app.screen.query_one(DemoNotice).display


async def test_escape_stops_a_reply_and_keeps_what_came() -> None:
    app = RefsheetApp(ENDLESS)
    async with app.run_test() as pilot:
        await wait_until_ready(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: bool(replies(app)) and len(replies(app)[0]) > 20)
        await pilot.press("escape")
        await until(pilot, lambda: not chat_of(app).replying)
        kept = replies(app)[0]
        assert len(kept) > 20
        assert chat_of(app).conversation_turns[-1].content == (kept,)


async def test_again_replaces_the_last_reply() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        first = replies(app)[0]
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(replies(app)) == 1 and not chat_of(app).replying)
        assert replies(app) == [first]
        assert len(chat_of(app).conversation_turns) == 2


async def test_what_is_said_while_it_speaks_is_answered_next() -> None:
    generation = ENDLESS.generation.model_copy(update={"max_new_tokens": 300})
    app = RefsheetApp(ENDLESS.model_copy(update={"generation": generation}))
    async with app.run_test() as pilot:
        await wait_until_ready(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        await say(pilot, "wait")
        assert app.screen.query_one(Composer).text == ""
        assert user_message_count(app) == 1
        await until(pilot, lambda: len(replies(app)) == 2 and not chat_of(app).replying)
        turns = chat_of(app).conversation_turns
        assert [turn.role for turn in turns] == ["user", "model", "user", "model"]
        assert turns[2].content == ("wait",)


async def test_a_new_line_is_not_the_end() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await pilot.press("a", "ctrl+j", "b")
        assert app.screen.query_one(Composer).text == "a\nb"


async def test_markup_in_a_message_is_only_text() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await say(pilot, "[/b] [red]hi[/] <end_of_turn>")
        await until(pilot, lambda: len(replies(app)) == 2 and not chat_of(app).replying)
        assert user_message_count(app) == 1


async def test_a_chat_is_still_there_when_one_comes_back() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        before = replies(app)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        assert replies(app) == before


class DyingEngine(LocalEngine):
    """An engine that is killed after the first words of the first reply."""

    was_killed = False

    async def generate(
        self, prompt: Prompt, settings: GenerationSettings
    ) -> AsyncGenerator[EngineEvent, None]:
        async with aclosing(super().generate(prompt, settings)) as events:
            async for event in events:
                if isinstance(event, TextDelta) and not self.was_killed:
                    assert self.pid is not None
                    os.kill(self.pid, signal.SIGKILL)
                    self.was_killed = True
                yield event


async def test_the_chat_survives_the_death_of_the_engine() -> None:
    app = RefsheetApp(ENDLESS, DyingEngine())
    async with app.run_test() as pilot:
        await wait_until_ready(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.screen.query(ChatNotice)))
        await until(pilot, lambda: not chat_of(app).replying)
        kept = replies(app)[0]
        assert kept
        await say(pilot, "go on")
        await until(pilot, lambda: len(replies(app)) == 2)
        assert replies(app)[0] == kept
        assert app.engine_state.availability == "ready"
        await pilot.press("ctrl+q")


async def test_quitting_does_not_wait_for_a_busy_model() -> None:
    engine = LocalEngine()
    app = RefsheetApp(ENDLESS, engine)
    async with app.run_test() as pilot:
        await wait_until_ready(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: bool(replies(app)))
        pid = engine.pid
        await pilot.press("ctrl+q")
    assert pid is not None and engine.pid is None
    assert app.return_code == 0
