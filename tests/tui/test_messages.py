"""All actions on messages work on the screens."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot

from helpers.saved_chats import saved_messages, send_and_wait
from helpers.screens import (
    GREEDY,
    chat_of,
    open_first_chat,
    replies,
    say,
    until,
    user_message_count,
)
from refsheet_tui.chats.library import Library
from refsheet_tui.engine import EngineEvent, GenerationSettings, LocalEngine
from refsheet_tui.errors import EngineError
from refsheet_tui.prompting import Prompt
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.widgets.chat_message import ReplyMessage, UserMessage
from refsheet_tui.tui.widgets.composer import Composer
from refsheet_tui.tui.widgets.prose import Prose


async def test_what_one_said_can_be_said_differently() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await send_and_wait(pilot, app, "What are you?")
        await pilot.press("ctrl+e")
        composer = app.screen.query_one(Composer)
        await until(pilot, lambda: composer.text == "What are you?")
        composer.text = "What color are your eyes?"
        await pilot.press("enter")
        await until(pilot, lambda: "yellow" in replies(app)[-1] and not chat_of(app).replying)
        assert (len(replies(app)), user_message_count(app)) == (2, 1)
    assert [each.text for each in saved_messages()][1] == "What color are your eyes?"


async def test_an_edit_that_is_left_changes_nothing() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await send_and_wait(pilot, app, "What are you?")
        before = saved_messages()
        await pilot.press("ctrl+e")
        await until(pilot, lambda: bool(app.screen.query_one(Composer).text))
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen.query_one(Composer).text)
    assert saved_messages() == before


async def delete_question(pilot: Pilot[int], app: RefsheetApp) -> None:
    app.screen.query_one(UserMessage).focus()
    await pilot.press("d")
    await until(pilot, lambda: (len(replies(app)), user_message_count(app)) == (1, 0))


async def undo(pilot: Pilot[int], app: RefsheetApp) -> None:
    await pilot.press("alt+z")
    await until(pilot, lambda: (len(replies(app)), user_message_count(app)) == (2, 1))


async def test_a_message_is_deleted_and_comes_back() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await send_and_wait(pilot, app, "What are you?")
        before = saved_messages()
        await delete_question(pilot, app)
        await undo(pilot, app)
    assert saved_messages() == before


async def test_what_was_deleted_comes_back_after_other_settings_too() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await send_and_wait(pilot, app, "What are you?")
        before = saved_messages()
        await delete_question(pilot, app)
        before_it = chat_of(app)._controller._conversation
        await app.change_settings({"generation.max_new_tokens": 7})
        chat_of(app)._prewarm()
        await until(pilot, lambda: chat_of(app)._controller._conversation is not before_it)
        await undo(pilot, app)
    assert saved_messages() == before


async def test_a_branch_begins_at_any_message() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await send_and_wait(pilot, app, "What are you?")
        app.screen.query(ReplyMessage).first().focus()
        await pilot.press("b")
        await until(pilot, lambda: user_message_count(app) == 0)
        await send_and_wait(pilot, app, "Hello")
    library = Library.open()
    assert len(library.tree.messages_of_chat(library.chats.latest_chats(1)[0].id)) == 5
    library.close()


async def test_a_reply_of_the_characters_is_rewritten() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        app.screen.query(ReplyMessage).first().focus()
        await pilot.press("e")
        composer = app.screen.query_one(Composer)
        await until(pilot, lambda: bool(composer.text))
        composer.text = "Roar!"
        await pilot.press("enter")
        await until(pilot, lambda: replies(app) == ["Roar!"])
    assert [each.text for each in saved_messages()] == ["Roar!"]


async def test_a_message_is_copied_as_it_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    monkeypatch.setenv("SSH_CONNECTION", "x")
    monkeypatch.setattr(RefsheetApp, "copy_to_clipboard", lambda _, text: copied.append(text))
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        app.screen.query(ReplyMessage).first().focus()
        await pilot.press("c")
        await until(pilot, lambda: copied == replies(app))


async def test_the_system_s_own_clipboard_is_tried_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    program = tmp_path / "wl-copy"
    program.write_text(f"#!/bin/sh\n/bin/cat > {tmp_path}/copied\n")
    program.chmod(0o755)
    told: list[str] = []
    monkeypatch.setattr(App, "copy_to_clipboard", lambda _, text: told.append(text))
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        app.copy_to_clipboard("Käse 🐉")
        copied = tmp_path / "copied"
        await until(pilot, lambda: copied.exists() and copied.read_text("utf-8") == "Käse 🐉")
        await app.workers.wait_for_complete([each for each in app.workers if each.group == "copy"])
    assert not told


async def test_a_browser_has_a_clipboard_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In a browser, text is copied by the page, which may be on another machine."""
    copied: list[str] = []
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    program = tmp_path / "wl-copy"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(RefsheetApp, "is_web", True)
    monkeypatch.setattr(App, "copy_to_clipboard", lambda _, text: copied.append(text))
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        app.copy_to_clipboard("Käse 🐉")
        await until(pilot, lambda: copied == ["Käse 🐉"])


