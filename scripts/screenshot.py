#!/usr/bin/env python3
"""Draw the screenshots in docs and record a session, with the program itself and the demo model."""

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

from demo.svg_animation import animate_svgs
from refsheet_tui.config import Config, GenerationConfig, ScreenConfig
from refsheet_tui.paths import samples_dir
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.screens.browse import BrowseScreen, PictureTree
from refsheet_tui.tui.screens.chat import ChatScreen
from refsheet_tui.tui.widgets.composer import Composer
from refsheet_tui.tui.widgets.portrait import Portrait

DOCS = Path(__file__).resolve().parent.parent / "docs"
SCREEN_SIZE = (110, 38)
RECORDING_SIZE = (84, 26)
QUESTIONS = ("What are you wearing?", "What color are your eyes?", "Tell me a story.")
# A picture in a README must not fetch a font.
FONT_FACES = re.compile(r"@font-face \{.*?\}", re.DOTALL)
SVG_TEXT = re.compile(r'(<text[^>]*?)textLength="([^"]*)"([^>]*)>([^<]*)</text>')


async def main() -> None:
    # Use separate folders, so that the pictures don't show anybody's chats and settings.
    for draw in (draw_first_start, draw_screens, draw_chinese, record_session):
        with tempfile.TemporaryDirectory() as folder:
            for kind in ("DATA", "CONFIG", "CACHE", "STATE", "MODELS"):
                os.environ[f"REFSHEET_{kind}_DIR"] = f"{folder}/{kind.lower()}"
            await draw()


def make_app(language: str, *, welcomes: bool = False) -> RefsheetApp:
    screens = ScreenConfig(language=language)  # type: ignore[arg-type]
    config = Config(language=language, screens=screens, generation=GenerationConfig(sample=False))
    return RefsheetApp(config, show_welcome=welcomes)


async def draw_first_start() -> None:
    app = make_app("en", welcomes=True)
    async with app.run_test(size=SCREEN_SIZE) as pilot:
        await wait_until(
            pilot, lambda: app.engine_state.is_demo and bool(app.screen.query("#welcome"))
        )
        await wait_until(pilot, lambda: app.models.measurement is not None)
        await wait_for_workers(pilot)
        save_screenshot(app, "screenshot-welcome.svg")


async def draw_screens() -> None:
    app = make_app("en")
    async with app.run_test(size=SCREEN_SIZE) as pilot:
        await wait_until(pilot, lambda: app.engine_state.is_demo and has_drawn_portraits(app))
        save_screenshot(app, "screenshot-home.svg")
        await pilot.press("enter")
        await wait_until(pilot, lambda: has_finished_replies(app, 1) and has_drawn_portraits(app))
        for number, question in enumerate(QUESTIONS, start=2):
            await pilot.press(*question, "enter")
            await wait_until(pilot, partial(has_finished_replies, app, number))
        save_screenshot(app, "screenshot.svg")
        for key, name in (
            ("f1", "help"),
            ("ctrl+l", "chats"),
            ("f3", "models"),
            ("f4", "settings"),
        ):
            chat = app.screen
            await pilot.press(key)
            await wait_until(pilot, lambda chat=chat: app.screen is not chat)  # type: ignore[misc]
            await wait_for_workers(pilot)
            save_screenshot(app, f"screenshot-{name}.svg")
            await pilot.press("escape")
            await wait_until(pilot, lambda chat=chat: app.screen is chat)  # type: ignore[misc]
        await pilot.press("ctrl+o", "a")
        await wait_until(pilot, lambda: isinstance(app.screen, ChatScreen))
        app.post_message(Paste(str(samples_dir() / "miso.png")))
        await wait_until(pilot, lambda: bool(app.screen.query("AttachmentTag")))
        await pilot.press(*"What is in this picture?", "enter")
        await wait_until(pilot, lambda: has_finished_replies(app, 1) and has_drawn_portraits(app))
        save_screenshot(app, "screenshot-assistant.svg")
        await pilot.press("ctrl+o", "n")
        await wait_until(pilot, lambda: bool(app.screen.query("PathInput:focus")))
        app.post_message(Paste(str(samples_dir() / "coral.png")))
        await wait_until(
            pilot, lambda: has_drawn_portraits(app) and len(app.screen.query("PathInput")) == 2
        )
        app.screen.query_one("#sheet PathInput").value = "~/sheets/coral.png"  # type: ignore[attr-defined]
        await wait_for_workers(pilot)
        save_screenshot(app, "screenshot-form.svg")
        app.push_screen(BrowseScreen(samples_dir()))
        await wait_until(pilot, lambda: bool(app.screen.query("PictureTree")))
        tree = app.screen.query_one(PictureTree)
        await wait_until(pilot, lambda: len(tree.root.children) > 5)
        tree.root.set_label("sheets")
        await pilot.press("down", "down")
        await wait_until(pilot, lambda: app.screen.query_one(Portrait).is_drawn)
        app.screen.query_one("#browse-path", Static).update("~/sheets/clover.png")
        await pilot.pause()
        save_screenshot(app, "screenshot-browse.svg")


