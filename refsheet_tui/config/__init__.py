"""The settings in `config.yaml`: reading, checking, changing and explaining them."""

from refsheet_tui.config.editing import (
    SettingValue,
    change_config,
    config_file_to_change,
    with_changes,
)
from refsheet_tui.config.explanations import setting_explanations
from refsheet_tui.config.schema import (
    NO_PROJECTOR,
    Config,
    GenerationConfig,
    ScreenConfig,
    is_no_projector,
    load_config,
    valid_generation,
)
from refsheet_tui.config.setting import Setting, all_settings
from refsheet_tui.config.validation import validate_settings
from refsheet_tui.config.yaml_file import read_settings

__all__ = [
    "NO_PROJECTOR",
    "Config",
    "GenerationConfig",
    "ScreenConfig",
    "Setting",
    "SettingValue",
    "all_settings",
    "change_config",
    "config_file_to_change",
    "is_no_projector",
    "load_config",
    "read_settings",
    "setting_explanations",
    "valid_generation",
    "validate_settings",
    "with_changes",
]
