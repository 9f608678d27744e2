"""Changes single settings in the person's own `config.yaml`; their comments stay."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from refsheet_tui import paths
from refsheet_tui.config import Config, persons_file
from refsheet_tui.config_file import read_settings
from refsheet_tui.config_problems import validated
from refsheet_tui.errors import ConfigError, StorageError

_BEGINNING = "# Your settings; whatever is not here is as the program's own config.yaml has it.\n"


def change_config(path: Path | None, changes: Mapping[str, str | None]) -> Path:
    """Set top-level settings in `path`, else in the file that the person's settings come from; one
    that is not there and shall be None stays away. Returns the file, which is created when missing.

    Raises `ConfigError` when the file can't be understood, `StorageError`.
    """
    path = path or persons_file() or paths.config_dir() / "config.yaml"
    # Read as it always is first: a mistake in it gets its usual sentence.
    if path.exists():
        validated(Config, read_settings(path), path)
    _write(path, _changed(path, changes))
    return path


def _changed(path: Path, changes: Mapping[str, str | None]) -> str:
    yaml = _yaml()
    try:
        text = path.read_text(encoding="utf-8-sig") if path.exists() else _BEGINNING
        settings = yaml.load(text)
    except (YAMLError, ValueError) as error:
        raise ConfigError(f"{path} can't be changed: {error}.", "Change it by hand.") from error
    if settings is None:  # comments alone, which belong to nothing
        comments = [line for line in text.splitlines() if line.startswith("#")]
        lines = [f"{key}: {_scalar(value)}" for key, value in changes.items() if value is not None]
        return "\n".join([*comments, *lines, ""])
    for key, value in changes.items():
        # Never taken out: ruamel hangs the comments behind a setting on it.
        if value is not None or key in settings:
            settings[key] = value
    out = io.StringIO()
    yaml.dump(settings, out)
    return out.getvalue()


def _scalar(value: str) -> str:
    out = io.StringIO()
    _yaml().dump([value], out)
    return out.getvalue().removeprefix("- ").rstrip("\n")


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1_000_000  # lines end where the person ended them
    return yaml


def _write(path: Path, text: str) -> None:
    target = path.resolve()  # a link to it stays one
    paths.ensure_dir(target.parent)
    new = target.with_name(f".{target.name}.new")
    try:
        new.write_text(text, encoding="utf-8")
        new.replace(target)
    except OSError as error:
        raise StorageError(
            f"{path} can't be written: {error.strerror}.",
            "Make it and its folder writable, or change the setting by hand.",
        ) from error
