#!/usr/bin/env python3
"""Draw the screenshots in docs, and record a session: the program itself, with the demo model."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Callable
from functools import partial
from html import unescape
from pathlib import Path

from rich.cells import cell_len
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Static

from demo.recording import animated
from refsheet_tui.config import Config, Generation, Screens
from refsheet_tui.paths import samples_dir
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.screens.browse import BrowseScreen, PictureTree
from refsheet_tui.tui.screens.chat import ChatScreen
from refsheet_tui.tui.widgets.composer import Composer
from refsheet_tui.tui.widgets.portrait import Portrait

DOCS = Path(__file__).resolve().parent.parent / "docs"
SIZE = (110, 38)
SMALL = (84, 26)
QUESTIONS = ("What are you wearing?", "What color are your eyes?", "Tell me a story.")
# A picture in a README must not fetch a font.
FONT_FACES = re.compile(r"@font-face \{.*?\}", re.DOTALL)
TEXT = re.compile(r'(<text[^>]*?)textLength="([^"]*)"([^>]*)>([^<]*)</text>')


async def main() -> None:
    # Folders of their own: pictures in docs show nobody's chats and settings.
    for draw in (draw_first_start, draw_screens, draw_chinese, record):
        with tempfile.TemporaryDirectory() as folder:
            for kind in ("DATA", "CONFIG", "CACHE", "STATE", "MODELS"):
                os.environ[f"REFSHEET_{kind}_DIR"] = f"{folder}/{kind.lower()}"
            await draw()


def app_in(language: str, *, welcomes: bool = False) -> RefsheetApp:
    screens = Screens(language=language)  # type: ignore[arg-type]
    config = Config(language=language, screens=screens, generation=Generation(sample=False))
    return RefsheetApp(config, welcomes=welcomes)


async def draw_first_start() -> None:
    app = app_in("en", welcomes=True)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.engine_state.is_demo and bool(app.screen.query("#welcome")))
        await until(pilot, lambda: app.models.measured is not None)
        await quiet(pilot)
        save(app, "screenshot-welcome.svg")


async def draw_screens() -> None:
    app = app_in("en")
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.engine_state.is_demo and drawn(app))
        save(app, "screenshot-home.svg")
        await pilot.press("enter")
        await until(pilot, lambda: settled(app, 1) and drawn(app))
        for number, question in enumerate(QUESTIONS, start=2):
            await pilot.press(*question, "enter")
            await until(pilot, partial(settled, app, number))
        save(app, "screenshot.svg")
        for key, name in (
            ("f1", "help"),
            ("ctrl+l", "chats"),
            ("f3", "models"),
            ("f4", "settings"),
        ):
            chat = app.screen
            await pilot.press(key)
            await until(pilot, lambda chat=chat: app.screen is not chat)  # type: ignore[misc]
            await quiet(pilot)
            save(app, f"screenshot-{name}.svg")
            await pilot.press("escape")
            await until(pilot, lambda chat=chat: app.screen is chat)  # type: ignore[misc]
        await pilot.press("ctrl+o", "a")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        app.post_message(Paste(str(samples_dir() / "miso.png")))
        await until(pilot, lambda: bool(app.screen.query("Attached")))
        await pilot.press(*"What is in this picture?", "enter")
        await until(pilot, lambda: settled(app, 1) and drawn(app))
        save(app, "screenshot-assistant.svg")
        await pilot.press("ctrl+o", "n")
        await until(pilot, lambda: bool(app.screen.query("PathInput:focus")))
        app.post_message(Paste(str(samples_dir() / "coral.png")))
        await until(pilot, lambda: drawn(app) and len(app.screen.query("PathInput")) == 2)
        app.screen.query_one("#sheet PathInput").value = "~/sheets/coral.png"  # type: ignore[attr-defined]
        await quiet(pilot)
        save(app, "screenshot-form.svg")
        app.push_screen(BrowseScreen(samples_dir()))
        await until(pilot, lambda: bool(app.screen.query("PictureTree")))
        tree = app.screen.query_one(PictureTree)
        await until(pilot, lambda: len(tree.root.children) > 5)
        tree.root.set_label("sheets")
        await pilot.press("down", "down")
        await until(pilot, lambda: app.screen.query_one(Portrait).is_drawn)
        app.screen.query_one("#browse-path", Static).update("~/sheets/clover.png")
        await pilot.pause()
        save(app, "screenshot-browse.svg")


async def draw_chinese() -> None:
    app = app_in("zh-Hans")
    async with app.run_test(size=SIZE) as pilot:
        app.theme = "refsheet-light"
        await until(pilot, lambda: app.engine_state.is_demo and drawn(app))
        await pilot.press("enter")
        await until(pilot, lambda: settled(app, 1) and drawn(app))
        app.screen.query_one(Composer).insert("你的眼睛是什么颜色？")
        await pilot.press("enter")
        await until(pilot, partial(settled, app, 2))
        save(app, "screenshot-chinese.svg")


async def record() -> None:
    """From the gallery to a second reply beside the first."""
    frames: list[tuple[str, float]] = []
    app = app_in("en")

    def shot(seconds: float) -> None:
        frames.append((svg_of(app), seconds))

    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.engine_state.is_demo and drawn(app))
        shot(2.0)
        await pilot.press("enter")
        await until(pilot, lambda: settled(app, 1))
        shot(2.5)
        for letter in QUESTIONS[1]:
            await pilot.press(letter)
            if letter in " ?":
                shot(0.35)
        await pilot.press("enter")
        await until(pilot, partial(settled, app, 2))
        shot(2.5)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "‹2/2›" in app.export_screenshot() and settled(app, 2))
        shot(2.0)
        await pilot.press("/")
        await pilot.press(*"exp")
        shot(1.2)
        await pilot.press("escape", "ctrl+l")
        await quiet(pilot)
        shot(2.5)
    (DOCS / "session.svg").write_text(animated(frames), encoding="utf-8")


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


async def quiet(pilot: Pilot[int]) -> None:
    """What is measured or searched in the background has come."""
    await pilot.app.workers.wait_for_complete(
        [worker for worker in pilot.app.workers if worker.group not in ("load", "reply")]
    )
    await pilot.pause()


def save(app: RefsheetApp, name: str) -> None:
    (DOCS / name).write_text(svg_of(app), encoding="utf-8")


def svg_of(app: RefsheetApp) -> str:
    return TEXT.sub(_as_wide_as_its_cells, FONT_FACES.sub("", app.export_screenshot()))


def _as_wide_as_its_cells(text: re.Match[str]) -> str:
    """Rich counts letters, of which Chinese ones are two cells wide."""
    before, length, after, words = text.groups()
    letters = unescape(words)
    width = float(length) / max(1, len(letters)) * cell_len(letters)
    return f'{before}textLength="{width:g}"{after}>{words}</text>'


if __name__ == "__main__":
    asyncio.run(main())
