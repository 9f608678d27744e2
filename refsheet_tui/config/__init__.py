"""The settings in `config.yaml`: reading, checking, changing and explaining them."""

from refsheet_tui.config.editing import (
    SettingValue,
    change_config,
    config_file_to_change,
    with_changes,
)
from refsheet_tui.config.explanations import setting_explanations
from refsheet_tui.config.schema import (
    Config,
    GenerationConfig,
    ScreenConfig,
    load_config,
    valid_generation,
)
from refsheet_tui.config.setting import Setting, all_settings

__all__ = [
    "Config",
    "GenerationConfig",
    "ScreenConfig",
    "Setting",
    "SettingValue",
    "all_settings",
    "change_config",
    "config_file_to_change",
    "load_config",
    "setting_explanations",
    "valid_generation",
    "with_changes",
]
