"""Downloading, verifying, removing and choosing models on the screens, with a local hub."""

from __future__ import annotations

import threading

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Footer

from helpers.hub_models import (
    SIZE,
    cells_of,
    choose,
    config_text,
    model_file,
    open_models,
    table,
    widget_text,
)
from helpers.hub_server import Fault, HubServer
from helpers.screens import GREEDY, open_first_chat, until, wait_until_ready
from refsheet_tui.config import Config
from refsheet_tui.paths import config_dir, demo_model
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.dialogs.confirmation import ConfirmScreen
from refsheet_tui.tui.dialogs.error import ErrorScreen
from refsheet_tui.tui.models import manager as measuring
from refsheet_tui.tui.models.downloads import DownloadProgress
from refsheet_tui.tui.screens.home import HomeScreen
from refsheet_tui.tui.screens.models import ModelsScreen
from refsheet_tui.tui.screens.report import ReportScreen
from refsheet_tui.weights.fit import MachineResources
from refsheet_tui.weights.measuring import MachineMeasurement


def slowly() -> list[Fault]:
    """Return a fault that makes the next file take about three seconds."""
    return [Fault(pause_s=0.02, times=1)]


def some_has_arrived() -> bool:
    """Return True if some bytes of a download are on the disk."""
    return any(part.stat().st_size for part in model_file().parent.glob("*.part"))


async def accept(pilot: Pilot[int], app: RefsheetApp) -> None:
    await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, ModelsScreen))


async def download(pilot: Pilot[int], app: RefsheetApp) -> None:
    """Download `small`, and wait until it is complete."""
    await pilot.press("d")
    await accept(pilot, app)
    await until(pilot, lambda: "model: small" in config_text())
    await until(pilot, lambda: cells_of(app)[2] == "on disk" and cells_of(app)[0] == "* small")


async def test_what_was_downloaded_speaks_from_now_on(hub: HubServer) -> None:
    hub.faults = slowly()
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait_until_ready(pilot, app)
        await open_models(pilot, app)
        assert cells_of(app)[2] == "not downloaded"
        await pilot.press("d")
        await accept(pilot, app)
        await until(pilot, lambda: "MB/s" in widget_text(app, "#transfer .progress-words"))
        assert "2.83 MB" in widget_text(app, "#transfer .progress-words")
        await until(pilot, lambda: cells_of(app)[2].endswith("%"))
        assert "↓ small" in widget_text(app, "#heading-engine")
        await until(pilot, lambda: cells_of(app)[0] == "* small")
        await wait_until_ready(pilot, app)
        assert model_file().read_bytes() == demo_model().read_bytes()
        assert not app.screen.query_one("#transfer").display
        assert "↓" not in widget_text(app, "#heading-engine")


async def test_a_stopped_download_goes_on_where_it_was(hub: HubServer) -> None:
    hub.faults = slowly()
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await open_models(pilot, app)
        await pilot.press("p")
        await pilot.press("d")
        await accept(pilot, app)
        await until(pilot, some_has_arrived)
        await pilot.press("p")
        await until(pilot, lambda: cells_of(app)[2] == "partial")
        assert not model_file().exists()
        assert "model" not in config_text()
        hub.requests.clear()
        await pilot.press("d")
        await until(pilot, lambda: cells_of(app)[2] == "on disk")
    (asked,) = hub.requests_for("/cdn/somebody/demo-GGUF")
    assert asked["range"].startswith("bytes=") and asked["range"] != "bytes=0-"
    assert model_file().read_bytes() == demo_model().read_bytes()


async def test_a_download_outlives_its_screen(hub: HubServer) -> None:
    hub.faults = slowly()
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await open_models(pilot, app)
        await pilot.press("d")
        await accept(pilot, app)
        await until(pilot, lambda: cells_of(app)[2].endswith("%"))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        assert "↓ small" in widget_text(app, "#heading-engine")
        await until(pilot, lambda: "model: small" in config_text())


