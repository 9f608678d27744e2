"""Turning `config.yaml` into the settings of the engine."""

from __future__ import annotations

from collections.abc import Callable

from refsheet_tui import paths
from refsheet_tui.config import Config
from refsheet_tui.engine import CacheSettings, LoadSettings
from refsheet_tui.weights.choice import choose_model
from refsheet_tui.weights.model_store import ModelStore

_MIB = 1 << 20


def build_load_settings(
    config: Config, on_notice: Callable[[str], None] = lambda _: None
) -> LoadSettings:
    """Return the settings to load the model of `config.yaml` with.

    Args:
        config: The settings of the user.
        on_notice: Is called with why a projector that was found beside the model is not used.

    Returns:
        The files of the model, and how to load them.

    Raises:
        WeightsError: The model doesn't exist, or isn't completely downloaded.
        ConfigError: The catalog is invalid.
        StorageError: The demo model is missing.
    """
    choice = choose_model(config.model, config.mmproj, get_model_store(config))
    if choice.notice:
        on_notice(choice.notice)
    return LoadSettings(
        choice.model,
        choice.mmproj,
        context_size=config.context_size,
        threads=config.threads,
        gpu_layers=config.gpu_layers,
        kv_type=config.kv_cache,
        full_window_cache=config.window_cache == "full",
        cache=build_cache_settings(config),
    )


def get_model_store(config: Config) -> ModelStore:
    """Return the folder of the downloaded models, from `config.yaml` or the default one."""
    return ModelStore(config.models_dir or paths.models_dir())


def build_cache_settings(config: Config) -> CacheSettings:
    """Return the folder of the engine's disk cache, and its limits in bytes."""
    cache = config.cache
    return CacheSettings(
        paths.cache_dir() / "engine",
        pictures=cache.pictures_mb * _MIB,
        openings=cache.openings_mb * _MIB,
        chats=cache.chats_mb * _MIB,
    )
