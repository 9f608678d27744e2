"""The models for the screens: all models, and how well they run on this machine."""

from __future__ import annotations

import asyncio
from pathlib import Path

from refsheet_tui.config import Config, SettingValue, read_settings
from refsheet_tui.errors import RefsheetError
from refsheet_tui.i18n import _
from refsheet_tui.paths import exists
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.models.downloads import DownloadResult, Downloads
from refsheet_tui.tui.preferences import Preferences
from refsheet_tui.weights import (
    DEMO,
    CatalogEntry,
    FileState,
    MachineMeasurement,
    ModelManager,
    ModelRow,
    catalogue_rows,
    get_model_store,
    load_catalog,
    measure_machine,
    other_rows,
)


class ModelCatalog:
    """All models, and the downloads. `measured` is None until this machine has been measured."""

    def __init__(self, preferences: Preferences, downloads: Downloads) -> None:
        self._preferences = preferences
        self.downloads = downloads
        self.measured: MachineMeasurement | None = None
        self._measuring: asyncio.Task[MachineMeasurement] | None = None

    @property
    def config(self) -> Config:
        """The current settings."""
        return self._preferences.config

    def shop(self) -> ModelManager:
        """Return a manager of the model files. Raises `ConfigError` for an invalid catalog."""
        return ModelManager(load_catalog(), get_model_store(self.config))

    def rows(self) -> list[ModelRow]:
        """Return the models of the catalog, then all others that can be used.

        Reads files. Raises `ConfigError`, `StorageError`.
        """
        shop, machine = self.shop(), self.measured.machine if self.measured else None
        config = self.config
        return [*catalogue_rows(shop, config, machine), *other_rows(shop, config, machine)]

    def recommended(self) -> ModelRow | None:
        """Return the best model for this machine, or the catalog's default until that is known.

        Reads files. Raises `ConfigError`, `StorageError`.
        """
        rows, default = self.rows(), self.shop().catalog.default
        best = [row for row in rows if row.is_recommended]
        return next(iter([*best, *(row for row in rows if row.name == default)]), None)

    async def measure(self) -> None:
        """Measure this machine again, since its free memory changes.

        Callers that come while it is measured wait for the same measurement.
        """
        if self._measuring is None:
            self._measuring = asyncio.create_task(in_thread(measure_machine))
            self._measuring.add_done_callback(self._on_measured)
        await asyncio.wait([self._measuring])

    def download(self, name: str, entry: CatalogEntry) -> None:
        """Start a download. Raises `ConfigError`, `WeightsError` if another one is running."""
        self.downloads.start(name, entry, self.shop().store, offline=self.config.offline)

    def on_download_finished(self, ended: DownloadResult) -> tuple[dict[str, SettingValue], str]:
        """Return the settings to change after a download, and a notice.

        The model replaces the demo. If it was already chosen, but missing or damaged, it is loaded.
        Raises `RefsheetError` if the download has failed.
        """
        changes: dict[str, SettingValue] = {}
        words = _("{model} is downloaded.")
        if ended.was_stopped:
            words = _("Download of {model} paused. You can resume it later.")
        elif ended.problem is not None:
            raise ended.problem
        elif self.config.model == DEMO:
            changes = {"model": ended.name, "mmproj": None}
            words = _("{model} is downloaded and now in use.")
        elif self.config.model == ended.name:
            changes = {"model": ended.name}
        return changes, words.format(model=ended.title)

    def _on_measured(self, task: asyncio.Task[MachineMeasurement]) -> None:
        self._measuring = None
        if not task.cancelled():
            self.measured = task.result()


def is_first_start(config: Config, file: Path) -> bool:
    """Return True if the user has neither chosen nor downloaded a model yet.

    `file` contains the user's settings, if it exists. Files that can't be read count as False.
    """
    if config.model != DEMO:
        return False
    try:
        if exists(file) and "model" in read_settings(file):
            return False
        shop = ModelManager(load_catalog(), get_model_store(config))
    except RefsheetError:
        return False
    return all(
        shop.store.entry_state(each) is not FileState.WHOLE for each in shop.catalog.models.values()
    )
