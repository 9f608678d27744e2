"""The models as the screens know them: what there is, and what this machine makes of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from refsheet_tui.config import Config, Value
from refsheet_tui.config.yaml_file import read_settings
from refsheet_tui.errors import RefsheetError
from refsheet_tui.i18n import _
from refsheet_tui.paths import exists
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.models.downloads import Downloads, Ended
from refsheet_tui.tui.preferences import Preferences
from refsheet_tui.weights import store_of
from refsheet_tui.weights.catalog import Entry, load_catalog
from refsheet_tui.weights.choice import DEMO
from refsheet_tui.weights.measuring import Measured, measure_machine
from refsheet_tui.weights.shop import Shop
from refsheet_tui.weights.store import State
from refsheet_tui.weights.table import Row, catalogue_rows, other_rows


class Models:
    """`measured` is None until this machine was measured for the first time."""

    def __init__(self, preferences: Preferences, downloads: Downloads) -> None:
        self._preferences = preferences
        self.downloads = downloads
        self.measured: Measured | None = None
        self._measuring: asyncio.Task[Measured] | None = None

    @property
    def config(self) -> Config:
        return self._preferences.config

    def shop(self) -> Shop:
        """Raises `ConfigError` for a bad catalogue."""
        return Shop(load_catalog(), store_of(self.config))

    def rows(self) -> list[Row]:
        """The catalogue, then what else can be used. Reads files. Raises `ConfigError`,
        `StorageError`."""
        shop, machine = self.shop(), self.measured.machine if self.measured else None
        config = self.config
        return [*catalogue_rows(shop, config, machine), *other_rows(shop, config, machine)]

    def offered(self) -> Row | None:
        """The one to get: the best for this machine, the catalogue's default until that is known.
        Reads files. Raises `ConfigError`, `StorageError`."""
        rows, default = self.rows(), self.shop().catalog.default
        best = [row for row in rows if row.recommended]
        return next(iter([*best, *(row for row in rows if row.name == default)]), None)

    async def measure(self) -> None:
        """Look at this machine anew: what was free a while ago may not be any more. Who asks while
        it is measured waits for the same."""
        if self._measuring is None:
            self._measuring = asyncio.create_task(in_thread(measure_machine))
            self._measuring.add_done_callback(self._is_measured)
        await asyncio.wait([self._measuring])

    def download(self, name: str, entry: Entry) -> None:
        """Raises `ConfigError`, `WeightsError` while another one runs."""
        self.downloads.start(name, entry, self.shop().store, offline=self.config.offline)

    def arrived(self, ended: Ended) -> tuple[dict[str, Value], str]:
        """What is to be set now, and what to say. It speaks from now on where the demo has spoken;
        one that was missing or damaged is loaded. Raises `RefsheetError` for one that did not
        arrive."""
        changes: dict[str, Value] = {}
        words = _("{model} is here.")
        if ended.was_stopped:
            words = _("The download of {model} was stopped. What has arrived stays.")
        elif ended.problem is not None:
            raise ended.problem
        elif self.config.model == DEMO:
            changes = {"model": ended.name, "mmproj": None}
            words = _("{model} is here. It speaks from now on.")
        elif self.config.model == ended.name:
            changes = {"model": ended.name}
        return changes, words.format(model=ended.title)

    def _is_measured(self, task: asyncio.Task[Measured]) -> None:
        self._measuring = None
        if not task.cancelled():
            self.measured = task.result()


def is_first_start(config: Config, file: Path) -> bool:
    """Whether the person has neither chosen a model nor got one yet; `file` holds their settings,
    if there are any. What can't be read is no reason to greet anybody."""
    if config.model != DEMO:
        return False
    try:
        if exists(file) and "model" in read_settings(file):
            return False
        shop = Shop(load_catalog(), store_of(config))
    except RefsheetError:
        return False
    return all(
        shop.store.state_of(each) is not State.WHOLE for each in shop.catalog.models.values()
    )
