"""A long evening does not fill the memory, because closed screens are freed."""

from __future__ import annotations

import gc
import os
from collections import Counter

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from helpers.machine_settings import EXAMPLES
from helpers.saved_chats import add_long_chat, send_and_wait
from helpers.screens import GREEDY, chat_of, replies, until, wait_until_ready
from refsheet_tui.chats import Conversation
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.garbage import free_memory
from refsheet_tui.tui.screens.chat import ChatScreen
from refsheet_tui.tui.widgets.chat_message import MessageWidget
from refsheet_tui.tui.widgets.gallery_tiles import CharacterTile
from refsheet_tui.tui.widgets.history import EarlierNotice

_TIMES = 50 if EXAMPLES in os.environ else 5


def closed_objects(app: RefsheetApp) -> Counter[str]:
    """Return the names of closed screens and widgets that are in memory, and how many there are."""
    free_memory(app)
    found = gc.get_objects()
    return Counter(
        type(each).__name__
        for each in found
        if isinstance(each, Screen | Widget) and each._closed and each.app is app
    )


async def until_freed(pilot: Pilot[int], app: RefsheetApp) -> None:
    # The event loop keeps what a timer refers to until the time of the timer has come.
    await until(pilot, lambda: not closed_objects(app))


@pytest.mark.parametrize(
    ("key", "close"),
    [
        ("f1", "escape"),
        ("f3", "escape"),
        ("f4", "escape"),
        ("ctrl+l", "escape"),
        ("n", "escape"),
        ("ctrl+p", "escape"),
        ("a", "ctrl+o"),
    ],
)
async def test_a_closed_screen_is_freed(key: str, close: str) -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await wait_until_ready(pilot, app)
        home = app.screen
        for _ in range(_TIMES):
            await pilot.press(key)
            await until(pilot, lambda: app.screen is not home)
            await pilot.press(close)
            await until(pilot, lambda: app.screen is home)
        await until_freed(pilot, app)


async def test_a_chat_that_was_left_for_a_new_one_is_freed() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await wait_until_ready(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen) and bool(replies(app)))
        for _ in range(_TIMES):
            await send_and_wait(pilot, app, "Hi")
            await pilot.press("ctrl+n")
            await until(pilot, lambda: len(replies(app)) == 1)
            await until(pilot, lambda: not chat_of(app).replying)
        await until_freed(pilot, app)
        conversations = [each for each in gc.get_objects() if isinstance(each, Conversation)]
        assert len(conversations) <= len(app._chats.in_background) + 1


async def test_a_chat_that_grows_long_keeps_few_messages_on_the_screen() -> None:
    add_long_chat(200)
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app.screen.query(CharacterTile)))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        while len(app.screen.query(MessageWidget)) <= 120:
            before = len(app.screen.query(MessageWidget))
            await pilot.press("ctrl+up")
            await until(pilot, lambda: len(app.screen.query(MessageWidget)) > before)  # noqa: B023 - awaited at once
        app.screen.query_one("#said").scroll_end(animate=False)
        await pilot.pause()
        await pilot.press("H", "i", "enter")
        await until(pilot, lambda: len(app.screen.query(MessageWidget)) == 60)
        assert app.screen.query(EarlierNotice)
        assert replies(app)[-1] != "turn 199"
        await pilot.press("ctrl+up")
        await until(pilot, lambda: len(app.screen.query(MessageWidget)) == 80)