async def draw_chinese() -> None:
    app = make_app("zh-Hans")
    async with app.run_test(size=SCREEN_SIZE) as pilot:
        app.theme = "refsheet-light"
        await wait_until(pilot, lambda: app.engine_state.is_demo and has_drawn_portraits(app))
        await pilot.press("enter")
        await wait_until(pilot, lambda: has_finished_replies(app, 1) and has_drawn_portraits(app))
        app.screen.query_one(Composer).insert("你的眼睛是什么颜色？")
        await pilot.press("enter")
        await wait_until(pilot, partial(has_finished_replies, app, 2))
        save_screenshot(app, "screenshot-chinese.svg")


async def record_session() -> None:
    """Record a session from the gallery to a second reply beside the first."""
    frames: list[tuple[str, float]] = []
    app = make_app("en")

    def add_frame(seconds: float) -> None:
        frames.append((export_svg(app), seconds))

    async with app.run_test(size=RECORDING_SIZE) as pilot:
        await wait_until(pilot, lambda: app.engine_state.is_demo and has_drawn_portraits(app))
        add_frame(2.0)
        await pilot.press("enter")
        await wait_until(pilot, lambda: has_finished_replies(app, 1))
        add_frame(2.5)
        for letter in QUESTIONS[1]:
            await pilot.press(letter)
            if letter in " ?":
                add_frame(0.35)
        await pilot.press("enter")
        await wait_until(pilot, partial(has_finished_replies, app, 2))
        add_frame(2.5)
        await pilot.press("ctrl+r")
        await wait_until(
            pilot, lambda: "‹2/2›" in app.export_screenshot() and has_finished_replies(app, 2)
        )
        add_frame(2.0)
        await pilot.press("/")
        await pilot.press(*"exp")
        add_frame(1.2)
        await pilot.press("escape", "ctrl+l")
        await wait_for_workers(pilot)
        add_frame(2.5)
    (DOCS / "session.svg").write_text(animate_svgs(frames), encoding="utf-8")


def has_finished_replies(app: RefsheetApp, replies: int) -> bool:
    """Return whether the chat has `replies` complete replies."""
    chat = app.screen
    return (
        isinstance(chat, ChatScreen)
        and not chat.replying
        and sum(turn.role == "model" for turn in chat.conversation_turns) == replies
    )


def has_drawn_portraits(app: RefsheetApp) -> bool:
    """Return whether every visible picture has been drawn."""
    return all(portrait.is_drawn for portrait in app.screen.query(Portrait) if portrait.size)


async def wait_until(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    while not condition():
        await pilot.pause(0.02)
    await pilot.pause()


async def wait_for_workers(pilot: Pilot[int]) -> None:
    """Wait for what is measured or searched in the background."""
    await pilot.app.workers.wait_for_complete(
        [worker for worker in pilot.app.workers if worker.group not in ("load", "reply")]
    )
    await pilot.pause()


def save_screenshot(app: RefsheetApp, name: str) -> None:
    (DOCS / name).write_text(export_svg(app), encoding="utf-8")


def export_svg(app: RefsheetApp) -> str:
    return SVG_TEXT.sub(_set_cell_width, FONT_FACES.sub("", app.export_screenshot()))


def _set_cell_width(text: re.Match[str]) -> str:
    """Set the width of a text in cells.

    Rich counts letters, but a Chinese one is two cells wide.
    """
    before, length, after, words = text.groups()
    letters = unescape(words)
    width = float(length) / max(1, len(letters)) * cell_len(letters)
    return f'{before}textLength="{width:g}"{after}>{words}</text>'


if __name__ == "__main__":
    asyncio.run(main())
