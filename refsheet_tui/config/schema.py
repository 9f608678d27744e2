"""Settings from `config.yaml`: what the person wrote, over what the program ships with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo

from refsheet_tui import paths
from refsheet_tui.config.validation import validated
from refsheet_tui.config.yaml_file import read_settings


def _beside_the_file(path: Path | None, info: ValidationInfo) -> Path | None:
    """`~` means home; a relative path is relative to the settings file it stands in."""
    if path is None:
        return None
    folder: Path | None = info.context
    path = Path(os.path.expanduser(path))  # noqa: PTH111 - keeps an unknown `~user` as it is
    return path if folder is None else folder / path


def _model_beside_the_file(model: str, info: ValidationInfo) -> str:
    """A name from the catalogue stays as it is; a path follows the rule of every path."""
    is_path = "/" in model or os.sep in model or model.endswith(".gguf")
    return str(_beside_the_file(Path(model), info)) if is_path else model


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Generation(_Settings):
    """How a reply is written. Names and defaults are those of the engine's settings."""

    max_new_tokens: int = Field(default=1000, ge=1)
    """A reply ends after this many tokens."""
    sample: bool = True
    """False: always the most likely token; the other sampling settings do nothing."""
    temperature: float = Field(default=1.0, ge=0.0, le=10.0)
    """Below 1 more predictable, above 1 more surprising."""
    top_k: int = Field(default=64, ge=0)
    """Choose among this many most likely tokens; 0 is all."""
    top_p: float = Field(default=0.95, gt=0.0, le=1.0)
    """Choose among the likeliest tokens that together have this probability."""
    min_p: float = Field(default=0.0, ge=0.0, le=1.0)
    """Never choose a token less likely than this share of the likeliest one's probability."""
    repeat_penalty: float = Field(default=1.0, gt=0.0, le=10.0)
    """Above 1 recent tokens become less likely."""
    dry_multiplier: float = Field(default=0.0, ge=0.0, le=10.0)
    """Above 0 sequences that would be said again become less likely."""
    seed: int | None = Field(default=None, ge=0, lt=2**32 - 1)
    """The same seed and prompt give the same reply; None is another one every time."""


class Cache(_Settings):
    """How much of what was seen and read is kept on disk, in MiB; 0 keeps nothing."""

    pictures_mb: int = Field(default=256, ge=0)
    """Pictures that were looked at; each takes 3 MiB with a 4B model."""
    openings_mb: int = Field(default=1024, ge=0)
    """How characters begin; each takes 80 MiB and more with a 4B model."""
    chats_mb: int = Field(default=4096, ge=0)
    """Where chats ended; each takes 80 to 350 MiB with a 4B model."""


class Screens(_Settings):
    """How the screens look and what they listen to."""

    language: Literal["en", "zh-Hans"] | None = None
    """What they are written in; None: chosen by the locale."""
    theme: str = Field(default="refsheet-dark", min_length=1)
    """The name of a theme: the program's own two, or one of Textual's."""
    pictures: Literal["auto", "kitty", "sixel", "halfcell", "off"] = "auto"
    """How pictures are drawn; `auto` asks the terminal what it can do."""
    keys: dict[str, str] = {}
    """Other keys for actions, by the names that the help shows; several have commas between."""


class Config(_Settings):
    """Everything `config.yaml` can set. The defaults here are those of the shipped file."""

    model: Annotated[str, Field(min_length=1), AfterValidator(_model_beside_the_file)] = "demo"
    """`demo`, a name from the catalogue, or the path of a text model (GGUF)."""
    mmproj: Annotated[Path | None, Field(strict=False), AfterValidator(_beside_the_file)] = None
    """Path of the vision projector (GGUF) that belongs to the model."""
    models_dir: Annotated[Path | None, Field(strict=False), AfterValidator(_beside_the_file)] = None
    """The folder that models are downloaded to; None: `models` in the project or data folder."""
    offline: bool = False
    """True: the network is never used, not even when a download is asked for."""
    context_size: int = Field(default=8192, ge=256, le=131_072)
    """Tokens the model can hold in view; more needs more memory. Gemma 3 ends at 131,072."""
    threads: int | None = Field(default=None, ge=1, le=512)
    """None: as many as there are performance cores."""
    gpu_layers: int | None = Field(default=None, ge=0)
    """Layers on the GPU; None: all that fit."""
    kv_cache: Literal["f16", "q8_0"] = "f16"
    """How the KV cache is stored; `q8_0` takes half the memory and is a little less exact."""
    window_cache: Literal["compact", "full"] = "compact"
    """Whether window layers keep their window alone, or all they read."""
    pan_and_scan: Literal["auto", "off"] = "auto"
    """`auto`: wide and tall pictures are also read in crops."""
    language: str | None = Field(default=None, min_length=1)
    """The language characters speak, as a code or a name; None: chosen by the locale."""
    generation: Generation = Generation()
    screens: Screens = Screens()
    cache: Cache = Cache()


def sound_generation(settings: Mapping[str, object]) -> dict[str, object]:
    """Those of `settings` that are known, each where it is within its bounds: a character's come
    from a card that anybody wrote."""
    sound: dict[str, object] = {}
    for name in Generation.model_fields.keys() & settings.keys():
        with suppress(ValidationError):
            # Whether it is of the right type is what is asked here.
            sound[name] = getattr(Generation(**{name: settings[name]}), name)  # type: ignore[arg-type]
    return sound


def load_config(path: Path | None = None) -> Config:
    """Settings from `path`, else from `REFSHEET_CONFIG`, else from the person's `config.yaml` if
    there is one, over the shipped `config.yaml`.

    Raises `ConfigError` naming the file, and the key or line.
    """
    shipped = _load(paths.shipped("config.yaml"))
    if path is None:
        path = persons_file()
    return shipped if path is None else over(shipped, _load(path))


def persons_file() -> Path | None:
    """Where the person's settings are read from; None where there are none."""
    named = os.environ.get("REFSHEET_CONFIG")
    if named:
        return Path(named)
    usual = paths.config_dir() / "config.yaml"
    # lexists: a dangling link is a mistake worth a message, not a file that isn't there.
    return usual if os.path.lexists(usual) else None


def _load(path: Path) -> Config:
    return validated(Config, read_settings(path), path)


def over(base: Config, top: Config) -> Config:
    """`base`, with those settings over it that were given to `top`."""
    groups = {
        name: below.model_copy(update=_written(getattr(top, name)))
        for name in type(base).model_fields
        if isinstance(below := getattr(base, name), _Settings)
    }
    return base.model_copy(update={**_written(top), **groups})


def _written(settings: _Settings) -> dict[str, object]:
    return {name: getattr(settings, name) for name in settings.model_fields_set}
