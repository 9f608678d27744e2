"""The screens with a text-only model: the demo in a folder without its projector."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from helpers.hub_models import open_models
from helpers.hub_server import HubServer
from helpers.saved_chats import saved_messages, send_and_wait
from helpers.screens import (
    GREEDY,
    chat_of,
    notifications,
    open_first_chat,
    replies,
    say,
    until,
    wait_until_ready,
)
from refsheet_tui.characters.profile import Profile
from refsheet_tui.chats.library import Library
from refsheet_tui.config import Config
from refsheet_tui.engine import EngineEvent, GenerationSettings, LocalEngine
from refsheet_tui.paths import demo_model, samples_dir
from refsheet_tui.prompting import Prompt, TextPart
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.messages import ChangeSettings
from refsheet_tui.tui.screens.character import CharacterScreen
from refsheet_tui.tui.screens.chat import ChatScreen
from refsheet_tui.tui.screens.home import HomeScreen
from refsheet_tui.tui.widgets.attachments import AttachmentTag
from refsheet_tui.tui.widgets.chat_message import ChatNotice, UserMessage
from refsheet_tui.tui.widgets.composer import Composer
from refsheet_tui.tui.widgets.gallery_tiles import CharacterTile
from refsheet_tui.tui.widgets.heading import UnseenSheetNotice
from refsheet_tui.tui.widgets.history import ModelNotice
from refsheet_tui.tui.widgets.picture_field import PathInput
from refsheet_tui.tui.widgets.portrait import Portrait

MISO = samples_dir() / "miso.png"
NOTICE = (
    "RefSheet demo is text-only and can't read reference sheets. Press F3 and choose a vision "
    "model (4B or larger)."
)


class Recorder(LocalEngine):
    """An engine that records its prompts."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[Prompt] = []

    def generate(
        self, prompt: Prompt, settings: GenerationSettings
    ) -> AsyncGenerator[EngineEvent, None]:
        self.given.append(prompt)
        return super().generate(prompt, settings)

    async def prewarm(
        self, prompt: Prompt, on_event: Callable[[EngineEvent], None] = lambda _: None
    ) -> None:
        self.given.append(prompt)
        await super().prewarm(prompt, on_event)

    @property
    def texts(self) -> list[str]:
        """Return the texts of the prompts, and check that they have no pictures."""
        assert not any(prompt.pictures for prompt in self.given)
        return [
            "".join(part.text for part in prompt.parts if isinstance(part, TextPart))
            for prompt in self.given
        ]


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(shutil.copy(demo_model(), tmp_path / "text-only.gguf"))


@pytest.fixture
def text_only(model: str) -> Config:
    return GREEDY.model_copy(update={"model": model})


def notices(app: RefsheetApp) -> list[str]:
    return [str(each.render()) for each in app.screen.query(ModelNotice)]


def notes(app: RefsheetApp) -> list[str]:
    return [str(each.render()) for each in app.screen.query(ChatNotice)]


async def open_chat(pilot: Pilot[int], app: RefsheetApp) -> None:
    """Open the chat with the first character, without waiting for a greeting."""
    await wait_until_ready(pilot, app)
    await until(pilot, lambda: bool(app.screen.query(CharacterTile)))
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, ChatScreen))


async def load(pilot: Pilot[int], app: RefsheetApp, model: str) -> None:
    """Load a model, as when the user chooses it on the models screen."""
    app.post_message(ChangeSettings({"model": model}))
    await until(pilot, lambda: app.engine_state.availability != "ready")
    await wait_until_ready(pilot, app)


async def test_a_sample_speaks_from_its_description_and_it_is_said_once(text_only: Config) -> None:
    engine = Recorder()
    app = RefsheetApp(text_only, engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_first_chat(pilot, app)
        assert notices(app) == [NOTICE]
        assert app.screen.query_one("#chat-side Portrait", Portrait).path is not None
        await send_and_wait(pilot, app, "What are you?")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(saved_messages()) == 3 and not chat_of(app).replying)
        assert notices(app) == [NOTICE]
        first = app.screen.query_one("#said").children[0]
        assert isinstance(first, ModelNotice), "it stays where it was said"
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await pilot.press("enter")
        await until(pilot, lambda: len(replies(app)) == 2)
        assert notices(app) == [NOTICE]
    assert engine.texts[0].startswith(
        "user\nYou are the following character, use English. Use a conversational, oral tone. "
        "Start without confirmation.\nEmber, a brave little dragon who loves flying kites."
    )


async def test_a_new_character_of_a_description_alone(text_only: Config) -> None:
    engine = Recorder()
    app = RefsheetApp(text_only, engine)
    async with app.run_test(size=(120, 50)) as pilot:
        await wait_until_ready(pilot, app)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        hint = app.screen.query_one(UnseenSheetNotice)
        assert hint.display
        assert str(hint.render()).endswith("can't read reference sheets. Add a description.")
        app.screen.query_one("#sheet PathInput", PathInput).value = str(MISO)
        await until(pilot, lambda: bool(engine.given))
        assert engine.texts[-1].endswith("Start without confirmation."), "read ahead"
        app.screen.query_one("#name", Input).value = "Miso"
        app.screen.query_one("#description", TextArea).text = "Miso, a calm little cat."
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        await until(pilot, lambda: len(replies(app)) == 1 and not chat_of(app).replying)
        assert "confirmation.\nMiso, a calm little cat.\nmodel" in "".join(engine.texts)


async def test_the_form_of_a_vision_model_asks_for_no_description() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await wait_until_ready(pilot, app)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        assert not app.screen.query_one(UnseenSheetNotice).display


