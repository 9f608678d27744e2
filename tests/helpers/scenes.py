"""The states of the screens for snapshots, each reached as a user reaches it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic

from textual.command import CommandList, CommandPalette
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Collapsible, Input, Static

from helpers.frozen_screens import StillEngine, Writer
from helpers.hub_models import cells_of, choose, table
from helpers.screens import (
    GREEDY,
    chat_of,
    open_first_chat,
    replies,
    say,
    screen_text,
    until,
    wait_until_ready,
)
from refsheet_tui.characters.profile import Profile
from refsheet_tui.config import Config, ScreenConfig
from refsheet_tui.engine import LocalEngine
from refsheet_tui.engine.phases import Phase
from refsheet_tui.errors import EngineError
from refsheet_tui.i18n import _
from refsheet_tui.paths import samples_dir
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.dialogs.confirmation import ConfirmScreen
from refsheet_tui.tui.dialogs.error import ErrorScreen
from refsheet_tui.tui.dialogs.path_prompt import PathScreen
from refsheet_tui.tui.screens.browse import BrowseScreen, PictureTree
from refsheet_tui.tui.screens.character import CharacterScreen
from refsheet_tui.tui.screens.chat import ChatScreen
from refsheet_tui.tui.screens.chats import ChatsScreen
from refsheet_tui.tui.screens.help import HelpScreen
from refsheet_tui.tui.screens.model_file import ModelFileScreen
from refsheet_tui.tui.screens.models import ModelsScreen
from refsheet_tui.tui.screens.settings import SettingsScreen
from refsheet_tui.tui.screens.welcome import WelcomeScreen
from refsheet_tui.tui.session import EngineState
from refsheet_tui.tui.widgets.activity_line import ActivityLine
from refsheet_tui.tui.widgets.attachments import AttachmentTag
from refsheet_tui.tui.widgets.chat_message import ChatNotice, MessageWidget
from refsheet_tui.tui.widgets.composer import Composer
from refsheet_tui.tui.widgets.gallery_tiles import CharacterTile
from refsheet_tui.tui.widgets.history import History
from refsheet_tui.tui.widgets.picture_field import PathInput
from refsheet_tui.tui.widgets.portrait import Portrait

Play = Callable[[Pilot[int], RefsheetApp], Awaitable[None]]

_MARKDOWN = """\
# A list and code
1. **Kites**, and
2. *wind*.

```python
def fly(kite: str) -> None:
    print(f"{kite} flies")
```

