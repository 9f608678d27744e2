"""The screens stay fast, whatever the machine."""

from __future__ import annotations

from textual.app import App, ComposeResult

from helpers.imports import loaded_after
from helpers.screens import PICTURED, chat_of, open_first_chat, until
from refsheet_tui.characters.profile import Profile
from refsheet_tui.chats.library import Library
from refsheet_tui.chats.messages import PortableMessage
from refsheet_tui.paths import samples_dir
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.screens.chat import ChatScreen
from refsheet_tui.tui.widgets.chat_message import MessageWidget, ReplyMessage
from refsheet_tui.tui.widgets.history import History
from refsheet_tui.tui.widgets.prose import Prose

# Modules that the gallery doesn't need. Each of them would delay its start noticeably.
NOT_FOR_THE_GALLERY = (
    "PIL",
    "huggingface_hub",
    "llama_cpp",
    "markdown_it",
    "numpy",
    "psutil",
    "pygments",
    "refsheet_tui.characters.cards",
    "refsheet_tui.tui.screens.character",
    "refsheet_tui.tui.screens.chat",
    "refsheet_tui.tui.screens.chats",
    "refsheet_tui.tui.screens.help",
    "refsheet_tui.weights",
    "ruamel",
    "textual.widgets._markdown",
    "textual.widgets._text_area",
)


def test_the_gallery_waits_for_nothing_that_it_does_not_need() -> None:
    assert loaded_after("import refsheet_tui.tui.app", NOT_FOR_THE_GALLERY) == set()
    # Check that the modules have these names. Otherwise the test could never fail.
    imports = "import refsheet_tui.tui.screens.chat, refsheet_tui.tui.widgets.prose"
    assert "markdown_it" in loaded_after(imports, NOT_FOR_THE_GALLERY)


async def test_a_long_chat_mounts_no_more_widgets_than_one_that_fills_the_window() -> None:
    mounted = [await widgets_of_a_chat(messages) for messages in (30, 10_000)]
    assert mounted[0] == mounted[1] < 80


async def widgets_of_a_chat(messages: int) -> int:
    library = Library.open()
    kept = library.characters.add_character(
        Profile(name=f"Has {messages}"), [samples_dir() / "ember.png"]
    )
    drafts = [
        PortableMessage(number - 1 if number else None, "user" if number % 2 else "model", "Hello.")
        for number in range(messages)
    ]
    library.tree.add_messages(library.chats.create_chat(kept.version).id, drafts, messages - 1)
    library.close()
    app = RefsheetApp(PICTURED)
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app.screen.query("CharacterTile")))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        await until(pilot, lambda: bool(app.screen.query(MessageWidget)))
        return len(app.screen.query_one(History).walk_children())


async def test_a_reply_is_as_many_widgets_as_a_word() -> None:
    app = RefsheetApp(PICTURED)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        bubble = chat_of(app).query(ReplyMessage).last()
        before = len(bubble.walk_children())
        bubble.append("\n\n# Much\n\n" + "- one\n\n1. two\n\n> three\n\n" * 50)
        await pilot.pause()
        assert len(bubble.walk_children()) == before


class ProseApp(App[int]):
    def compose(self) -> ComposeResult:
        yield Prose()


async def test_what_grows_is_shown_whole_when_it_ends() -> None:
    app = ProseApp()
    async with app.run_test(size=(40, 20)) as pilot:
        prose = app.query_one(Prose)
        for number in range(1, 9):  # much faster than it is drawn
            prose.update("\n".join(f"line {each}" for each in range(number)))
        prose.finish()
        await until(pilot, lambda: prose.size.height == 8)
        shown = [prose.render_line(y).text.strip() for y in range(8)]
        assert shown == [f"line {each}" for each in range(8)]


async def test_what_grew_within_its_lines_is_drawn_without_a_further_word() -> None:
    app = ProseApp()
    async with app.run_test(size=(40, 20)) as pilot:
        prose = app.query_one(Prose)
        prose.update("Once")
        prose.update("Once upon a time")
        await until(pilot, lambda: prose.render_line(0).text.strip() == "Once upon a time▌")


async def test_prose_takes_the_colours_of_another_theme() -> None:
    app = ProseApp()
    async with app.run_test(size=(40, 20)) as pilot:
        prose = app.query_one(Prose)
        prose.update("Once")
        await until(pilot, lambda: prose.size.height == 1)
        app.theme = "textual-light"
        await pilot.pause()
        style = next(iter(prose.render_line(0))).style
        assert style is not None and style.color == prose.rich_style.color


def test_the_screens_are_not_stopped_for_garbage_every_second() -> None:
    report = "import gc; assert gc.get_threshold()[2] >= 1000"
    code = "import refsheet_tui.tui.app\nfrom refsheet_tui.cli import main\n"
    opened = "refsheet_tui.tui.app.run = lambda *given: 0"
    terminal = "import sys, os; sys.stdin.isatty = sys.stdout.isatty = lambda: True"
    tried = "try:\n    main([])\nexcept SystemExit as end:\n    assert not end.code, end.code"
    loaded_after("\n".join((code, opened, terminal, tried, report)), ())
