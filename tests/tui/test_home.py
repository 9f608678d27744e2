from __future__ import annotations

from pathlib import Path

import pytest
from textual.events import Paste
from textual.widgets import Input, Select, Static

from helpers.screens import GREEDY, PICTURED, until, wait_until_ready
from refsheet_tui.config import Config
from refsheet_tui.errors import ConfigError
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.dialogs.error import ErrorScreen
from refsheet_tui.tui.screens.character import CharacterScreen
from refsheet_tui.tui.screens.chat import ChatScreen
from refsheet_tui.tui.screens.home import HomeScreen
from refsheet_tui.tui.widgets.gallery_tiles import CharacterTile
from refsheet_tui.tui.widgets.heading import DemoNotice
from refsheet_tui.tui.widgets.picture_field import PathInput
from refsheet_tui.tui.widgets.portrait import Portrait

ROOT = Path(__file__).resolve().parents[2]


async def test_six_samples_and_a_way_to_a_new_one() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(app.screen.query(CharacterTile)) == 6)
        assert app.screen.query(CharacterTile).first().has_focus


async def test_arrows_go_where_they_point() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: len(app.screen.query(CharacterTile)) == 6)
        cards = list(app.screen.query(CharacterTile))
        below = next(card for card in cards if card.region.y > cards[0].region.y)
        await pilot.press("right")
        assert cards[1].has_focus
        await pilot.press("left", "left")
        assert cards[0].has_focus
        await pilot.press("down")
        assert below.has_focus
        await pilot.press("up")
        assert cards[0].has_focus


async def test_a_click_chooses() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: len(app.screen.query(CharacterTile)) == 6)
        # The notice appears with the model and moves the tiles.
        await until(pilot, lambda: app.screen.query_one(DemoNotice).region.height > 0)
        await pilot.click(list(app.screen.query(CharacterTile))[1])
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        assert "Miso" in str(app.screen.query_one("#heading-title", Static).render())


async def test_chinese_where_the_settings_say_so() -> None:
    app = RefsheetApp(Config(language="zh-Hans"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: len(app.screen.query(CharacterTile)) == 6)
        assert "小焰" in str(app.screen.query(".card-name").first(Static).render())


async def test_a_language_of_ones_own_is_among_those_to_choose() -> None:
    app = RefsheetApp(Config(language="Klingon"))
    async with app.run_test() as pilot:
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        assert app.screen.query_one("#language", Select).value == "other"
        assert app.screen.query_one("#other-language", Input).value == "Klingon"


def test_what_is_no_language_is_refused_before_the_screens_open() -> None:
    with pytest.raises(ConfigError, match="isn't a valid language name"):
        RefsheetApp(Config(language="x" * 100))


async def test_a_model_that_can_t_be_used_is_a_dialog(tmp_path: Path) -> None:
    app = RefsheetApp(Config(model=str(tmp_path / "missing.gguf")))
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
        assert "missing.gguf" in str(app.screen.query_one("#problem-what", Static).render())
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))


async def test_a_new_character_from_a_dropped_picture(tmp_path: Path) -> None:
    sheet = tmp_path / "my sheet.png"
    sheet.write_bytes((ROOT / "samples" / "coral.png").read_bytes())
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait_until_ready(pilot, app)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        await until(pilot, lambda: isinstance(app.focused, PathInput))
        app.post_message(Paste(f"'{sheet}'"))
        await until(pilot, lambda: app.screen.query_one(Portrait).path == sheet)
        app.screen.query_one("#name", Input).value = "Nemo"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        assert "Nemo" in str(app.screen.query_one("#heading-title", Static).render())


@pytest.mark.parametrize(
    "path", ["", "nowhere.png", "~nobody/x.png", "x" * 300, str(ROOT / "README.md")]
)
async def test_a_picture_that_is_none_is_explained_and_nothing_is_lost(path: str) -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        app.screen.query_one("#sheet PathInput", PathInput).value = path
        app.screen.query_one("#name", Input).value = "Nemo"
        await pilot.press("ctrl+s")
        problem = app.screen.query_one("#sheet .field-problem", Static)
        await until(pilot, lambda: bool(str(problem.render())))
        assert isinstance(app.screen, CharacterScreen)
        assert app.screen.query_one("#name", Input).value == "Nemo"


async def test_a_picture_dropped_on_the_gallery_is_a_new_character(tmp_path: Path) -> None:
    sheet = tmp_path / "my sheet.png"
    sheet.write_bytes((ROOT / "samples" / "coral.png").read_bytes())
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: len(app.screen.query(CharacterTile)) == 6)
        app.post_message(Paste(str(sheet).replace(" ", "\\ ")))
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        await until(pilot, lambda: app.screen.query_one(Portrait).path == sheet)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
async def test_all_characters_are_in_view(size: tuple[int, int]) -> None:
    app = RefsheetApp(PICTURED)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: len(app.screen.query(CharacterTile)) == 6)
        await until(pilot, lambda: app.screen.query_one(DemoNotice).region.height > 0)
        await pilot.pause()
        assert all(card.region.bottom < size[1] for card in app.screen.query(CharacterTile))
        assert all(portrait.region.height >= 5 for portrait in app.screen.query(Portrait))
