#!/usr/bin/env python3
"""Draw the screenshots in docs: the program itself, with the demo model."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from textual.pilot import Pilot

from refsheet_tui.config import Config, Generation
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.screens.chat import ChatScreen
from refsheet_tui.tui.widgets.portrait import Portrait

DOCS = Path(__file__).resolve().parent.parent / "docs"
SIZE = (110, 38)
QUESTIONS = ("What are you wearing?", "What color are your eyes?", "Tell me a story.")
# A picture in a README must not fetch a font.
FONT_FACES = re.compile(r"@font-face \{.*?\}", re.DOTALL)


async def main() -> None:
    # A library of its own: pictures in docs show nobody's chats.
    with tempfile.TemporaryDirectory() as folder:
        os.environ["REFSHEET_DATA_DIR"] = folder
        await draw()


async def draw() -> None:
    app = RefsheetApp(Config(language="en", generation=Generation(sample=False)))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.engine_state.is_demo and drawn(app))
        save(app, "screenshot-home.svg")
        await pilot.press("enter")
        await until(pilot, lambda: settled(app, 1) and drawn(app))
        for number, question in enumerate(QUESTIONS, start=2):
            await pilot.press(*question, "enter")
            await until(pilot, partial(settled, app, number))
        save(app, "screenshot.svg")


def settled(app: RefsheetApp, replies: int) -> bool:
    """Whether so many replies are written to their end."""
    chat = app.screen
    return (
        isinstance(chat, ChatScreen)
        and not chat.replying
        and sum(turn.role == "model" for turn in chat.conversation_turns) == replies
    )


def drawn(app: RefsheetApp) -> bool:
    """Whether every picture that is shown has been drawn."""
    return all(portrait.is_drawn for portrait in app.screen.query(Portrait) if portrait.size)


async def until(pilot: Pilot[int], reached: Callable[[], bool]) -> None:
    while not reached():
        await pilot.pause(0.02)
    await pilot.pause()


def save(app: RefsheetApp, name: str) -> None:
    svg = FONT_FACES.sub("", app.export_screenshot())
    (DOCS / name).write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
