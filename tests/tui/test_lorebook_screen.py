"""The lorebook of a character on the screens."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

from helpers.screens import GREEDY, until
from refsheet_tui.characters.cards import json_card
from refsheet_tui.characters.profile import Profile
from refsheet_tui.chats.library import Library
from refsheet_tui.paths import samples_dir
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.dialogs.error import ErrorScreen
from refsheet_tui.tui.screens.character import CharacterScreen
from refsheet_tui.tui.screens.lorebook import LorebookScreen
from refsheet_tui.tui.widgets.gallery_tiles import CharacterTile
from refsheet_tui.tui.widgets.paged_list import PagedList

ENTRIES: list[dict[str, Any]] = [
    {"keys": ["cave"], "content": "The cave is [dark].", "comment": "Cave"},
    {"keys": ["/a+/"], "content": "Pattern.", "comment": "Tunnels"},
    {"keys": [], "content": "{{char}} is old.", "constant": True},
]


def add_character(entries: list[dict[str, Any]]) -> None:
    library = Library.open()
    profile = Profile(name="Ash", card={"character_book": {"entries": entries}})
    library.characters.add_character(profile, [samples_dir() / "ember.png"])
    library.close()


async def open_form(pilot: Pilot[int], app: RefsheetApp) -> None:
    await until(pilot, lambda: bool(app.screen.query(CharacterTile)))
    await pilot.press("e")
    await until(pilot, lambda: isinstance(app.screen, CharacterScreen))


def shown_text(app: RefsheetApp, selector: str = "#lorebook-entries Static") -> str:
    return "\n".join(str(each.render()) for each in app.screen.query(selector).results(Static))


def has_pages(pages: PagedList[Any], count: int) -> bool:
    return len(pages.children) >= count


async def test_every_entry_is_shown_and_a_message_can_be_tried() -> None:
    add_character(ENTRIES)
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        await open_form(pilot, app)
        await pilot.press("alt+l")
        await until(pilot, lambda: isinstance(app.screen, LorebookScreen))
        await until(pilot, lambda: bool(shown_text(app)))
        text = shown_text(app)
        assert "The cave is [dark]." in text and "Ash is old." in text
        assert "Told at the beginning of every chat." in text
        assert "Left out: its keywords are a regular expression" in text
        assert "Not triggered." not in text
        await until(pilot, lambda: "~" not in shown_text(app))
        app.screen.query_one(Input).value = "A CAVE"
        await until(pilot, lambda: "Told, because “cave” came up." in shown_text(app))
        assert "Told: 2 of 3 entries" in shown_text(app, "#lorebook-summary")
        assert "Tunnels" in shown_text(app, "#lorebook-summary")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        app.screen.query_one("#lorebook-button", Button).press()
        await until(pilot, lambda: isinstance(app.screen, LorebookScreen))


async def test_an_import_names_the_entries_that_need_a_pattern(tmp_path: Path) -> None:
    card = tmp_path / "card.json"
    card.write_bytes(json_card(Profile(name="Ash", card={"character_book": {"entries": ENTRIES}})))
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: bool(app.screen.query(CharacterTile)))
        app.screen.post_message(Paste(str(card)))
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        (notice,) = [each.message for each in app._notifications]
        assert "1 lorebook entry needs a regular expression" in notice and "Tunnels" in notice


async def test_a_character_without_a_lorebook_has_no_button() -> None:
    add_character([])
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        await open_form(pilot, app)
        assert not app.screen.query("#lorebook-button")
        await pilot.press("alt+l")
        await pilot.pause()
        assert isinstance(app.screen, CharacterScreen)


async def test_only_the_part_of_a_long_lorebook_is_drawn_that_was_scrolled_to() -> None:
    entries = [{"keys": [f"word {n}."], "content": f"Text {n}."} for n in range(3000)]
    add_character([*entries, {"keys": ["cave"], "content": "The cave is dark."}])
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        await open_form(pilot, app)
        await pilot.press("alt+l")
        await until(pilot, lambda: "Text 0." in shown_text(app))
        await until(pilot, lambda: "~" not in shown_text(app, "#lorebook-summary"))
        assert "Text 400." not in shown_text(app)
        pages = app.screen.query_one(PagedList)
        for count in range(2, 10):
            pages.scroll_end(animate=False)
            await until(pilot, partial(has_pages, pages, count))
        assert "Text 400." in shown_text(app)
        await pilot.press(*"cave")
        summary = "Told: 1 of 3001 entries"
        await until(pilot, lambda: summary in shown_text(app, "#lorebook-summary"))
        await until(pilot, lambda: pages.scroll_y == 0 and "Text 400." not in shown_text(app))
        for letter in "word 7.":
            await pilot.press(letter)
        await until(pilot, lambda: "Told, because “word 7.” came up." in shown_text(app))


async def test_a_language_that_is_none_is_an_error_on_the_screen() -> None:
    library = Library.open()
    card = {"character_book": {"entries": ENTRIES}}
    profile = Profile(name="Ash", language=" ", card=card)
    library.characters.add_character(profile, [samples_dir() / "ember.png"])
    library.close()
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        await open_form(pilot, app)
        await pilot.press("alt+l")
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
