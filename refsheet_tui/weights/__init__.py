"""Model files: choosing, downloading and verifying them, and the settings to load them with."""

from refsheet_tui.weights.choice import DEMO_NOTICE, ModelChoice, choose_model
from refsheet_tui.weights.engine_settings import (
    build_cache_settings,
    build_load_settings,
    get_model_store,
)

__all__ = [
    "DEMO_NOTICE",
    "ModelChoice",
    "build_cache_settings",
    "build_load_settings",
    "choose_model",
    "get_model_store",
]
