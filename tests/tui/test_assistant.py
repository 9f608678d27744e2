"""Chats with the assistant, and pictures that are sent in a chat."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from textual.events import Paste
from textual.pilot import Pilot

from helpers.saved_chats import saved_messages, send_and_wait
from helpers.screens import (
    GREEDY,
    chat_of,
    notifications,
    open_first_chat,
    replies,
    say,
    screen_text,
    until,
    wait_until_ready,
)
from refsheet_tui.chats import Conversation
from refsheet_tui.chats.library import Library
from refsheet_tui.engine import EngineEvent, GenerationSettings, LocalEngine
from refsheet_tui.paths import samples_dir
from refsheet_tui.prompting import Prompt, TextPart
from refsheet_tui.tui import clipboard
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.screens.chat import ChatScreen
from refsheet_tui.tui.screens.home import HomeScreen
from refsheet_tui.tui.widgets.attachments import AttachmentTag
from refsheet_tui.tui.widgets.chat_message import ChatNotice, UserMessage
from refsheet_tui.tui.widgets.composer import Composer
from refsheet_tui.tui.widgets.gallery_tiles import ActionTile
from refsheet_tui.tui.widgets.portrait import Portrait

MISO = samples_dir() / "miso.png"


async def open_assistant(pilot: Pilot[int], app: RefsheetApp) -> None:
    await wait_until_ready(pilot, app)
    await until(pilot, lambda: bool(app.screen.query(ActionTile)))
    await pilot.press("a")
    await until(pilot, lambda: isinstance(app.screen, ChatScreen))


async def attach(pilot: Pilot[int], app: RefsheetApp, *pictures: Path) -> None:
    app.post_message(Paste("\n".join(map(str, pictures))))
    await until(pilot, lambda: len(app.screen.query(AttachmentTag)) == len(pictures))


async def test_a_question_about_a_picture() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_assistant(pilot, app)
        assert not replies(app), "nobody greets"
        await attach(pilot, app, MISO)
        await send_and_wait(pilot, app, "What is in this picture?")
        assert "orange cat" in replies(app)[0]
        assert not app.screen.query(AttachmentTag)
        assert len(app.screen.query_one(UserMessage).query(Portrait)) == 1
        assert len(saved_messages()[0].pictures) == 1
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await pilot.press("a")
        await until(pilot, lambda: len(replies(app)) == 1)


async def test_a_picture_alone_can_be_sent() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_assistant(pilot, app)
        await attach(pilot, app, MISO)
        await pilot.press("enter")
        await until(pilot, lambda: len(replies(app)) == 1 and not chat_of(app).replying)
        assert saved_messages()[0].text == ""


async def test_a_picture_is_sent_to_a_character() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await attach(pilot, app, MISO, samples_dir() / "coral.png")
        await send_and_wait(pilot, app, "Look!")
        assert len(saved_messages()[1].pictures) == 2
        assert sum(not isinstance(each, str) for each in chat_of(app).conversation_turns[2].content)


async def test_pictures_are_taken_off_again() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await open_assistant(pilot, app)
        await attach(pilot, app, MISO, samples_dir() / "coral.png")
        await pilot.click(app.screen.query(AttachmentTag).first())
        await until(pilot, lambda: len(app.screen.query(AttachmentTag)) == 1)
        await pilot.press("alt+x")
        await until(pilot, lambda: not app.screen.query(AttachmentTag))


async def test_what_is_no_picture_is_text_or_told(tmp_path: Path) -> None:
    words = tmp_path / "words.png"
    words.write_bytes(b"\x89PNG and nothing more")
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await open_assistant(pilot, app)
        app.post_message(Paste("/nowhere/at all.png"))
        await until(pilot, lambda: "nowhere" in app.screen.query_one(Composer).text)
        app.post_message(Paste(str(words)))
        await until(pilot, lambda: "words.png" in notifications(app))
        assert not app.screen.query(AttachmentTag)


async def test_a_picture_that_is_gone_when_it_is_sent_comes_back(tmp_path: Path) -> None:
    copy = tmp_path / "copy.png"
    copy.write_bytes(MISO.read_bytes())
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await open_assistant(pilot, app)
        await attach(pilot, app, copy)
        copy.unlink()
        await say(pilot, "Look!")
        await until(pilot, lambda: bool(app.screen.query(ChatNotice)) and not chat_of(app).replying)
        assert app.screen.query_one(Composer).text == "Look!"
        assert len(app.screen.query(AttachmentTag)) == 1
        assert not saved_messages()


async def test_a_picture_from_the_clipboard(monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image, ImageGrab

    monkeypatch.setattr(ImageGrab, "grabclipboard", lambda: Image.open(MISO))
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_assistant(pilot, app)
        await pilot.press("alt+v")
        await until(pilot, lambda: len(app.screen.query(AttachmentTag)) == 1)
        await send_and_wait(pilot, app, "What is in this picture?")
        assert "orange cat" in replies(app)[0]


async def test_a_clipboard_without_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import ImageGrab

    def none_here() -> None:
        raise NotImplementedError("wl-paste or xclip is required")

    monkeypatch.setattr(ImageGrab, "grabclipboard", none_here)
    assert await clipboard.read_picture() is None


class Recorder(LocalEngine):
    """An engine that records its prompts."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Prompt] = []

    def generate(
        self, prompt: Prompt, settings: GenerationSettings
    ) -> AsyncGenerator[EngineEvent, None]:
        self.asked.append(prompt)
        return super().generate(prompt, settings)


async def test_the_system_text_stands_before_everything() -> None:
    engine = Recorder()
    app = RefsheetApp(GREEDY, engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_assistant(pilot, app)
        await say(pilot, "/system You are a cat.")
        await send_and_wait(pilot, app, "What are you?")
        library = Library.open()
        assert [chat.note for chat in library.chats.latest_assistant_chats()] == ["You are a cat."]
        library.close()
        said = "".join(part.text for part in engine.asked[-1].parts if isinstance(part, TextPart))
        assert "You are a cat.\n\nWhat are you?" in said


async def test_a_system_text_counts_that_comes_while_the_conversation_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A system prompt works that is set while the conversation is still opening its pictures."""
    begins, goes_on = threading.Event(), threading.Event()
    open_pictures = Conversation.open_pictures

    def slowly(self: Conversation) -> None:
        begins.set()
        assert goes_on.wait(60)
        open_pictures(self)

    monkeypatch.setattr(Conversation, "open_pictures", slowly)
    engine = Recorder()
    app = RefsheetApp(GREEDY, engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_assistant(pilot, app)
        await until(pilot, begins.is_set)
        await say(pilot, "/system You are a cat.")
        await until(pilot, lambda: bool(notifications(app)))
        goes_on.set()
        await send_and_wait(pilot, app, "What are you?")
        said = "".join(part.text for part in engine.asked[-1].parts if isinstance(part, TextPart))
        assert "You are a cat.\n\nWhat are you?" in said


async def test_a_character_has_no_system_text() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_first_chat(pilot, app)
        await say(pilot, "/system You are a cat.")
        await until(pilot, lambda: "/note" in notifications(app))


async def test_another_reply_and_a_new_chat() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_assistant(pilot, app)
        await pilot.press("ctrl+r")
        assert not chat_of(app).replying, "there is nothing to reply to"
        await send_and_wait(pilot, app, "Hello!")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "‹2/2›" in screen_text(app) and not chat_of(app).replying)
        first = chat_of(app).number
        await pilot.press("ctrl+n")
        await until(pilot, lambda: chat_of(app).number != first)
        assert not replies(app)
