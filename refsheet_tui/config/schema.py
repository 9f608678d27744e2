"""The settings in `config.yaml`. The user's file wins over the one that comes with the program.

The title of a field is its label on the settings screen, in English.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
)

from refsheet_tui import paths
from refsheet_tui.config.validation import validate_settings
from refsheet_tui.config.yaml_file import read_settings
from refsheet_tui.i18n import N_

NO_PROJECTOR = Path("none")
"""The value of `mmproj` for a model without a projector, even if there is one beside it."""


def _resolve_path(path: Path | None, info: ValidationInfo) -> Path | None:
    """Return a path in a settings file as it is meant.

    `~` means the home folder, and a relative path is relative to the settings file.
    """
    if path is None:
        return None
    folder: Path | None = info.context
    path = Path(os.path.expanduser(path))  # noqa: PTH111 - keeps an unknown `~user` as it is
    return path if folder is None else folder / path


def _resolve_projector(path: Path | None, info: ValidationInfo) -> Path | None:
    """Return `NO_PROJECTOR` unchanged, and a path as `_resolve_path` does."""
    return NO_PROJECTOR if is_no_projector(path) else _resolve_path(path, info)


def is_no_projector(mmproj: Path | None) -> bool:
    """Return True if a value of `mmproj` asks for a text-only model."""
    return mmproj is not None and str(mmproj).lower() == str(NO_PROJECTOR)


def _resolve_model(model: str, info: ValidationInfo) -> str:
    """Return a name from the catalog unchanged, and a path as `_resolve_path` does."""
    is_path = "/" in model or os.sep in model or model.endswith(".gguf")
    return str(_resolve_path(Path(model), info)) if is_path else model


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class GenerationConfig(_Settings):
    """How replies are generated. Names and defaults are those of the engine's settings."""

    max_new_tokens: int = Field(default=1000, ge=1, title=N_("Maximum reply length"))
    """A reply ends after this many tokens."""
    sample: bool = Field(default=True, title=N_("Sampling"))
    """False: always choose the most likely token; the other sampling settings do nothing."""
    temperature: float = Field(default=1.0, ge=0.0, le=10.0, title=N_("Temperature"))
    """Below 1, replies are more predictable; above 1, more surprising."""
    top_k: int = Field(default=64, ge=0, title=N_("Top-k"))
    """Choose among this many of the most likely tokens; 0 means all."""
    top_p: float = Field(default=0.95, gt=0.0, le=1.0, title=N_("Top-p"))
    """Choose among the most likely tokens that together have this probability."""
    min_p: float = Field(default=0.0, ge=0.0, le=1.0, title=N_("Min-p"))
    """Never choose a token with less than this share of the most likely token's probability."""
    repeat_penalty: float = Field(default=1.0, gt=0.0, le=10.0, title=N_("Repeat penalty"))
    """Above 1, recent tokens become less likely."""
    dry_multiplier: float = Field(default=0.0, ge=0.0, le=10.0, title=N_("DRY multiplier"))
    """Above 0, repeated sequences of tokens become less likely (DRY sampling)."""
    seed: int | None = Field(default=None, ge=0, lt=2**32 - 1, title=N_("Seed"))
    """The same seed and prompt give the same reply; None means another reply each time."""


class CacheConfig(_Settings):
    """The limits of the disk cache, in MiB; 0 turns a part of it off."""

    pictures_mb: int = Field(default=256, ge=0, title=N_("Pictures (MiB)"))
    """Encoded pictures; each takes 3 MiB with a 4B model."""
    openings_mb: int = Field(default=1024, ge=0, title=N_("Openings (MiB)"))
    """Snapshots of the openings of characters; each takes 80 MiB or more with a 4B model."""
    chats_mb: int = Field(default=4096, ge=0, title=N_("Chats (MiB)"))
    """Snapshots of the ends of chats; each takes 80 to 350 MiB with a 4B model."""


class ScreenConfig(_Settings):
    """How the screens look, and their keys."""

    language: Literal["en", "zh-Hans"] | None = Field(default=None, title=N_("Interface language"))
    """The language of the screens; None lets the locale decide."""
    theme: str = Field(default="refsheet-dark", min_length=1, title=N_("Theme"))
    """The name of a theme: one of the program's own two, or one of Textual's."""
    pictures: Annotated[
        Literal["auto", "kitty", "sixel", "blocks", "off"],
        # Its name before: it never drew half cells.
        BeforeValidator(lambda value: "blocks" if value == "halfcell" else value),
    ] = Field(default="auto", title=N_("Pictures"))
    """How pictures are drawn; `auto` asks the terminal what it supports."""
    keys: dict[str, str] = Field(default={}, title=N_("Key bindings"))
    """Keys for actions, by the names that the help shows; several keys are separated by commas."""


