"""The settings screen: every setting is explained, checked while typed, and applied at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Select, Static, Switch

from helpers.screens import (
    GREEDY,
    chat_of,
    notifications,
    open_first_chat,
    say,
    screen_text,
    until,
    wait_until_ready,
)
from refsheet_tui.config import Config, all_settings, load_config, setting_explanations
from refsheet_tui.paths import config_dir
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.dialogs.error import ErrorScreen
from refsheet_tui.tui.screens.character import CharacterScreen
from refsheet_tui.tui.screens.settings import SettingsScreen
from refsheet_tui.tui.widgets.setting import SettingRow


@pytest.fixture
def file() -> Path:
    """Write a settings file of the user with comments in it."""
    config_dir().mkdir(parents=True)
    file = config_dir() / "config.yaml"
    file.write_text("# mine\nmodel: demo  # for now\n")
    return file


async def settings(pilot: Pilot[int], app: RefsheetApp) -> None:
    await wait_until_ready(pilot, app)
    await pilot.press("f4")
    await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
    await until(pilot, lambda: len(app.screen.query(SettingRow)) == len(all_settings()))
    await pilot.pause()


def row(app: RefsheetApp, name: str) -> SettingRow:
    return next(each for each in app.screen.query(SettingRow) if each.setting.name == name)


async def type_setting(pilot: Pilot[int], app: RefsheetApp, name: str, text: str) -> None:
    field = row(app, name).field
    assert isinstance(field, Input)
    field.focus()
    field.value = ""
    await pilot.press(*text)


def test_no_setting_is_forgotten_and_each_is_explained() -> None:
    names = {setting.name for setting in all_settings()}
    tree = Config().model_dump()
    flat = {
        f"{name}.{inner}" if isinstance(value, dict) else name
        for name, value in tree.items()
        for inner in (value if isinstance(value, dict) else ("",))
    }
    assert names == flat
    assert all(setting_explanations()[name] for name in names)
    labels = [(setting.group_label, setting.label) for setting in all_settings()]
    assert len(set(labels)) == len(labels)
    assert all(setting.label != setting.name.rpartition(".")[2] for setting in all_settings())


async def test_a_number_is_written_and_counts_at_once(file: Path) -> None:
    app = RefsheetApp(load_config())
    async with app.run_test(size=(100, 40)) as pilot:
        await settings(pilot, app)
        await type_setting(pilot, app, "generation.temperature", "0.5")
        assert "temperature" not in file.read_text(), "it may not be all"
        await pilot.press("enter")
        await until(pilot, lambda: "temperature: 0.5" in file.read_text())
        assert app.session.generation.temperature == 0.5
        assert file.read_text().startswith("# mine\nmodel: demo  # for now\n")


async def test_what_can_t_be_is_told_and_never_written(file: Path) -> None:
    before = file.read_text()
    app = RefsheetApp(load_config())
    async with app.run_test(size=(100, 40)) as pilot:
        await settings(pilot, app)
        for name, text in (
            ("generation.top_p", "3"),
            ("generation.top_k", "x"),
            ("context_size", "1"),
            ("screens.keys", "home.fly: f7"),
        ):
            await type_setting(pilot, app, name, text)
            problem = row(app, name).query_one(".field-problem", Static)
            await until(pilot, lambda problem=problem: bool(str(problem.render())))  # type: ignore[misc]
            assert str(file) not in str(problem.render())
            if name == "generation.top_p":
                assert "Top-p must be at most 1" in str(problem.render())
            await pilot.press("enter")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, SettingsScreen))
    assert file.read_text() == before


async def test_a_switch_and_a_list_by_mouse(file: Path) -> None:
    app = RefsheetApp(load_config())
    async with app.run_test(size=(100, 40)) as pilot:
        await settings(pilot, app)
        await pilot.click(row(app, "offline").query_one(Switch))
        await until(pilot, lambda: "offline: true" in file.read_text())
        theme = row(app, "screens.theme").query_one(Select)
        theme.value = "refsheet-light"
        await until(pilot, lambda: "theme: refsheet-light" in file.read_text())
        assert app.theme == "refsheet-light"


async def test_nothing_typed_leaves_it_to_the_program(file: Path) -> None:
    file.write_text("threads: 1\n")
    app = RefsheetApp(load_config())
    async with app.run_test(size=(100, 40)) as pilot:
        await settings(pilot, app)
        field = row(app, "threads").field
        assert isinstance(field, Input) and field.value == "1"
        field.focus()
        field.value = ""
        await pilot.press("enter")
        await until(pilot, lambda: load_config().threads is None)
        assert app.preferences.config.threads is None


async def test_what_is_left_counts_like_what_is_entered(file: Path) -> None:
    app = RefsheetApp(load_config())
    async with app.run_test(size=(100, 40)) as pilot:
        await settings(pilot, app)
        await type_setting(pilot, app, "generation.top_k", "7")
        await pilot.press("down")
        await until(pilot, lambda: "top_k: 7" in file.read_text())
        await type_setting(pilot, app, "generation.min_p", "0.1")
        await pilot.press("escape")
        await until(pilot, lambda: "min_p: 0.1" in file.read_text())


async def test_back_to_the_default_and_back_from_there(file: Path) -> None:
    file.write_text("generation:\n  top_k: 5\n")
    app = RefsheetApp(load_config())
    async with app.run_test(size=(100, 40)) as pilot:
        await settings(pilot, app)
        row(app, "generation.top_k").field.focus()
        await pilot.press("ctrl+d")
        await until(pilot, lambda: load_config().generation.top_k == 64)
        await pilot.press("alt+z")
        await until(pilot, lambda: load_config().generation.top_k == 5)
        field = row(app, "generation.top_k").field
        assert isinstance(field, Input)
        await until(pilot, lambda: field.value == "5")


async def test_another_context_loads_the_model_again(file: Path) -> None:
    app = RefsheetApp(load_config())
    async with app.run_test(size=(100, 40)) as pilot:
        await settings(pilot, app)
        await type_setting(pilot, app, "context_size", "4096")
        await pilot.press("enter")
        await until(pilot, lambda: "Reloading the model" in screen_text(app))
        await until(
            pilot,
            lambda: (
                app.engine_state.info is not None and app.engine_state.info.context_size == 4096
            ),
        )


async def test_only_what_is_looked_for_is_shown(file: Path) -> None:
    app = RefsheetApp(load_config())
    async with app.run_test(size=(100, 40)) as pilot:
        await settings(pilot, app)
        await pilot.press(*"top_k")  # its name in config.yaml
        await until(pilot, lambda: "Top-k" in screen_text(app))
        assert not row(app, "generation.temperature").display
        app.screen.query_one("#settings-filter", Input).value = "Seed"
        await until(pilot, lambda: "Top-k" not in screen_text(app) and "Seed" in screen_text(app))
        await pilot.press("down")
        assert row(app, "generation.seed").field.has_focus


async def test_a_file_that_was_damaged_meanwhile_is_told(file: Path) -> None:
    app = RefsheetApp(load_config())
    async with app.run_test(size=(100, 40)) as pilot:
        await settings(pilot, app)
        file.write_text("model: [\n")
        await type_setting(pilot, app, "generation.top_k", "7")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
        assert file.read_text() == "model: [\n"
        assert app.session.generation.top_k == 64


async def test_from_a_chat_by_a_command_and_not_from_a_form() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        await open_first_chat(pilot, app)
        await say(pilot, "/settings")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
        await pilot.press("escape", "ctrl+o")
        await until(pilot, lambda: bool(app.screen.query("CharacterTile")))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        await pilot.press("f4", "ctrl+l", "f3")
        await pilot.pause()
        assert isinstance(app.screen, CharacterScreen)
        assert not notifications(app)


async def test_what_is_set_counts_in_the_chat_that_is_open() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        await open_first_chat(pilot, app)
        await app.change_settings({"generation.max_new_tokens": 2})
        await say(pilot, "Tell me a story.")
        await until(
            pilot, lambda: "Token limit reached" in screen_text(app) and not chat_of(app).replying
        )


async def test_a_theme_that_there_is_not_is_told_and_left_in_the_file(file: Path) -> None:
    file.write_text("screens:\n  theme: gruvbxo\n")
    app = RefsheetApp(load_config())
    async with app.run_test() as pilot:
        await until(pilot, lambda: "gruvbxo" in notifications(app))
        await wait_until_ready(pilot, app)
        await pilot.pause()
        assert file.read_text() == "screens:\n  theme: gruvbxo\n"
        await pilot.press("f2")
        await until(pilot, lambda: "theme: refsheet-light" in file.read_text())


async def test_another_model_leaves_the_projector_of_the_one_before(file: Path) -> None:
    file.write_text("model: /nowhere/a.gguf\nmmproj: /nowhere/b.gguf\n")
    app = RefsheetApp(load_config())
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
        await pilot.press("escape", "f4")
        await until(pilot, lambda: len(app.screen.query(SettingRow)) == len(all_settings()))
        row(app, "model").field.focus()
        await pilot.press("ctrl+d")
        await until(pilot, lambda: load_config().model == "demo")
        assert load_config().mmproj is None
        await pilot.press("alt+z")
        await until(pilot, lambda: load_config().mmproj == Path("/nowhere/b.gguf"))
        assert load_config().model == "/nowhere/a.gguf"