async def test_who_leaves_keeps_what_has_arrived(hub: HubServer) -> None:
    hub.faults = slowly()
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await open_models(pilot, app)
        await pilot.press("d")
        await accept(pilot, app)
        await until(pilot, some_has_arrived)
        await pilot.press("ctrl+q")
    (begun,) = model_file().parent.glob("*.part")
    assert 0 < begun.stat().st_size < SIZE


async def test_one_download_at_a_time(hub: HubServer) -> None:
    hub.faults = slowly()
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await open_models(pilot, app)
        await pilot.press("d")
        await accept(pilot, app)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
        assert "small is downloading" in widget_text(app, "#problem-what")


async def test_the_terms_are_shown_once(hub: HubServer) -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await open_models(pilot, app)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "Gemma Terms of Use" in widget_text(app, "#question-what")
        assert "https://ai.google.dev/gemma/terms" in widget_text(app, "#question-details")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ModelsScreen))
        assert hub.requests == [] and app.download is None
        await download(pilot, app)
        transfers: list[DownloadProgress | None] = []
        app.watch(app, "download", lambda now: transfers.append(now), init=False)
        await pilot.press("d")
        await until(pilot, lambda: len(transfers) > 1 and transfers[-1] is None)
        assert isinstance(app.screen, ModelsScreen)


async def test_what_is_too_large_is_said_before_it_is_fetched(hub: HubServer) -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await open_models(pilot, app, "27b")
        assert cells_of(app, "27b")[3] == "no"
        assert "Too large for this computer" in widget_text(app, "#about-model")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "too large for this computer" in widget_text(app, "#question-what")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ModelsScreen))
        assert app.download is None and hub.requests == []


async def test_offline_is_offline(hub: HubServer) -> None:
    app = RefsheetApp(GREEDY.model_copy(update={"offline": True}))
    async with app.run_test(size=(100, 30)) as pilot:
        await open_models(pilot, app)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
        assert "offline in config.yaml prevents downloading it" in widget_text(app, "#problem-what")
    assert hub.requests == []


async def test_a_failed_download_says_what_to_do(hub: HubServer) -> None:
    hub.faults = [Fault(announces=3_000_000, times=99)]
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await open_models(pilot, app)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
        assert widget_text(app, "#problem-remedy")
        await pilot.press("escape")
        await until(pilot, lambda: cells_of(app)[2] == "partial")


async def test_verify_finds_what_is_good_and_what_is_not(hub: HubServer) -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await open_models(pilot, app)
        await download(pilot, app)
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, ReportScreen))
        assert "all files verified" in widget_text(app, "#report-what")
        assert "SHA-256" in widget_text(app, "#report-findings Static")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ModelsScreen))
        with model_file().open("r+b") as stream:
            stream.seek(1_500_000)
            stream.write(b"\xff\x00\xff")
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, ReportScreen))
        assert "damaged" in widget_text(app, "#report-what")
        assert "Download it again" in widget_text(app, "#report-findings Static")
        await pilot.press("escape", "d")
        await until(pilot, lambda: model_file().read_bytes() == demo_model().read_bytes())


async def test_what_is_not_here_can_t_be_used_nor_verified(hub: HubServer) -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await open_models(pilot, app)
        for key in ("enter", "v"):
            await pilot.press(key)
            await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
            assert "small isn't downloaded yet" in widget_text(app, "#problem-what")
            assert "Press D to download." in widget_text(app, "#problem-remedy")
            await pilot.press("escape")
    assert "model" not in config_text()


async def test_remove_asks_first(hub: HubServer) -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await open_models(pilot, app)
        await download(pilot, app)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "This model is in use" in widget_text(app, "#question-details")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ModelsScreen))
        assert model_file().exists(), "enter keeps it"
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.click("#yes")
        await until(pilot, lambda: cells_of(app)[2] == "not downloaded")
        assert not model_file().exists()
        await choose(pilot, app, "demo")
        await pilot.press("x")
        assert isinstance(app.screen, ModelsScreen), "the demo stays"
        assert demo_model().exists()


