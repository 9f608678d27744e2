"""The person's settings while the screens are open."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from refsheet_tui.config import Config, Value, change_config, settings_file, with_changes
from refsheet_tui.prompting import chosen_language
from refsheet_tui.tui import keys


class Preferences:
    """`config` is what counts now; what is changed is written down at once."""

    def __init__(self, config: Config, file: Path | None = None) -> None:
        """`file` None: the person's own settings, where there are any."""
        self.config = config
        self.file = settings_file(file)

    def tried(self, changes: Mapping[str, Value]) -> Config:
        """What would count with these. Raises `ConfigError` for what can't be."""
        config = with_changes(self.config, changes, self.file)
        chosen_language(config.language, os.environ)
        if "screens.keys" in changes:
            keys.check(config.screens.keys)
        return config

    def change(self, changes: Mapping[str, Value]) -> None:
        """Raises `ConfigError`, `StorageError`; nothing is changed then."""
        config = self.tried(changes)
        change_config(self.file, changes)
        self.config = config
