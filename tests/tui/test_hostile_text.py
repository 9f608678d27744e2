"""Names, cards, files and replies whose text must not act as markup or control sequences."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from hypothesis import given
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from helpers.markdown_texts import many_examples, markdown_texts
from helpers.screens import GREEDY, chat_of, notifications, replies, say, screen_text, until
from refsheet_tui.characters.profile import Profile
from refsheet_tui.chats.library import Library
from refsheet_tui.chats.messages import PortableMessage
from refsheet_tui.engine import (
    EngineEvent,
    GenerationSettings,
    LocalEngine,
    ReplyFinished,
    TextDelta,
    Timings,
)
from refsheet_tui.paths import samples_dir
from refsheet_tui.prompting import Prompt
from refsheet_tui.storage import SearchQuery
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.dialogs.path_prompt import PathScreen
from refsheet_tui.tui.screens.browse import BrowseScreen
from refsheet_tui.tui.screens.character import CharacterScreen
from refsheet_tui.tui.screens.chat import ChatScreen
from refsheet_tui.tui.screens.chats import ChatsScreen
from refsheet_tui.tui.screens.home import HomeScreen
from refsheet_tui.tui.widgets.gallery_tiles import CharacterTile
from refsheet_tui.tui.widgets.picture_field import PathInput
from refsheet_tui.untrusted import one_line

# Unclosed Textual markup, an action on a click, a terminal title, a cleared screen, the clipboard,
# C1 controls, reversed text, and characters without width.
HOSTILE = (
    "[/b][red][link=x]a[@click=app.quit]b $x [[ \x1b]0;title\x07\x1b[2J\x1b]52;c;aGk=\x07"
    "\x9b31m\x00\u202egnp\u2066\u200b 你好👩‍👩‍👧é"
)
_UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def assert_harmless(app: RefsheetApp) -> None:
    found = _UNSEEN.search(screen_text(app))
    assert found is None, repr(found)


def add_hostile() -> None:
    library = Library.open()
    profile = Profile(
        name=HOSTILE,
        description=HOSTILE * 3,
        greeting=HOSTILE + "\n\n```\n" + HOSTILE + "\n```",
        person=HOSTILE,
        tags=(HOSTILE,),
        note=HOSTILE,
    )
    kept = library.characters.add_character(profile, [samples_dir() / "ember.png"])
    chat = library.chats.create_chat(kept.version)
    library.chats.rename_chat(chat.id, HOSTILE)
    library.chats.save_draft(chat.id, HOSTILE)
    library.close()


class HostileEngine(LocalEngine):
    """An engine that writes text which must not reach the screen as it is."""

    async def generate(
        self, prompt: Prompt, settings: GenerationSettings
    ) -> AsyncGenerator[EngineEvent, None]:
        for letter in HOSTILE + "\n[x](javascript:alert(1)) <script>\n```\n" + HOSTILE:
            yield TextDelta(letter)
        yield ReplyFinished("end_of_turn", 1, 0, 1, Timings())


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_hostile_character_everywhere(size: tuple[int, int]) -> None:
    add_hostile()
    app = RefsheetApp(GREEDY, HostileEngine())
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: len(app.screen.query(CharacterTile)) == 7)
        await pilot.pause()
        assert "[/b][red]" in screen_text(app), "it is there, as words"
        assert_harmless(app)
        await pilot.press("slash", *"title")
        await pilot.pause()
        assert_harmless(app)
        await pilot.press("escape", "enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen) and len(replies(app)) == 1)
        await pilot.pause()
        assert_harmless(app)
        await pilot.press("ctrl+end")
        await _answered(pilot, app)
        assert_harmless(app)
        await pilot.press("f1")
        await pilot.pause()
        assert_harmless(app)
        await pilot.press("escape", "ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        await pilot.pause()
        assert_harmless(app)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, PathScreen))
        assert_harmless(app)
        await pilot.press("escape", "c")
        await until(pilot, lambda: len(app.screen.query(CharacterTile)) == 8)
        await pilot.press("d")
        await until(pilot, lambda: " deleted. Press U to undo." in notifications(app))
        await pilot.pause()
        assert_harmless(app)
    assert app.crash is None


async def _answered(pilot: Pilot[int], app: RefsheetApp) -> None:
    await say(pilot, "hi")
    await until(pilot, lambda: len(replies(app)) == 2 and not chat_of(app).replying)
    await pilot.pause()


async def test_a_hostile_file_name(tmp_path: Path) -> None:
    name = "[b]\x1b[2J‮gnp.png"
    sheet = tmp_path / name
    sheet.write_bytes((samples_dir() / "coral.png").read_bytes())
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: len(app.screen.query(CharacterTile)) == 6)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        screen = app.screen
        screen.query_one("#sheet PathInput", PathInput).value = f"{tmp_path}/"
        screen.query_one("#extra PathInput", PathInput).value = str(sheet)
        app.push_screen(BrowseScreen(tmp_path))
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
        await pilot.press("down")
        await pilot.pause()
        assert_harmless(app)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        screen.query_one("#extra PathInput", Input).focus()
        await pilot.press("enter")
        await pilot.pause()
        assert_harmless(app)
    assert app.crash is None


MARKUP = "[bold]a[/bold] [/] [link=x]b[/link] <i>c</i> &amp; 2*3*4"


async def test_markup_is_shown_in_lists_and_results() -> None:
    library = Library.open()
    profile = Profile(name=MARKUP, description=MARKUP, greeting=MARKUP)
    character = library.characters.add_character(profile, [samples_dir() / "ember.png"])
    chat = library.chats.create_chat(character.version)
    library.chats.rename_chat(chat.id, MARKUP)
    library.tree.add_messages(
        chat.id,
        [PortableMessage(None, "model", MARKUP), PortableMessage(0, "user", MARKUP)],
        1,
    )
    library.close()
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(160, 40)) as pilot:
        await until(pilot, lambda: len(app.screen.query(CharacterTile)) == 7)
        assert MARKUP[:18] in screen_text(app)
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, ChatsScreen))
        assert MARKUP in screen_text(app)
        for words in ("[bold]", "link=x", "</i>", "&amp;", "3*4"):
            app.screen.query_one(Input).value = words
            await pilot.pause()
            results = app.screen.query_one(OptionList)
            assert results.option_count == 3
            assert screen_text(app).count(words) >= 3 + 1, "in the field and in each result"
        await pilot.press("escape", "enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen) and len(replies(app)) == 1)
        await pilot.pause()
        shown = screen_text(app)
        assert shown.count(MARKUP) >= 3, "in the heading or as a name, in the reply, in the message"


@many_examples()
@given(before=markdown_texts(), after=markdown_texts())
def test_a_result_shows_what_was_found_and_what_is_around_it(before: str, after: str) -> None:
    text = before + "[needle]" + after
    excerpt = SearchQuery("[needle]").make_excerpt(text)
    assert excerpt.match == "[needle]"
    assert str(excerpt).strip("…") in one_line(text)


async def test_the_name_of_a_file_is_shown_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "\n[b]ember\n.png").write_bytes((samples_dir() / "ember.png").read_bytes())
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: len(app.screen.query(CharacterTile)) == 6)
        app.push_screen(BrowseScreen(tmp_path))
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
        await until(pilot, lambda: "[b]ember .png" in screen_text(app))