class Config(_Settings):
    """All settings. The defaults here are those of the program's own `config.yaml`."""

    model: Annotated[str, Field(min_length=1), AfterValidator(_resolve_model)] = Field(
        default="demo", title=N_("Model")
    )
    """`demo`, a name from the catalog, or the path of a text model (GGUF)."""
    mmproj: Annotated[Path | None, Field(strict=False), AfterValidator(_resolve_projector)] = Field(
        default=None, title=N_("Vision projector")
    )
    """The path of the projector (GGUF) that belongs to the model; `none` for a text-only model."""
    models_dir: Annotated[Path | None, Field(strict=False), AfterValidator(_resolve_path)] = Field(
        default=None, title=N_("Models folder")
    )
    """The folder of downloaded models; None means `models` in the project or data folder."""
    offline: bool = Field(default=False, title=N_("Offline"))
    """True: the network is never used, not even if the user asks for a download."""
    context_size: int = Field(default=8192, ge=256, le=131_072, title=N_("Context size"))
    """How many tokens the model can see; more need more memory. Gemma 3 has at most 131,072."""
    threads: int | None = Field(default=None, ge=1, le=512, title=N_("Threads"))
    """The number of threads; None means one for each performance core."""
    gpu_layers: int | None = Field(default=None, ge=0, title=N_("GPU layers"))
    """How many layers to offload to the GPU; None means all that fit."""
    kv_cache: Literal["f16", "q8_0"] = Field(default="f16", title=N_("KV cache precision"))
    """The type of the KV cache; `q8_0` takes half of the memory and is a little less exact."""
    window_cache: Literal["compact", "full"] = Field(
        default="compact", title=N_("Sliding-window cache")
    )
    """`compact`: window layers remember only their window; `full`: everything they have read."""
    pan_and_scan: Literal["auto", "off"] = Field(default="auto", title=N_("Pan and scan"))
    """`auto`: the model also sees crops of wide and tall pictures."""
    language: str | None = Field(default=None, min_length=1, title=N_("Character language"))
    """The language that characters speak, as a code or a name; None lets the locale decide."""
    generation: GenerationConfig = Field(default=GenerationConfig(), title=N_("Generation"))
    screens: ScreenConfig = Field(default=ScreenConfig(), title=N_("Interface"))
    cache: CacheConfig = Field(default=CacheConfig(), title=N_("Disk cache"))


def valid_generation(settings: Mapping[str, object]) -> dict[str, object]:
    """Return the generation settings that are known and within their bounds.

    The settings of a character come from its card, which may contain anything.

    Args:
        settings: Values by name, of any type.

    Returns:
        The valid ones among them.
    """
    valid_settings: dict[str, object] = {}
    for name in GenerationConfig.model_fields.keys() & settings.keys():
        with suppress(ValidationError):
            # The type of the value is what pydantic checks here.
            valid_settings[name] = getattr(GenerationConfig(**{name: settings[name]}), name)  # type: ignore[arg-type]
    return valid_settings


def load_config(path: Path | None = None) -> Config:
    """Read the settings.

    Args:
        path: The user's settings file; None means the one that `REFSHEET_CONFIG` names, or the
            user's `config.yaml` if it exists.

    Returns:
        The settings in that file, and those of the program's own `config.yaml` for the rest.

    Raises:
        ConfigError: The file is invalid. The error names the file, and the key or line.
    """
    default_config = _load(paths.resource_path("config.yaml"))
    if path is None:
        path = user_config_file()
    return default_config if path is None else overlay_config(default_config, _load(path))


def user_config_file() -> Path | None:
    """Return the file of the user's settings; None if there is none."""
    environment_path = os.environ.get("REFSHEET_CONFIG")
    if environment_path:
        return Path(environment_path)
    default_path = paths.config_dir() / "config.yaml"
    # lexists: a dangling link is a mistake that the user should hear of, not a missing file.
    return default_path if os.path.lexists(default_path) else None


def _load(path: Path) -> Config:
    return validate_settings(Config, read_settings(path), path)


def overlay_config(base: Config, top: Config) -> Config:
    """Return `base`, with the settings replaced that were set explicitly in `top`."""
    groups = {
        name: base_group.model_copy(update=_explicit_settings(getattr(top, name)))
        for name in type(base).model_fields
        if isinstance(base_group := getattr(base, name), _Settings)
    }
    return base.model_copy(update={**_explicit_settings(top), **groups})


def _explicit_settings(settings: _Settings) -> dict[str, object]:
    return {name: getattr(settings, name) for name in settings.model_fields_set}
