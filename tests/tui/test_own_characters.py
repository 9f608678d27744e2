"""The user's own characters in the gallery."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.events import Paste
from textual.screen import Screen
from textual.widgets import Button, Input, OptionList, Select, TextArea

from helpers.saved_chats import add_speaker, tile_names
from helpers.screens import GREEDY, replies, until
from refsheet_tui.characters.cards import json_card, png_card
from refsheet_tui.characters.character_store import SavedCharacter
from refsheet_tui.characters.profile import Profile
from refsheet_tui.chats.library import Library
from refsheet_tui.errors import StorageError
from refsheet_tui.paths import samples_dir
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.dialogs.confirmation import ConfirmScreen
from refsheet_tui.tui.dialogs.error import ErrorScreen
from refsheet_tui.tui.screens.character import CharacterScreen
from refsheet_tui.tui.screens.chat import ChatScreen
from refsheet_tui.tui.screens.chats import ChatsScreen
from refsheet_tui.tui.screens.home import HomeScreen
from refsheet_tui.tui.widgets.gallery_tiles import CharacterTile


async def test_a_character_is_deleted_and_comes_back() -> None:
    add_speaker("Roar!")
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await until(pilot, lambda: len(app.screen.query(CharacterTile)) == 7)
        await pilot.press("d")
        await until(pilot, lambda: len(app.screen.query(CharacterTile)) == 6)
        await pilot.press("d")
        assert len(app.screen.query(CharacterTile)) == 6, "samples stay"
        await pilot.press("u")
        await until(pilot, lambda: len(app.screen.query(CharacterTile)) == 7)
        assert tile_names(app)[:1] == ["Roary"]


async def test_a_character_is_changed_and_its_chat_stays_as_it_was() -> None:
    number = add_speaker("Roar!")
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: bool(app.screen.query(CharacterTile)))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen) and replies(app) == ["Roar!"])
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        app.screen.query_one("#name", Input).value = "Emmy"
        app.screen.query_one("#language", Select).value = "other"
        app.screen.query_one("#other-language", Input).value = "Latin"
        app.screen.query_one("#tags", Input).value = "red, dragon"
        app.screen.query_one("#greeting", TextArea).text = "Salve!"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await until(pilot, lambda: tile_names(app)[:1] == ["Emmy"])
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen) and replies(app) == ["Roar!"])
        await pilot.press("ctrl+n")
        await until(pilot, lambda: replies(app) == ["Salve!"])
    library = Library.open()
    profile = library.characters.get_character(number).profile
    assert (profile.language, profile.tags) == ("Latin", ("red", "dragon"))
    library.close()


async def test_a_card_dropped_on_the_gallery_is_imported(tmp_path: Path) -> None:
    card = tmp_path / "card.png"
    card.write_bytes(png_card(Profile(name="Ash", greeting="Caw!"), samples_dir() / "miso.png"))
    bare = tmp_path / "bare.json"
    bare.write_bytes(json_card(Profile(name="Soot", description="Black.")))
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: bool(app.screen.query(CharacterTile)))
        app.post_message(Paste(str(card)))
        await until(pilot, lambda: tile_names(app)[:1] == ["Ash"])
        app.post_message(Paste(str(bare)))
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        assert app.screen.query_one("#name", Input).value == "Soot"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.screen, ChatsScreen))
        app.screen.query_one(Input).value = "ash"
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen) and replies(app) == ["Caw!"])


async def test_fields_that_are_left_alone_stay_exactly_as_they_were() -> None:
    note = "[Rules:\n1. Be brief.\n\n2. Be kind.]\n"
    texts: dict[str, Any] = {"note": note, "greeting": "  Roar!\n", "description": "One.\n\nTwo. "}
    profile = Profile(name="Ash", tags=("red, and green", "plain"), **texts)
    library = Library.open()
    library.characters.add_character(profile, [samples_dir() / "miso.png"])
    library.close()
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: tile_names(app)[:1] == ["Ash"])
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        form = app.screen
        await until(pilot, lambda: bool(form.query_one("#sheet PathInput", Input).value))
        form.query_one("#persona", TextArea).text = "A knight.\nA painter."
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        (saved,) = app.session.library.characters.latest_characters()
        assert saved.profile == profile.model_copy(update={"persona": "A knight.\nA painter."})


async def test_a_character_that_lost_its_sheet_is_told_in_a_dialog() -> None:
    number = add_speaker("Roar!")
    library = Library.open()
    library.chats.create_chat(library.characters.get_character(number).version)
    with library.database.transaction() as connection:
        connection.execute("DELETE FROM version_pictures")
    library.close()
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await until(pilot, lambda: len(app.screen.query(CharacterTile)) == 7)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))


async def test_a_form_that_can_t_be_kept_stays_as_it_was_filled_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: bool(app.screen.query(CharacterTile)))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        form = app.screen
        form.query_one("#sheet PathInput", Input).value = str(samples_dir() / "miso.png")
        form.query_one("#name", Input).value = "Nemo"
        with monkeypatch.context() as broken:
            broken.setattr(app.session.library.characters, "add_character_from_bytes", full)
            await pilot.press("ctrl+s")
            await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is form)
        assert form.query_one("#name", Input).value == "Nemo"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        assert app.session.library.characters.latest_characters()[0].profile.name == "Nemo"


def full(*_: object) -> None:
    raise StorageError("There is no room on the disk.", "Make some room.")


async def test_what_was_filled_in_is_thrown_away_only_after_a_question() -> None:
    add_speaker("Roar!")
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        fields = ("#name", "#other-language", "#extra PathInput")
        for key, changed in (*(("n", field) for field in fields), ("e", "#greeting")):
            await until(pilot, lambda: bool(app.screen.query(CharacterTile)))
            await pilot.press(key)
            await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
            form = app.screen
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, HomeScreen))
            await pilot.press(key)
            await until(pilot, partial(_is_another_form, app, form))
            form = app.screen
            field = form.query_one(changed)
            await until(pilot, partial(_is_there, form))
            field.load_text("X") if isinstance(field, TextArea) else setattr(field, "value", "X")
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
            await pilot.press("enter")
            await until(pilot, partial(_is_on, app, form))
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
            await pilot.click("#yes")
            await until(pilot, lambda: isinstance(app.screen, HomeScreen))


async def test_more_pictures_are_no_change_but_one_less_is() -> None:
    library = Library.open()
    pictures = [samples_dir() / "miso.png", samples_dir() / "coral.png"]
    library.characters.add_character(Profile(name="Two"), pictures)
    library.close()
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: tile_names(app)[:1] == ["Two"])
        await pilot.press("e")
        await until(
            pilot, lambda: isinstance(app.screen, CharacterScreen) and _is_there(app.screen)
        )
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await pilot.press("e")
        await until(
            pilot, lambda: isinstance(app.screen, CharacterScreen) and _is_there(app.screen)
        )
        app.screen.query_one("#remove", Button).press()
        await until(pilot, lambda: not app.screen.query_one("#remove").display)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))


async def test_a_form_ends_when_what_lies_over_it_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_speaker("Roar!")
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: bool(app.screen.query(CharacterTile)))
        await pilot.press("e")
        await until(
            pilot, lambda: isinstance(app.screen, CharacterScreen) and _is_there(app.screen)
        )
        edit = app.session.library.characters.edit_character_from_bytes

        def meanwhile(*arguments: Any) -> SavedCharacter:
            app.show_error(StorageError("Something else is wrong.", "Read this."))
            return edit(*arguments)

        monkeypatch.setattr(app.session.library.characters, "edit_character_from_bytes", meanwhile)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))


def _is_there(form: Screen[Any]) -> bool:
    """Return True if the form is open and has all of its pictures."""
    if not isinstance(form, CharacterScreen):
        return False
    given = form._initial_pictures
    extras = form._extras
    return len(extras) == len(given[1:]) and bool(form.query("#sheet PathInput"))


def _is_on(app: RefsheetApp, screen: object) -> bool:
    return app.screen is screen


def _is_another_form(app: RefsheetApp, form: object) -> bool:
    return isinstance(app.screen, CharacterScreen) and app.screen is not form
