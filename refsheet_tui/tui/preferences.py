"""The user's settings while the screens are open."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from refsheet_tui.config import (
    Config,
    SettingValue,
    change_config,
    config_file_to_change,
    with_changes,
)
from refsheet_tui.prompting import choose_language
from refsheet_tui.tui import keys


class Preferences:
    """The current settings in `config`. Changes are saved at once."""

    def __init__(self, config: Config, file: Path | None = None) -> None:
        """Start with `config`. Changes go to `file`; None means the user's own settings file."""
        self.config = config
        self.file = config_file_to_change(file)

    def preview(self, changes: Mapping[str, SettingValue]) -> Config:
        """Return the settings with `changes`. Raises `ConfigError` if they are invalid."""
        config = with_changes(self.config, changes, self.file)
        choose_language(config.language, os.environ)
        if "screens.keys" in changes:
            keys.check(config.screens.keys)
        return config

    def change(self, changes: Mapping[str, SettingValue]) -> None:
        """Save `changes`. Raises `ConfigError`, `StorageError`; then nothing is changed."""
        config = self.preview(changes)
        change_config(self.file, changes)
        self.config = config
