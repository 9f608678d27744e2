"""Slash commands on the screens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

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
from refsheet_tui.chats.slash_commands import COMMANDS, complete, is_command, parse
from refsheet_tui.errors import UsageError
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.screens.chats import ChatsScreen
from refsheet_tui.tui.screens.help import HelpScreen
from refsheet_tui.tui.widgets.composer import Composer


@pytest.mark.parametrize(
    ("typed", "rest"),
    [
        ("/re", "generate"),
        ("/Ex", "port"),
        ("/help", ""),
        ("/x", ""),
        ("//h", ""),
        ("/note a", ""),
        ("h", ""),
    ],
)
def test_commands_are_completed(typed: str, rest: str) -> None:
    assert complete(typed) == rest


def test_every_command_is_known_and_explained() -> None:
    for command in COMMANDS:
        assert is_command(f"/{command.name}") and command.about
        assert parse(f"/{command.name} {command.argument}")[0] is command


@pytest.mark.parametrize("line", ["/swim", "/", "/note", "/title  "])
def test_what_is_none_is_told(line: str) -> None:
    with pytest.raises(UsageError):
        parse(line)


async def line(pilot: Pilot[int], app: RefsheetApp, text: str) -> None:
    app.screen.query_one(Composer).text = text
    await pilot.press("enter")


async def test_commands_do_what_keys_do(tmp_path: Path) -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await line(pilot, app, "/regenerate")
        title = ".bubble-name"
        await until(pilot, lambda: "‹2/2›" in str(app.screen.query(title).last(Static).render()))
        await line(pilot, app, "/title The first one")
        await line(pilot, app, "/note Be brief.")
        await say(pilot, "//help")
        await until(pilot, lambda: len(replies(app)) == 2 and not chat_of(app).replying)
        assert user_message_count(app) == 1
        file = tmp_path / "chat.json"
        await line(pilot, app, f"/export {file}")
        await until(pilot, lambda: file.exists() and file.stat().st_size > 0)
        await line(pilot, app, f"/export {file}")
        composer = app.screen.query_one(Composer)
        await until(pilot, lambda: composer.text.startswith("/export"))
        composer.clear()
        await line(pilot, app, "/help")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.press("escape")
        await line(pilot, app, "/chats")
        await until(pilot, lambda: isinstance(app.screen, ChatsScreen))
    written = json.loads(file.read_text(encoding="utf-8"))
    assert written["title"] == "The first one" and len(written["messages"]) == 4
    own = [each for each in written["messages"] if each["role"] == "user"]
    assert [(each["text"], each["asides"]) for each in own] == [("/help", ["Be brief."])]
    library = Library.open()
    assert library.chats.latest_chats(1)[0].note == "Be brief."
    library.close()


async def test_a_command_that_cannot_be_used_now_keeps_its_text() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        composer = app.screen.query_one(Composer)
        for text in ("/edit Who are you?", "/undo"):
            await line(pilot, app, text)
            await until(pilot, lambda text=text: composer.text == text)  # type: ignore[misc]
            composer.clear()
        await line(pilot, app, "/rewrite Roar!")
        await until(pilot, lambda: composer.text == "Roar!")
