"""Choosing a model file on the user's disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from textual.events import Paste
from textual.widgets import Input, Static

from helpers.hub_models import cells_of, choose, config_text, open_models, table, widget_text
from helpers.hub_server import HubServer
from helpers.pretrained_model import pretrained_model
from helpers.screens import GREEDY, notifications, until, wait_until_ready
from helpers.split_model import split_model
from refsheet_tui.config import load_config
from refsheet_tui.paths import demo_mmproj, demo_model
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.dialogs.error import ErrorScreen
from refsheet_tui.tui.screens.model_file import ModelFileScreen
from refsheet_tui.tui.screens.models import ModelsScreen
from refsheet_tui.tui.screens.report import ReportScreen
from refsheet_tui.weights.sizes import format_bytes

FIELDS = ("model", "mmproj")


async def test_a_file_of_ones_own_speaks(hub: HubServer, tmp_path: Path) -> None:
    own = tmp_path / "my model.gguf"
    shutil.copy(demo_model(), own)
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_models(pilot, app)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, ModelFileScreen))
        app.screen.query_one("#file-model", Input).value = str(own)
        app.screen.query_one("#file-mmproj", Input).value = str(demo_mmproj())
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, ModelsScreen))
        await until(pilot, lambda: str(own) in table(app).rows)
        await until(pilot, lambda: cells_of(app, str(own))[0] == "* my model.gguf")
        await wait_until_ready(pilot, app)
    assert f"model: {own}" in config_text()
    assert f"mmproj: {demo_mmproj()}" in config_text()


async def test_any_part_of_a_model_speaks(hub: HubServer, tmp_path: Path) -> None:
    parts = split_model(tmp_path / "mine", (0, 40, 40))
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await open_models(pilot, app)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, ModelFileScreen))
        app.screen.query_one("#file-model", Input).value = str(parts[2])
        app.screen.query_one("#file-mmproj", Input).value = str(demo_mmproj())
        await pilot.press("ctrl+s")
        await until(pilot, lambda: str(parts[0]) in table(app).rows)
        await until(pilot, lambda: cells_of(app, str(parts[0]))[0].startswith("* demo-00001"))
        await wait_until_ready(pilot, app)
        size = sum(path.stat().st_size for path in (*parts, demo_mmproj()))
        assert cells_of(app, str(parts[0]))[1] == format_bytes(size)
        await choose(pilot, app, str(parts[0]))
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, ReportScreen))
        findings = app.screen.query("#report-findings Static")
        assert any("all 3 parts" in str(line.render()) for line in findings.results(Static))


async def test_all_parts_dropped_at_once_leave_the_other_field_to_the_projector(
    hub: HubServer, tmp_path: Path
) -> None:
    parts = split_model(tmp_path / "mine", (0, 40, 40))
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_models(pilot, app)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, ModelFileScreen))
        model, mmproj = (app.screen.query_one(f"#file-{name}", Input) for name in FIELDS)
        app.post_message(Paste("\n".join(map(str, parts))))
        await until(pilot, lambda: model.value == str(parts[0]))
        assert mmproj.value == ""
        dropped = [parts[1], demo_mmproj(), *parts[::2]]
        app.post_message(Paste("\n".join(map(str, dropped))))
        await until(pilot, lambda: mmproj.value == str(demo_mmproj()))
        assert model.value == str(parts[1])


async def test_a_part_that_is_missing_is_told_under_the_model(
    hub: HubServer, tmp_path: Path
) -> None:
    parts = split_model(tmp_path / "mine", (0, 40, 40))
    parts[1].unlink()
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await open_models(pilot, app)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, ModelFileScreen))
        app.screen.query_one("#file-model", Input).value = str(parts[0])
        app.screen.query_one("#file-mmproj", Input).value = str(demo_mmproj())
        await pilot.press("enter")
        await until(pilot, lambda: "demo-00002-of-00003" in widget_text(app, "#problem-model"))


async def test_a_model_that_only_continues_text_is_named(hub: HubServer, tmp_path: Path) -> None:
    sentence = "isn't instruction-tuned: it continues text instead of answering"
    own = str(pretrained_model(tmp_path / "gemma-3-270m.gguf"))
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait_until_ready(pilot, app)
        assert sentence not in notifications(app)
        await open_models(pilot, app)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, ModelFileScreen))
        app.screen.query_one("#file-model", Input).value = own
        await pilot.press("ctrl+s")
        await until(pilot, lambda: sentence in notifications(app))
        await until(pilot, lambda: own in table(app).rows)
        await choose(pilot, app, own)
        assert f"gemma-3-270m.gguf {sentence}" in " ".join(widget_text(app, "#about-model").split())
        await choose(pilot, app, "demo")
        assert sentence not in widget_text(app, "#about-model")
        assert notifications(app).count(sentence) <= 1, "once is enough"
    app = RefsheetApp(load_config())
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: sentence in notifications(app))


async def test_a_file_of_ones_own_that_is_gone_is_told(hub: HubServer, tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.gguf")
    app = RefsheetApp(GREEDY.model_copy(update={"model": gone}))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
        await pilot.press("escape")
        await open_models(pilot, app, gone)
        assert cells_of(app, gone)[0::2] == ["* gone.gguf", "missing", "?"]
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
        await pilot.press("escape")
        await choose(pilot, app, "demo")
        await pilot.press("enter")
        await wait_until_ready(pilot, app)


@pytest.mark.parametrize(
    ("model", "mmproj", "field", "problem"),
    [
        ("", "", "model", "Enter the path to a model"),
        ("/nowhere/x.gguf", "", "model", "The model /nowhere/x.gguf doesn't exist"),
        ("/", "", "model", ""),
        ("x" * 300, "", "model", f"{'x' * 300} doesn't exist"),
        ("a\0b.gguf", "", "model", ""),
        (str(Path(__file__)), "", "model", "GGUF"),
        (str(demo_mmproj()), "", "model", ""),
        (str(demo_model()), "/nowhere/y.gguf", "mmproj", ""),
        (str(demo_model()), str(Path(__file__)), "mmproj", "GGUF"),
    ],
)
async def test_a_file_that_can_t_speak_is_told_under_its_field(
    hub: HubServer, model: str, mmproj: str, field: str, problem: str
) -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_models(pilot, app)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, ModelFileScreen))
        app.screen.query_one("#file-model", Input).value = model
        app.screen.query_one("#file-mmproj", Input).value = mmproj
        await pilot.press("enter")
        await until(pilot, lambda: bool(widget_text(app, f"#problem-{field}")))
        assert problem in widget_text(app, f"#problem-{field}")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ModelsScreen))
    assert "model" not in config_text()


async def test_a_file_of_ones_own_stays_in_the_list(hub: HubServer, tmp_path: Path) -> None:
    own = tmp_path / "mine.gguf"
    shutil.copy(demo_model(), own)
    (tmp_path / "mmproj.gguf").write_bytes(b"no projector")
    app = RefsheetApp(GREEDY.model_copy(update={"model": str(own)}))
    async with app.run_test(size=(100, 30)) as pilot:
        await wait_until_ready(pilot, app)
        notice = "No vision projector in the folder fits mine.gguf, so it is text-only."
        await until(pilot, lambda: notice in notifications(app))
        await open_models(pilot, app)
        await until(pilot, lambda: str(own) in table(app).rows)
        await choose(pilot, app, "demo")
        await pilot.press("enter")
        await until(pilot, lambda: "model: demo" in config_text())
        await wait_until_ready(pilot, app)
        await until(pilot, lambda: cells_of(app, str(own))[0] == "  mine.gguf")
        await choose(pilot, app, str(own))
        await pilot.press("x")
        await until(pilot, lambda: str(own) not in table(app).rows)
        assert own.exists()
