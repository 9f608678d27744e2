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
    """All models, and the downloads. `measurement` is None until this machine has been measured."""

    def __init__(self, preferences: Preferences, downloads: Downloads) -> None:
        self._preferences = preferences
        self.downloads = downloads
        self.measurement: MachineMeasurement | None = None
        self._measure_task: asyncio.Task[MachineMeasurement] | None = None

    @property
    def config(self) -> Config:
        """The current settings."""
        return self._preferences.config

    def model_manager(self) -> ModelManager:
        """Return a manager of the model files. Raises `ConfigError` for an invalid catalog."""
        return ModelManager(load_catalog(), get_model_store(self.config))

    def rows(self) -> list[ModelRow]:
        """Return the models of the catalog, then all others that can be used.

        Reads files. Raises `ConfigError`, `StorageError`.
        """
        manager = self.model_manager()
        machine = self.measurement.machine if self.measurement else None
        config = self.config
        return [*catalogue_rows(manager, config, machine), *other_rows(manager, config, machine)]

    def recommended_row(self) -> ModelRow | None:
        """Return the best model for this machine, or the catalog's default until that is known.

        Reads files. Raises `ConfigError`, `StorageError`.
        """
        rows, default = self.rows(), self.model_manager().catalog.default
        recommended = [row for row in rows if row.is_recommended]
        return next(iter([*recommended, *(row for row in rows if row.name == default)]), None)

    async def measure(self) -> None:
        """Measure this machine again, since its free memory changes.

        Callers that come while it is measured wait for the same measurement.
        """
        if self._measure_task is None:
            self._measure_task = asyncio.create_task(in_thread(measure_machine))
            self._measure_task.add_done_callback(self._on_measured)
        await asyncio.wait([self._measure_task])

    def download(self, name: str, entry: CatalogEntry) -> None:
        """Start a download. Raises `ConfigError`, `WeightsError` if another one is running."""
        self.downloads.start(name, entry, self.model_manager().store, offline=self.config.offline)

    def on_download_finished(self, result: DownloadResult) -> tuple[dict[str, SettingValue], str]:
        """Return the settings to change after a download, and a notice.

        The model replaces the demo. If it was already chosen, but missing or damaged, it is loaded.
        Raises `RefsheetError` if the download has failed.
        """
        changes: dict[str, SettingValue] = {}
        notice = _("{model} is downloaded.")
        if result.was_stopped:
            notice = _("Download of {model} paused. You can resume it later.")
        elif result.error is not None:
            raise result.error
        elif self.config.model == DEMO:
            changes = {"model": result.name, "mmproj": None}
            notice = _("{model} is downloaded and now in use.")
        elif self.config.model == result.name:
            changes = {"model": result.name}
        return changes, notice.format(model=result.title)

    def _on_measured(self, task: asyncio.Task[MachineMeasurement]) -> None:
        self._measure_task = None
        if not task.cancelled():
            self.measurement = task.result()


def is_first_start(config: Config, config_file: Path) -> bool:
    """Return True if the user has neither chosen nor downloaded a model yet.

    `config_file` contains the user's settings, if it exists. Returns False for files that can't be
    read.
    """
    if config.model != DEMO:
        return False
    try:
        if exists(config_file) and "model" in read_settings(config_file):
            return False
        manager = ModelManager(load_catalog(), get_model_store(config))
    except RefsheetError:
        return False
    return all(
        manager.store.entry_state(each) is not FileState.COMPLETE
        for each in manager.catalog.models.values()
    )
