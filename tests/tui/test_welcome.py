"""The first start, which offers a model that the user may skip."""

from __future__ import annotations

from textual.widgets import Button, Input

from helpers.hub_models import config_text, widget_text
from helpers.hub_server import Fault, HubServer
from helpers.screens import GREEDY, open_first_chat, replies, say, until, wait_until_ready
from refsheet_tui.config import Config, config_file_to_change, load_config
from refsheet_tui.paths import config_dir, demo_mmproj, demo_model, models_dir
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.dialogs.confirmation import ConfirmScreen
from refsheet_tui.tui.models.manager import is_first_start
from refsheet_tui.tui.screens.home import HomeScreen
from refsheet_tui.tui.screens.model_file import ModelFileScreen
from refsheet_tui.tui.screens.models import ModelsScreen
from refsheet_tui.tui.screens.welcome import WelcomeScreen


async def test_from_the_first_start_to_a_chat(hub: HubServer) -> None:
    """One button downloads a model, which then writes the greeting."""
    hub.faults = [Fault(pause_s=0.02, times=1)]
    app = RefsheetApp(GREEDY, show_welcome=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WelcomeScreen))
        await until(pilot, lambda: "Small one · " in widget_text(app, "#welcome-offer"))
        await until(pilot, lambda: app.focused is app.screen.query_one("#get"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("enter")
        await until(pilot, lambda: "MB/s" in widget_text(app, "#welcome .progress-words"))
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        assert load_config().model == "small"
        assert not is_first_start(load_config(), config_file_to_change(None))
        # Nothing else is needed from the hub.
        hub.files.clear()
        await wait_until_ready(pilot, app)
        await open_first_chat(pilot, app)
        await say(pilot, "Hello!")
        await until(pilot, lambda: len(replies(app)) == 2 and bool(replies(app)[1]))


async def test_the_best_for_this_machine_is_offered() -> None:
    app = RefsheetApp(GREEDY, show_welcome=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WelcomeScreen))
        await until(pilot, lambda: "tokens/s" in widget_text(app, "#welcome-offer"))
        assert "Gemma 3" in widget_text(app, "#welcome-offer") and "GB" in widget_text(
            app, "#welcome-offer"
        )
        for button in app.screen.query(Button):
            assert button.region.bottom < 24


async def test_who_stays_with_the_demo_is_not_asked_again(hub: HubServer) -> None:
    app = RefsheetApp(GREEDY, show_welcome=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WelcomeScreen))
        # Its text appears a little later, and moves everything below.
        await until(pilot, lambda: bool(widget_text(app, "#welcome-offer")))
        await pilot.pause()
        await pilot.click("#demo")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await until(pilot, lambda: "model: demo" in config_text())
    assert not is_first_start(load_config(), config_file_to_change(None))


async def test_who_looks_around_first_is_asked_again(hub: HubServer) -> None:
    app = RefsheetApp(GREEDY, show_welcome=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WelcomeScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await open_first_chat(pilot, app)
    assert config_text() == ""
    assert is_first_start(load_config(), config_file_to_change(None))


async def test_a_download_can_be_paused_there_and_goes_on_behind_it(hub: HubServer) -> None:
    hub.faults = [Fault(pause_s=0.02, times=2)]
    app = RefsheetApp(GREEDY, show_welcome=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WelcomeScreen))
        await until(pilot, lambda: app.focused is app.screen.query_one("#get"))
        await pilot.click("#get")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.click("#yes")
        await until(pilot, lambda: "MB/s" in widget_text(app, "#welcome .progress-words"))
        await pilot.click("#get")
        await until(pilot, lambda: app.download is None)
        button = app.screen.query_one("#get", Button)
        assert str(button.label) == "Download"
        await until(
            pilot, lambda: not button.has_class("-active")
        )  # otherwise the click is taken for a double click
        await pilot.click("#get")
        await until(pilot, lambda: app.download is not None)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await until(pilot, lambda: "model: small" in config_text())


async def test_a_file_of_ones_own_is_as_good(hub: HubServer) -> None:
    app = RefsheetApp(GREEDY, show_welcome=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WelcomeScreen))
        await until(pilot, lambda: bool(widget_text(app, "#welcome-offer")))
        await pilot.pause()
        await pilot.click("#file")
        await until(pilot, lambda: isinstance(app.screen, ModelFileScreen))
        app.screen.query_one("#file-model", Input).value = str(demo_model())
        app.screen.query_one("#file-mmproj", Input).value = str(demo_mmproj())
        await pilot.click("#use-file")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await until(pilot, lambda: f"model: {demo_model()}" in config_text())


async def test_all_models_are_one_key_away(hub: HubServer) -> None:
    app = RefsheetApp(GREEDY, show_welcome=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WelcomeScreen))
        await pilot.press("f3")
        await until(pilot, lambda: isinstance(app.screen, ModelsScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))


def test_the_first_start_ends_with_a_choice_or_a_model(hub: HubServer) -> None:
    assert is_first_start(Config(), config_file_to_change(None))
    assert not is_first_start(Config(model="4b"), config_file_to_change(None))
    file = config_dir() / "config.yaml"
    file.write_text("threads: 1\n")
    assert is_first_start(load_config(), file)
    file.write_text("model: demo\n")
    assert not is_first_start(load_config(), file)
    model = models_dir() / "somebody/demo-GGUF/demo.gguf"
    projector = models_dir() / "somebody/mmproj-GGUF/demo-mmproj.gguf"
    for path, original in ((model, demo_model()), (projector, demo_mmproj())):
        path.parent.mkdir(parents=True)
        path.write_bytes(original.read_bytes())
    assert not is_first_start(Config(), config_file_to_change(None))
