"""Actions on characters in the gallery, and choosing a picture."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

from helpers.saved_chats import add_speaker, tile_names
from helpers.screens import (
    GREEDY,
    chat_of,
    notifications,
    replies,
    screen_text,
    until,
    wait_until_ready,
)
from refsheet_tui.characters.cards import json_card, png_card, read_card
from refsheet_tui.characters.profile import Profile
from refsheet_tui.config import ScreenConfig
from refsheet_tui.paths import samples_dir
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.dialogs.path_prompt import PathScreen
from refsheet_tui.tui.screens.browse import BrowseScreen, PictureTree
from refsheet_tui.tui.screens.character import CharacterScreen
from refsheet_tui.tui.screens.chat import ChatScreen
from refsheet_tui.tui.screens.home import HomeScreen
from refsheet_tui.tui.widgets.gallery_tiles import ActionTile, CharacterTile
from refsheet_tui.tui.widgets.picture_field import PathInput, PictureField
from refsheet_tui.tui.widgets.portrait import Portrait

CORAL = samples_dir() / "coral.png"


async def home(pilot: Pilot[int], app: RefsheetApp, cards: int) -> None:
    await until(pilot, lambda: len(app.screen.query(CharacterTile)) == cards)


async def enter_path(pilot: Pilot[int], app: RefsheetApp, path: str) -> None:
    await until(pilot, lambda: isinstance(app.screen, PathScreen))
    app.screen.query_one(Input).value = path
    await pilot.press("enter")


async def test_a_duplicate_is_a_character_of_its_own() -> None:
    add_speaker("Roar!")
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await home(pilot, app, 7)
        await pilot.press("c")
        await home(pilot, app, 8)
        assert tile_names(app)[:2] == ["Roary (copy)", "Roary"]
        await pilot.press("d")
        await until(pilot, lambda: tile_names(app)[:1] == ["Roary"])


async def test_a_card_goes_out_and_comes_in(tmp_path: Path) -> None:
    add_speaker("Roar!")
    file = tmp_path / "roary.png"
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await home(pilot, app, 7)
        await pilot.press("x")
        await enter_path(pilot, app, str(file))
        await until(pilot, lambda: str(file.name) in notifications(app))
        assert read_card(file).card["data"]["first_mes"] == "Roar!"
        await pilot.press("x")
        await enter_path(pilot, app, str(file))
        problem = app.screen.query_one(".field-problem", Static)
        await until(pilot, lambda: "another name" in str(problem.render()))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await pilot.press("i")
        await enter_path(pilot, app, str(file))
        await home(pilot, app, 8)


async def test_what_is_no_card_is_told_where_it_was_typed(tmp_path: Path) -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await home(pilot, app, 6)
        for path, words in (
            ("", "Enter a path"),
            (str(tmp_path / "nothing.png"), "doesn't exist"),
            (str(tmp_path), "is a folder, not a file"),
            (str(CORAL), "doesn't contain a character card"),
        ):
            await pilot.press("i")
            await enter_path(pilot, app, path)
            await until(pilot, partial(_is_told, app, words))
            await pilot.pause()
            await pilot.click("#cancel")
            await until(pilot, lambda: isinstance(app.screen, HomeScreen))


async def test_a_dropped_file_that_is_no_card_is_told_and_opens_no_form(tmp_path: Path) -> None:
    whole = png_card(Profile(name="Ash"), CORAL)
    files = {
        "cut.png": (whole[: len(whole) // 2], "cut short"),
        "photo.heic": (b"\0\0\0\x18ftypheic\0\0\0\0heicmif1", "HEIC format"),
        "cut.json": (b'{"name": "Ash"', "ends after 14 bytes"),
    }
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await home(pilot, app, 6)
        for name, (data, words) in files.items():
            (tmp_path / name).write_bytes(data)
            app.post_message(Paste(str(tmp_path / name)))
            await until(pilot, partial(_is_notified, app, words))
            assert name in notifications(app)
            assert isinstance(app.screen, HomeScreen)
        assert len(app.screen.query(CharacterTile)) == 6


def _is_notified(app: RefsheetApp, words: str) -> bool:
    return words in notifications(app)


def _is_told(app: RefsheetApp, words: str) -> bool:
    return words in str(app.screen.query_one(".field-problem", Static).render())


async def test_only_ones_own_go_out_or_are_doubled() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await home(pilot, app, 6)
        await pilot.press("x", "c")
        await until(
            pilot, lambda: "exported" in notifications(app) and "duplicated" in notifications(app)
        )
        assert len(app.screen.query(CharacterTile)) == 6


async def test_several_cards_dropped_at_once(tmp_path: Path) -> None:
    files = []
    for name in ("One", "Two"):
        files.append(tmp_path / f"{name}.png")
        files[-1].write_bytes(png_card(Profile(name=name), CORAL))
    card = json.loads(json_card(Profile(name="Far")))
    card["spec_version"] = "9.0"
    files.append(tmp_path / "far.json")
    files[-1].write_text(json.dumps(card))
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await home(pilot, app, 6)
        app.post_message(Paste(" ".join(f"'{file}'" for file in files)))
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        assert app.screen.query_one("#name", Input).value == "Far", "it has no picture yet"
        await pilot.press("escape")
        await home(pilot, app, 8)
        assert {"One", "Two"} <= set(tile_names(app))


async def test_doors_by_mouse() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait_until_ready(pilot, app)
        await home(pilot, app, 6)
        await pilot.pause()
        await pilot.click("#new-door")
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        await pilot.press("escape")
        await home(pilot, app, 6)
        await pilot.click("#assistant-door")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        assert not replies(app) and not chat_of(app).replying


async def test_when_a_character_was_used_is_on_its_card() -> None:
    add_speaker("Roar!")
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await home(pilot, app, 7)
        await until(pilot, lambda: "English · just now" in screen_text(app))
        assert "English · Sample" in screen_text(app)
        assert len(app.screen.query(ActionTile)) == 2


async def test_a_picture_is_found_in_the_tree(tmp_path: Path) -> None:
    folder = tmp_path / "sheets"
    folder.mkdir()
    (folder / "coral.png").write_bytes(CORAL.read_bytes())
    (folder / "notes.txt").write_text("no picture")
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await home(pilot, app, 6)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        app.screen.query_one("#sheet PathInput", PathInput).value = f"{folder}/co"
        app.screen.query_one("#sheet .browse", Button).press()
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
        tree = app.screen.query_one(PictureTree)
        await until(pilot, lambda: len(tree.root.children) == 1)
        await pilot.press("down")
        seen = app.screen.query_one(Portrait)
        await until(pilot, lambda: seen.path == folder / "coral.png")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        preview = app.screen.query_one("#new-preview Portrait", Portrait)
        await until(pilot, lambda: preview.path == folder / "coral.png")
        assert app.screen.query_one("#sheet", PictureField).text == str(folder / "coral.png")


async def test_a_path_is_completed(tmp_path: Path) -> None:
    (tmp_path / "sheets of mine").mkdir()
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await home(pilot, app, 6)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        field = app.screen.query_one("#sheet PathInput", PathInput)
        await until(pilot, lambda: field.has_focus)
        field.value = f"{tmp_path}/sheet"
        field.cursor_position = len(field.value)
        await until(pilot, lambda: bool(field._suggestion))
        await pilot.press("right")
        assert field.value == f"{tmp_path}/sheets of mine/"


async def test_keys_can_be_others() -> None:
    keys = {"home.new": "f7", "composer.send": "ctrl+t", "composer.newline": "enter"}
    app = RefsheetApp(GREEDY.model_copy(update={"screens": ScreenConfig(keys=keys)}))
    async with app.run_test(size=(120, 40)) as pilot:
        await home(pilot, app, 6)
        await pilot.press("n")
        assert isinstance(app.screen, HomeScreen)
        await pilot.press("f7")
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        await pilot.press("escape")
        await home(pilot, app, 6)
        await pilot.press("enter")
        await until(pilot, lambda: len(replies(app)) == 1 and not chat_of(app).replying)
        await pilot.press("a", "enter", "b", "ctrl+t")
        await until(pilot, lambda: len(replies(app)) == 2 and not chat_of(app).replying)
        assert "a\nb" in [str(part) for part in chat_of(app).conversation_turns[2].content]


async def test_a_key_for_nothing_is_told() -> None:
    app = RefsheetApp(GREEDY.model_copy(update={"screens": ScreenConfig(keys={"home.fly": "f7"})}))
    async with app.run_test() as pilot:
        await until(pilot, lambda: "home.fly" in notifications(app))