async def test_a_chat_goes_on_with_either_kind_of_model(model: str) -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_first_chat(pilot, app)
        assert not notices(app)
        assert "red dragon" in replies(app)[0]
        await load(pilot, app, model)
        await until(pilot, lambda: notices(app) == [NOTICE])
        assert isinstance(app.screen.query_one("#said").children[-1], ModelNotice)
        await send_and_wait(pilot, app, "Hi")
        await load(pilot, app, "demo")
        await until(pilot, lambda: not notices(app))
        await send_and_wait(pilot, app, "What color are your eyes?")
        assert "yellow" in replies(app)[-1]
        assert len(saved_messages()) == 5


async def test_pictures_that_were_sent_stay_shown(model: str, text_only: Config) -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_first_chat(pilot, app)
        app.post_message(Paste(str(MISO)))
        await until(pilot, lambda: len(app.screen.query(AttachmentTag)) == 1)
        await send_and_wait(pilot, app, "Look!")
    engine = Recorder()
    app = RefsheetApp(text_only, engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_chat(pilot, app)
        await until(pilot, lambda: len(replies(app)) == 2 and bool(notices(app)))
        (notice,) = notices(app)
        assert "can't see the pictures in this chat. Press F3" in notice
        assert len(app.screen.query_one(UserMessage).query(Portrait)) == 1
        await send_and_wait(pilot, app, "And now?")
        assert notices(app) == [notice]
        assert "Look!" in engine.texts[-1] and "And now?" in engine.texts[-1]
    assert len(saved_messages()[1].pictures) == 1


async def test_no_picture_can_be_attached(text_only: Config) -> None:
    app = RefsheetApp(text_only)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_first_chat(pilot, app)
        refusal = "is text-only and can't see pictures. Press F3 and choose a vision model"
        app.post_message(Paste(str(MISO)))
        await until(pilot, lambda: notifications(app).count(refusal) == 1)
        await say(pilot, f"/picture {MISO}")
        await until(pilot, lambda: notifications(app).count(refusal) == 2)
        assert not app.screen.query(AttachmentTag)


async def test_a_picture_that_waits_while_the_model_changes_comes_back(model: str) -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_first_chat(pilot, app)
        app.post_message(Paste(str(MISO)))
        await until(pilot, lambda: len(app.screen.query(AttachmentTag)) == 1)
        await load(pilot, app, model)
        await say(pilot, "Look!")
        await until(pilot, lambda: bool(notes(app)) and not chat_of(app).replying)
        assert "text-only and can't see pictures" in notes(app)[0]
        assert app.screen.query_one(Composer).text == "Look!"
        assert len(app.screen.query(AttachmentTag)) == 1
        assert len(saved_messages()) == 1


async def test_the_assistant_is_told_of_no_sheet(text_only: Config) -> None:
    app = RefsheetApp(text_only)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait_until_ready(pilot, app)
        await until(pilot, lambda: bool(app.screen.query(CharacterTile)))
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        await send_and_wait(pilot, app, "Hello!")
        assert not notices(app), "there is nothing that it would have to see"
        app.post_message(Paste(str(MISO)))
        await until(pilot, lambda: "can't see pictures" in notifications(app))
        assert not app.screen.query(AttachmentTag)


async def test_a_character_with_only_a_picture_waits_for_a_model_that_sees(
    text_only: Config,
) -> None:
    library = Library.open()
    library.characters.add_character(Profile(name="Roary"), [samples_dir() / "ember.png"])
    library.close()
    engine = Recorder()
    app = RefsheetApp(text_only, engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_chat(pilot, app)
        await until(pilot, lambda: bool(notes(app)) and not chat_of(app).replying)
        assert notices(app) == [NOTICE]
        assert "Add a description, or choose a vision model (4B or larger)." in notes(app)[0]
        await say(pilot, "Hi")
        await until(pilot, lambda: app.screen.query_one(Composer).text == "Hi")
        assert not replies(app) and not saved_messages()
        app.screen.query_one(Composer).text = ""
        await load(pilot, app, "demo")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(replies(app)) == 1 and not chat_of(app).replying)
        assert "dragon" in replies(app)[0]
        assert not notices(app) and not notes(app)


async def test_it_is_said_in_chinese(text_only: Config) -> None:
    app = RefsheetApp(text_only)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_first_chat(pilot, app)
        app.post_message(ChangeSettings({"screens.language": "zh-Hans"}))
        words = "RefSheet demo 只能读文字，看不了设定图。请按 F3 选择能看图片的模型（4B 或更大）。"
        await until(pilot, lambda: notices(app) == [words])


async def test_a_chat_goes_on_with_the_model_that_was_chosen_meanwhile(
    hub: HubServer, tmp_path: Path
) -> None:
    blind = tmp_path / "blind.gguf"
    shutil.copy(demo_model(), blind)
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await open_first_chat(pilot, app)
        await app.change_settings({"model": str(blind)})
        await until(
            pilot, lambda: app.session.info is not None and not app.session.info.picture_size
        )
        await wait_until_ready(pilot, app)
        await until(pilot, lambda: NOTICE in notices(app))
        await say(pilot, "Hi")
        await until(pilot, lambda: len(replies(app)) == 2)
        await open_models(pilot, app, "demo")
        await pilot.press("enter", "escape")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        await wait_until_ready(pilot, app)
        assert app.session.info is not None and app.session.info.sees_pictures
        await until(pilot, lambda: not any(notices(app)))
        await say(pilot, "Hi again")
        await until(pilot, lambda: len(replies(app)) == 3)
