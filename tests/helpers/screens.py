"""Drives the screens: waits for what a person would wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.pilot import Pilot

from refsheet_tui.config import Config, Generation, Screens
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.screens.chat import ChatScreen
from refsheet_tui.tui.widgets.bubbles import Bubble, ReplyBubble

PICTURED = Config(threads=1, context_size=2048, generation=Generation(sample=False))
# Pictures cost more to draw than all the rest, and have tests of their own.
GREEDY = PICTURED.model_copy(update={"screens": Screens(pictures="off")})
# Every token as likely as every other, which no setting of a person's allows: this seed's reply
# goes on for 4,000 tokens, whatever the prompt and the weights.
ENDLESS = Config(
    threads=1,
    generation=Generation(top_k=0, top_p=1.0, max_new_tokens=100_000, seed=18).model_copy(
        update={"temperature": 1e6}
    ),
)
_PATIENCE_S = 60


async def until(pilot: Pilot[int], reached: Callable[[], bool]) -> None:
    """Let the screens live on until something has happened, and is drawn; a test that waits in vain
    fails."""

    async def wait() -> None:
        while not reached():
            await pilot.pause(0.01)

    await asyncio.wait_for(wait(), _PATIENCE_S)
    if pilot.app.is_running:
        await pilot.pause()


def chat_of(app: RefsheetApp) -> ChatScreen:
    assert isinstance(app.screen, ChatScreen)
    return app.screen


def replies(app: RefsheetApp) -> list[str]:
    return [bubble.text for bubble in app.screen.query(ReplyBubble)]


async def ready(pilot: Pilot[int], app: RefsheetApp) -> None:
    await until(pilot, lambda: app.engine_state.phase == "ready")


async def open_first_chat(pilot: Pilot[int], app: RefsheetApp) -> None:
    """Ember, and its greeting to the end."""
    await until(pilot, lambda: bool(app.screen.query("Card")))
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, ChatScreen))
    await until(pilot, lambda: len(replies(app)) == 1 and not chat_of(app).replying)


async def say(pilot: Pilot[int], text: str) -> None:
    await pilot.press(*text, "enter")


def said(app: RefsheetApp) -> int:
    """How many messages of the person are shown."""
    return len(app.screen.query(Bubble))


def shown(app: RefsheetApp) -> str:
    """Every character that is on the screen."""
    width, height = app.size
    lines = app.screen._compositor.render_strips(app.size)
    return "\n".join(line.crop(0, width).text for line in lines[:height])


def told(app: RefsheetApp) -> str:
    """What was said in passing, in the corner of the screen."""
    return "\n".join(each.message for each in app._notifications)
