"""Settings: read from `config.yaml`, checked, changed, and described."""

from refsheet_tui.config.editing import Value, change_config, settings_file, with_changes
from refsheet_tui.config.explanations import setting_explanations
from refsheet_tui.config.schema import Config, Generation, Screens, load_config, sound_generation
from refsheet_tui.config.setting import Setting, all_settings

__all__ = [
    "Config",
    "Generation",
    "Screens",
    "Setting",
    "Value",
    "all_settings",
    "change_config",
    "load_config",
    "setting_explanations",
    "settings_file",
    "sound_generation",
    "with_changes",
]
