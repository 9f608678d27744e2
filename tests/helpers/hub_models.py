"""A catalog whose models are the demo's files, a hub for them, and the models screen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from huggingface_hub import close_session, constants
from textual.pilot import Pilot
from textual.widgets import DataTable, Static

from helpers.hub_server import HubServer, hub_server
from helpers.screens import until
from refsheet_tui.paths import config_dir, demo_mmproj, demo_model, models_dir
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.models import manager as measuring
from refsheet_tui.tui.screens.models import ModelsScreen
from refsheet_tui.weights.fit import MachineResources
from refsheet_tui.weights.measuring import MachineMeasurement

SIZE = demo_model().stat().st_size
CATALOG = """
default: small
best_first: [small]
models:
  small:
    title: Small one
    licence: gemma
    model: {{repository: somebody/demo-GGUF, file: demo.gguf, bytes: {size}, sha256: {sum}}}
    projector:
      repository: somebody/mmproj-GGUF
      file: demo-mmproj.gguf
      bytes: {projector}
"""


@contextmanager
def hub_of_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """Run a hub that offers `small`, which is added to the shipped catalog.

    This machine appears to be a laptop, and is not measured.
    """
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    # huggingface_hub reads the environment when it is imported.
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf" / "hub"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "hf" / "token"))
    laptop = MachineMeasurement(MachineResources(8 * 10**9, 6 * 10**9, 0, 4e10), None)
    monkeypatch.setattr(measuring, "measure_machine", lambda: laptop)
    data = demo_model().read_bytes()
    config_dir().mkdir(parents=True)
    text = CATALOG.format(
        size=len(data),
        sum=hashlib.sha256(data).hexdigest(),
        projector=demo_mmproj().stat().st_size,
    )
    (config_dir() / "catalog.yaml").write_text(text)
    with hub_server() as hub:
        hub.put("somebody/demo-GGUF", "demo.gguf", demo_model())
        hub.put("somebody/mmproj-GGUF", "demo-mmproj.gguf", demo_mmproj())
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        close_session()  # it was created in the environment of another test
        yield hub


def model_file() -> Path:
    """Return the path of `small` after its download."""
    return models_dir() / "somebody/demo-GGUF/demo.gguf"


def config_text() -> str:
    """Return the text of the user's settings file."""
    file = config_dir() / "config.yaml"
    return file.read_text() if file.exists() else ""


async def open_models(pilot: Pilot[int], app: RefsheetApp, name: str = "small") -> None:
    """Open the models screen, and move the cursor to `name`."""
    await pilot.press("f3")
    await until(pilot, lambda: isinstance(app.screen, ModelsScreen))
    await until(pilot, lambda: app.models.measurement is not None and table(app).row_count > 0)
    await until(pilot, lambda: "GB of memory" in widget_text(app, "#machine"))
    await choose(pilot, app, name)


async def choose(pilot: Pilot[int], app: RefsheetApp, name: str) -> None:
    """Move the cursor to `name` by the keyboard, as a user does."""
    step = "down" if table(app).get_row_index(name) > table(app).cursor_row else "up"
    while table(app).cursor_row != table(app).get_row_index(name):
        await pilot.press(step)


def table(app: RefsheetApp) -> DataTable[object]:
    return app.screen.query_one("#models-table", DataTable)


def cells_of(app: RefsheetApp, name: str = "small") -> list[str]:
    """Return the cells of a row: mark and name, size, status, fits, memory, speed."""
    return [str(cell) for cell in table(app).get_row(name)]


def widget_text(app: RefsheetApp, selector: str) -> str:
    return str(app.screen.query_one(selector, Static).render())