> 你好, 👋 مرحبا!
"""


@dataclass(frozen=True)
class Scene:
    """A state of a screen for a snapshot.

    It has no portraits, because each would add 60 kB to the snapshot. They have their own tests.
    """

    play: Play
    engine: Callable[[], LocalEngine] = StillEngine
    config: Config = field(default=GREEDY)
    welcomes: bool = False

    def app(self, language: str) -> RefsheetApp:
        screens = ScreenConfig(language=language, pictures="off")  # type: ignore[arg-type]
        update = {"screens": screens, "language": language}
        config = self.config.model_copy(update=update)
        app = RefsheetApp(config, self.engine(), show_welcome=self.welcomes)
        app.animation_level = "none"
        return app


async def gallery(pilot: Pilot[int], app: RefsheetApp) -> None:
    await wait_until_ready(pilot, app)
    await until(pilot, lambda: bool(app.screen.query(CharacterTile)))


async def own_character(pilot: Pilot[int], app: RefsheetApp) -> None:
    """Add a character of the user, delete it, and restore it."""
    await gallery(pilot, app)
    library = app.session.library
    profile = Profile(name="Nemo", description="A brave fish. [b]", language="Latin")
    library.characters.add_character(profile, [samples_dir() / "coral.png"])
    await app.screen._show_gallery()  # type: ignore[attr-defined]
    await pilot.press("d")
    await until(pilot, lambda: len(app.screen.query(CharacterTile)) == 6)
    await pilot.press("u")
    await until(pilot, lambda: len(app.screen.query(CharacterTile)) == 7)


async def loading(pilot: Pilot[int], app: RefsheetApp) -> None:
    await gallery(pilot, app)
    phase = Phase(_("Loading the model"), "43%")
    app.engine_state = EngineState("loading", "", phase=phase, since=monotonic() + 3600)


async def no_model(pilot: Pilot[int], app: RefsheetApp) -> None:
    await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
    await pilot.press("escape")
    await until(pilot, lambda: bool(app.screen.query(CharacterTile)))


async def problem(pilot: Pilot[int], app: RefsheetApp) -> None:
    await gallery(pilot, app)
    error = EngineError(
        "Can't load ~/[/b].gguf.",
        "Download it again, or choose another file (a smaller one if memory is low).",
    )
    app.show_error(error)
    await until(pilot, lambda: isinstance(app.screen, ErrorScreen))


async def form(pilot: Pilot[int], app: RefsheetApp) -> None:
    await gallery(pilot, app)
    await pilot.press("n")
    await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
    await until(pilot, lambda: isinstance(app.focused, PathInput))


async def form_with_sheet(pilot: Pilot[int], app: RefsheetApp) -> None:
    await form(pilot, app)
    # The same path in every folder that the tests run in.
    app.screen.query_one("#sheet PathInput", PathInput).value = "~/coral.png"
    app.screen.query_one("#new-preview Portrait", Portrait).path = samples_dir() / "coral.png"
    name = app.screen.query_one("#name", Input)
    name.value = "尼莫 Nemo"
    name.focus()
    await until(pilot, lambda: app.focused is name)
    app.screen.query_one("#more", Collapsible).collapsed = False
    # It scrolls into view by itself.
    await until(pilot, lambda: app.screen.query_one("#new-form").scroll_y > 0)


async def form_with_problem(pilot: Pilot[int], app: RefsheetApp) -> None:
    await form(pilot, app)
    app.screen.query_one("#sheet PathInput", PathInput).value = "nowhere.png"
    await pilot.press("ctrl+s")
    told = app.screen.query_one("#sheet .field-problem", Static)
    await until(pilot, lambda: bool(str(told.render())))


async def browse(pilot: Pilot[int], app: RefsheetApp) -> None:
    await form(pilot, app)
    app.push_screen(BrowseScreen(samples_dir()))
    await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
    tree = app.screen.query_one(PictureTree)
    await until(pilot, lambda: len(tree.root.children) == 6)
    tree.root.set_label("samples")
    await pilot.press("down")
    await until(pilot, lambda: app.screen.query_one(Portrait).path is not None)
    app.screen.query_one("#browse-path", Static).update("~/samples/bolt.png")


async def greeting(pilot: Pilot[int], app: RefsheetApp) -> None:
    await wait_until_ready(pilot, app)
    await open_first_chat(pilot, app)


async def answered(pilot: Pilot[int], app: RefsheetApp) -> None:
    await greeting(pilot, app)
    await send_and_wait(pilot, app, "What color are your eyes?")


async def send_and_wait(pilot: Pilot[int], app: RefsheetApp, text: str) -> None:
    before = len(replies(app))
    await say(pilot, text)
    await until(pilot, lambda: len(replies(app)) > before and not chat_of(app).replying)


async def swiped(pilot: Pilot[int], app: RefsheetApp) -> None:
    await answered(pilot, app)
    await pilot.press("ctrl+r")
    await until(pilot, lambda: not chat_of(app).replying and "‹2/2›" in screen_text(app))


async def focused(pilot: Pilot[int], app: RefsheetApp) -> None:
    await answered(pilot, app)
    app.screen.query(MessageWidget).first().focus()


async def writing(pilot: Pilot[int], app: RefsheetApp) -> None:
    await wait_until_ready(pilot, app)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, ChatScreen) and len(replies(app)) == 1)
    # Replaced, because the line shows a running clock.
    app.screen.query_one(ActivityLine).show("6.1 tokens/s")
    app.engine_state = replace(app.engine_state, phase=None)


async def stopped(pilot: Pilot[int], app: RefsheetApp) -> None:
    await writing(pilot, app)
    await pilot.press("escape")
    await until(pilot, lambda: not chat_of(app).replying)


async def editing(pilot: Pilot[int], app: RefsheetApp) -> None:
    await answered(pilot, app)
    await pilot.press("ctrl+e")
    await until(pilot, lambda: bool(app.screen.query_one(Composer).text))


async def typing(pilot: Pilot[int], app: RefsheetApp) -> None:
    """Type several lines, with wide letters and text that is written from right to left."""
    await greeting(pilot, app)
    await pilot.press(*"你好 👋", "ctrl+j", *"مرحبا", "ctrl+j", *"x")


async def completing(pilot: Pilot[int], app: RefsheetApp) -> None:
    await greeting(pilot, app)
    await pilot.press(*"/reg")


async def attached(pilot: Pilot[int], app: RefsheetApp) -> None:
    await greeting(pilot, app)
    app.post_message(Paste(str(samples_dir() / "miso.png")))
    await until(pilot, lambda: len(app.screen.query(AttachmentTag)) == 1)


async def died(pilot: Pilot[int], app: RefsheetApp) -> None:
    await greeting(pilot, app)
    await app.screen.query_one(History).mount(
        ChatNotice(
            "The engine stopped: killed by SIGKILL (memory may have run out). Log: ~/engine.log. "
            "Try again."
        )
    )


async def forgetting(pilot: Pilot[int], app: RefsheetApp) -> None:
    await answered(pilot, app)
    await app.workers.wait_for_complete()  # the screen looks at the context after each reply
    history = app.screen.query_one(History)
    path = app.screen._branch.path  # type: ignore[attr-defined]
    await history.show_oldest_visible(path[1])


async def assistant(pilot: Pilot[int], app: RefsheetApp) -> None:
    await gallery(pilot, app)
    await pilot.press("a")
    await until(pilot, lambda: isinstance(app.screen, ChatScreen))
    app.post_message(Paste(str(samples_dir() / "miso.png")))
    await until(pilot, lambda: len(app.screen.query(AttachmentTag)) == 1)
    await send_and_wait(pilot, app, "What is in this picture?")


async def chats(pilot: Pilot[int], app: RefsheetApp) -> None:
    await answered(pilot, app)
    await pilot.press("ctrl+l")
    await until(pilot, lambda: isinstance(app.screen, ChatsScreen))


async def search(pilot: Pilot[int], app: RefsheetApp) -> None:
    await chats(pilot, app)
    await pilot.press(*"eyes")


async def helped(pilot: Pilot[int], app: RefsheetApp) -> None:
    await greeting(pilot, app)
    await pilot.press("f1")
    await until(pilot, lambda: isinstance(app.screen, HelpScreen))


async def palette(pilot: Pilot[int], app: RefsheetApp) -> None:
    await gallery(pilot, app)
    await pilot.press("ctrl+p")
    await until(pilot, lambda: isinstance(app.screen, CommandPalette))
    listed = app.screen.query_one(CommandList)
    await until(pilot, lambda: listed.option_count > 10 and listed.display)


async def path_asked(pilot: Pilot[int], app: RefsheetApp) -> None:
    await gallery(pilot, app)
    await pilot.press("i", "enter")
    await until(pilot, lambda: isinstance(app.screen, PathScreen))


async def models(pilot: Pilot[int], app: RefsheetApp) -> None:
    await gallery(pilot, app)
    await pilot.press("f3")
    await until(pilot, lambda: isinstance(app.screen, ModelsScreen))
    await until(pilot, lambda: table(app).row_count > 0 and cells_of(app, "4b")[3] != "?")
    await choose(pilot, app, "4b")


async def terms(pilot: Pilot[int], app: RefsheetApp) -> None:
    await models(pilot, app)
    await pilot.press("d")
    await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))


async def model_file(pilot: Pilot[int], app: RefsheetApp) -> None:
    await models(pilot, app)
    await pilot.press("o")
    await until(pilot, lambda: isinstance(app.screen, ModelFileScreen))


async def settings(pilot: Pilot[int], app: RefsheetApp) -> None:
    await gallery(pilot, app)
    await pilot.press("f4")
    await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
    app.screen.query_one("#settings-file", Static).update("~/.config/refsheet/config.yaml")


async def wrong_setting(pilot: Pilot[int], app: RefsheetApp) -> None:
    await settings(pilot, app)
    await pilot.press(*"generation", "down", "end", *"99x")
    await until(pilot, lambda: bool(app.screen.query(".setting.-wrong")))


async def welcome(pilot: Pilot[int], app: RefsheetApp) -> None:
    await wait_until_ready(pilot, app)
    await until(pilot, lambda: isinstance(app.screen, WelcomeScreen))
    await until(pilot, lambda: "4.8" in screen_text(app) or "GB" in screen_text(app))
    await until(pilot, lambda: app.models.measurement is not None)


SCENES = {
    "gallery": Scene(gallery),
    "gallery-loading": Scene(loading),
    "gallery-own": Scene(own_character),
    "no-model": Scene(no_model, config=GREEDY.model_copy(update={"model": "nowhere.gguf"})),
    "problem": Scene(problem),
    "form": Scene(form),
    "form-sheet": Scene(form_with_sheet),
    "form-problem": Scene(form_with_problem),
    "browse": Scene(browse),
    "chat-greeting": Scene(greeting),
    "chat-answered": Scene(answered),
    "chat-markdown": Scene(greeting, engine=partial(Writer, _MARKDOWN)),
    "chat-swiped": Scene(swiped),
    "chat-focused": Scene(focused),
    "chat-writing": Scene(writing, engine=partial(Writer, "Once upon a time", ends=False)),
    "chat-stopped": Scene(stopped, engine=partial(Writer, "Once upon a time", ends=False)),
    "chat-editing": Scene(editing),
    "chat-typing": Scene(typing),
    "chat-completing": Scene(completing),
    "chat-attached": Scene(attached),
    "chat-died": Scene(died),
    "chat-forgetting": Scene(forgetting),
    "assistant": Scene(assistant),
    "chats": Scene(chats),
    "search": Scene(search),
    "help": Scene(helped),
    "palette": Scene(palette),
    "path-asked": Scene(path_asked),
    "models": Scene(models),
    "models-terms": Scene(terms),
    "models-file": Scene(model_file),
    "settings": Scene(settings),
    "settings-wrong": Scene(wrong_setting),
    "welcome": Scene(welcome, welcomes=True),
}
