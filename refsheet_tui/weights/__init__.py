"""Which model files to load, and how."""

from refsheet_tui.weights.choice import DEMO_NOTICE, ModelChoice, choose_model
from refsheet_tui.weights.loading import cache_settings, load_settings, store_of

__all__ = [
    "DEMO_NOTICE",
    "ModelChoice",
    "cache_settings",
    "choose_model",
    "load_settings",
    "store_of",
]