async def test_another_model_is_used_at_once(hub: HubServer) -> None:
    (config_dir() / "config.yaml").write_text("# mine\nmodel: demo\n")
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait_until_ready(pilot, app)
        await open_models(pilot, app)
        await download(pilot, app)
        await choose(pilot, app, "demo")
        await pilot.press("enter")
        await until(pilot, lambda: cells_of(app, "demo")[0] == "* demo")
        assert config_text() == "# mine\nmodel: demo\n"
        await choose(pilot, app, "small")
        await pilot.press("u")
        await until(pilot, lambda: cells_of(app)[0] == "* small")
        await wait_until_ready(pilot, app)


async def test_the_models_are_there_before_the_machine_is_measured(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = threading.Event()

    def patiently() -> MachineMeasurement:
        measured.wait()
        return MachineMeasurement(MachineResources(8 * 10**9, 6 * 10**9, 0, 4e10), None)

    monkeypatch.setattr(measuring, "measure_machine", patiently)
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, ModelsScreen))
        await until(pilot, lambda: table(app).row_count > 0)
        assert cells_of(app, "4b")[3:] == ["?", "?", "?"]
        assert "Measuring" in widget_text(app, "#machine")
        measured.set()
        await until(pilot, lambda: cells_of(app, "4b")[3:] == ["yes", "3.98 GB", "15.2"])
        assert "Measuring" not in widget_text(app, "#machine")


async def test_this_very_machine_is_measured() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await open_models(pilot, app, "4b")
        await until(pilot, lambda: cells_of(app, "4b")[4] == "3.98 GB")
        assert float(cells_of(app, "4b")[5]) > 0


async def test_where_no_model_could_be_loaded_f3_chooses_one(hub: HubServer) -> None:
    app = RefsheetApp(Config(threads=1, model="small"))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
        await pilot.press("escape")
        assert "No model: press F3 to choose one" in widget_text(app, "#heading-engine")
        await open_models(pilot, app)
        assert "In use, but incomplete" in widget_text(app, "#about-model")
        await pilot.press("d")
        await accept(pilot, app)
        await until(pilot, lambda: cells_of(app)[2] == "on disk")
        await wait_until_ready(pilot, app)


async def test_everything_can_be_clicked(hub: HubServer) -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_models(pilot, app, "4b")
        row = table(app).get_row_index("small") + 1  # the headings
        await pilot.click("#models-table", offset=(4, row))
        await until(pilot, lambda: "Small one" in widget_text(app, "#about-model"))
        footer = app.screen.query_one(Footer)
        (key,) = [key for key in footer.query("FooterKey") if getattr(key, "key", "") == "d"]
        await pilot.click(key)
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.click(app.screen.query_one("#yes", Button))
        await until(pilot, lambda: cells_of(app)[0] == "* small")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_all_models_are_in_view_beside_what_is_said_of_one(
    hub: HubServer, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = MachineMeasurement(MachineResources(16 * 10**9, 6 * 10**9, 0, 4e10), None)
    monkeypatch.setattr(measuring, "measure_machine", lambda: busy)
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=size) as pilot:
        await open_models(pilot, app, "4b")
        assert cells_of(app, "12b")[3] == "tight"
        assert table(app).max_scroll_y == 0 and table(app).max_scroll_x == 0
        about = app.screen.query_one("#model")
        assert about.region.height >= 5 and about.region.right <= size[0]


async def test_a_bad_catalogue_is_told_in_a_dialog(hub: HubServer) -> None:
    (config_dir() / "catalog.yaml").write_text("models: 5\n")
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("f3")
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
        assert "catalog.yaml" in widget_text(app, "#problem-what")


async def test_a_chat_is_gone_to_from_the_models_and_back(hub: HubServer) -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait_until_ready(pilot, app)
        await open_first_chat(pilot, app)
        chat = app.screen
        for _ in range(2):
            await pilot.press("f3")
            await until(pilot, lambda: isinstance(app.screen, ModelsScreen))
            await pilot.press("ctrl+l", "enter")
            await until(pilot, lambda: app.screen is chat)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