async def test_what_the_mouse_has_marked_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    monkeypatch.setattr(RefsheetApp, "copy_to_clipboard", lambda _, text: copied.append(text))
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_first_chat(pilot, app)
        prose = app.screen.query_one(Prose)
        await pilot.mouse_down(prose, offset=(0, 0))
        await pilot.hover(prose, offset=(9, 0))
        await pilot.mouse_up(prose, offset=(9, 0))
        await until(pilot, lambda: bool(app.screen.get_selected_text()))
        await pilot.press("ctrl+c")
        await until(pilot, lambda: bool(copied))
        assert replies(app)[0].startswith(copied[0].strip()) and len(copied[0].strip()) > 4


async def test_nothing_else_is_done_while_a_message_is_edited() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await send_and_wait(pilot, app, "What are you?")
        before = saved_messages()
        app.screen.query_one(Composer).text = "half a sen"
        await pilot.press("ctrl+e")
        composer = app.screen.query_one(Composer)
        await until(pilot, lambda: composer.text == "What are you?")
        app.screen.query(ReplyMessage).first().focus()
        await pilot.press("b", "ctrl+r", "alt+left", "d")
        assert (len(replies(app)), user_message_count(app)) == (2, 1) and not chat_of(app).replying
        await pilot.press("escape")
        await until(pilot, lambda: composer.text == "half a sen")
    assert saved_messages() == before


class FailingEngine(LocalEngine):
    """An engine whose next reply fails before its first word if `fails` is True."""

    fails = False

    async def generate(
        self, prompt: Prompt, settings: GenerationSettings
    ) -> AsyncGenerator[EngineEvent, None]:
        if self.fails:
            raise EngineError("It is out of order.", "Try again.")
        async with aclosing(super().generate(prompt, settings)) as events:
            async for event in events:
                yield event


async def test_a_reply_that_fails_after_a_branch_leaves_the_branch() -> None:
    engine = FailingEngine()
    app = RefsheetApp(GREEDY, engine)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await send_and_wait(pilot, app, "What are you?")
        app.screen.query(ReplyMessage).first().focus()
        await pilot.press("b")
        await until(pilot, lambda: user_message_count(app) == 0)
        engine.fails = True
        await say(pilot, "Hello")
        composer = app.screen.query_one(Composer)
        await until(pilot, lambda: composer.text == "Hello" and not chat_of(app).replying)
        assert (len(replies(app)), user_message_count(app)) == (1, 0)
        engine.fails = False
        await pilot.press("enter")
        await until(pilot, lambda: len(replies(app)) == 2 and not chat_of(app).replying)
    assert [each.text for each in saved_messages()][1:2] == ["Hello"] and len(saved_messages()) == 3


async def test_an_edit_that_fails_can_be_sent_again_in_its_place() -> None:
    engine = FailingEngine()
    app = RefsheetApp(GREEDY, engine)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await send_and_wait(pilot, app, "What are you?")
        await pilot.press("ctrl+e")
        composer = app.screen.query_one(Composer)
        await until(pilot, lambda: bool(composer.text))
        composer.text = "What color are you?"
        engine.fails = True
        await pilot.press("enter")
        await until(pilot, lambda: composer.text == "What color are you?")
        await until(pilot, lambda: not chat_of(app).replying)
        engine.fails = False
        await pilot.press("enter")
        await until(pilot, lambda: "red" in replies(app)[-1] and not chat_of(app).replying)
        assert (len(replies(app)), user_message_count(app)) == (2, 1)
    assert len(saved_messages()) == 3


async def test_what_begins_with_a_slash_can_be_said_again() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await send_and_wait(pilot, app, "//hello")
        await pilot.press("ctrl+e")
        composer = app.screen.query_one(Composer)
        await until(pilot, lambda: composer.text == "//hello")
