"""Driving the screens, waiting for what a user would wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.pilot import Pilot

from refsheet_tui.config import Config, GenerationConfig, ScreenConfig
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.screens.chat import ChatScreen
from refsheet_tui.tui.widgets.chat_message import ReplyMessage, UserMessage

PICTURED = Config(threads=1, context_size=2048, generation=GenerationConfig(sample=False))
# Pictures take longer to draw than everything else, and have their own tests.
GREEDY = PICTURED.model_copy(update={"screens": ScreenConfig(pictures="off")})
# All tokens are equally likely, which the user's settings don't allow. This seed's reply has 4,000
# tokens, whatever the prompt and the weights.
ENDLESS = Config(
    threads=1,
    generation=GenerationConfig(top_k=0, top_p=1.0, max_new_tokens=100_000, seed=18).model_copy(
        update={"temperature": 1e6}
    ),
)
_PATIENCE_S = 60


async def until(pilot: Pilot[int], reached: Callable[[], bool]) -> None:
    """Let the screens run until `reached` returns True, or fail after a while."""

    async def wait() -> None:
        while not reached():
            if pilot.app._exception is not None:
                raise pilot.app._exception
            # The pilot's own pause asks every widget whether it is idle, and draws the screen.
            await asyncio.sleep(0.01)

    await asyncio.wait_for(wait(), _PATIENCE_S)
    if pilot.app.is_running:
        await pilot.pause()


def chat_of(app: RefsheetApp) -> ChatScreen:
    assert isinstance(app.screen, ChatScreen)
    return app.screen


def replies(app: RefsheetApp) -> list[str]:
    return [bubble.text for bubble in app.screen.query(ReplyMessage)]


async def wait_until_ready(pilot: Pilot[int], app: RefsheetApp) -> None:
    await until(pilot, lambda: app.engine_state.availability == "ready")


async def open_first_chat(pilot: Pilot[int], app: RefsheetApp) -> None:
    """Open the chat with Ember, and wait for the end of its greeting."""
    await until(pilot, lambda: bool(app.screen.query("CharacterTile")))
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, ChatScreen))
    await until(pilot, lambda: len(replies(app)) == 1 and not chat_of(app).replying)


async def say(pilot: Pilot[int], text: str) -> None:
    await pilot.press(*text, "enter")


def user_message_count(app: RefsheetApp) -> int:
    """Return the number of the user's messages on the screen."""
    return len(app.screen.query(UserMessage))


def screen_text(app: RefsheetApp) -> str:
    """Return all text on the screen."""
    width, height = app.size
    lines = app.screen._compositor.render_strips(app.size)
    return "\n".join(line.crop(0, width).text for line in lines[:height])


def notifications(app: RefsheetApp) -> str:
    """Return the notifications in the corner of the screen."""
    return "\n".join(each.message for each in app._notifications)
