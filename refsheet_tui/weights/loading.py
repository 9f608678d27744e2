"""From `config.yaml` to what the engine loads."""

from __future__ import annotations

from refsheet_tui import paths
from refsheet_tui.config import Config
from refsheet_tui.engine import CacheSettings, LoadSettings
from refsheet_tui.weights.choice import choose_model
from refsheet_tui.weights.store import Store

_MIB = 1 << 20


def load_settings(config: Config) -> LoadSettings:
    """Raises `WeightsError` for a file that isn't there, `ConfigError` for a bad catalogue."""
    chosen = choose_model(config.model, config.mmproj, store_of(config))
    return LoadSettings(
        chosen.model,
        chosen.mmproj,
        context_size=config.context_size,
        threads=config.threads,
        gpu_layers=config.gpu_layers,
        kv_type=config.kv_cache,
        full_window_cache=config.window_cache == "full",
        cache=cache_settings(config),
    )


def store_of(config: Config) -> Store:
    """Where downloaded models lie."""
    return Store(config.models_dir or paths.models_dir())


def cache_settings(config: Config) -> CacheSettings:
    """Where the engine keeps what it saw and read, and how much of it."""
    cache = config.cache
    return CacheSettings(
        paths.cache_dir() / "engine",
        pictures=cache.pictures_mb * _MIB,
        openings=cache.openings_mb * _MIB,
        chats=cache.chats_mb * _MIB,
    )
