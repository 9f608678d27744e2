"""Changing single settings in the user's own `config.yaml`, without losing its comments."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Hashable, Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from refsheet_tui import paths
from refsheet_tui.config.schema import Config, overlay_config, user_config_file
from refsheet_tui.config.validation import validate_settings
from refsheet_tui.config.yaml_file import parse_settings, read_settings
from refsheet_tui.errors import ConfigError
from refsheet_tui.file_io import atomic_write, is_read_only, write_error
from refsheet_tui.i18n import N_, _

if TYPE_CHECKING:
    from ruamel.yaml import YAML

SettingValue = str | float | bool | dict[str, str] | None
"""The values that a setting can have. Whole numbers are floats to the type checker."""

_MAKE_WRITABLE = N_("Make the file and its folder writable, or edit the setting by hand.")
_FILE_HEADER = "# Your settings; whatever is not here is as the program's own config.yaml has it.\n"


def change_config(path: Path | None, changes: Mapping[str, SettingValue]) -> Path:
    """Change settings in a file, and check the result before it is written.

    Args:
        path: The file, which is created if it doesn't exist; None means the user's own file.
        changes: The new values by name. A setting in a group is named `group.name`. A setting that
            is not in the file is not added if its new value is None.

    Returns:
        The changed file.

    Raises:
        ConfigError: The file is invalid, or would be with the new values.
        StorageError: The file can't be written.
    """
    path = config_file_to_change(path)
    # Read the file in the usual way first, so that a mistake in it gives the usual error.
    if path.exists():
        validate_settings(Config, read_settings(path), path)
    validate_settings(Config, _nest_changes(changes), path)
    text = _apply_changes(path, changes)
    # Read the result as it will be read later: ruamel and PyYAML differ in some values.
    validate_settings(Config, parse_settings(text, path), path)
    _write(path, text)
    return path


def config_file_to_change(path: Path | None) -> Path:
    """Return the file that `change_config` writes to.

    Args:
        path: The file that the user named, if any.

    Returns:
        `path`, or the user's own settings file, which may not exist yet.
    """
    return path or user_config_file() or paths.config_dir() / "config.yaml"


def with_changes(config: Config, changes: Mapping[str, SettingValue], path: Path) -> Config:
    """Return the settings with some values changed; nothing is written.

    Args:
        config: The settings to start from.
        changes: The new values by name, as in `change_config`.
        path: The file that relative paths in the new values are relative to, and that errors name.

    Raises:
        ConfigError: A value is invalid.
    """
    return overlay_config(config, validate_settings(Config, _nest_changes(changes), path))


def _nest_changes(changes: Mapping[str, SettingValue]) -> dict[Hashable, object]:
    tree: dict[Hashable, Any] = {}
    for key, value in changes.items():
        group, _, name = key.rpartition(".")
        (tree.setdefault(group, {}) if group else tree)[name] = value
    return tree


def _apply_changes(path: Path, changes: Mapping[str, SettingValue]) -> str:
    from ruamel.yaml.error import YAMLError  # needed only when something is changed

    try:
        text = path.read_text(encoding="utf-8-sig") if path.exists() else _FILE_HEADER
        settings = _yaml().load(text)
    except (YAMLError, ValueError) as error:
        raise ConfigError(
            _("Can't change {file}: {reason}.").format(file=path, reason=error),
            _("Edit the file by hand."),
        ) from error
    if settings is None:  # the file has only comments, which ruamel would lose
        comments = [line for line in text.splitlines() if _is_comment(line)]
        given_values = {key: value for key, value in changes.items() if value is not None}
        return "\n".join([*comments, _dump(_nest_changes(given_values)) if given_values else ""])
    for key, value in changes.items():
        _set_value(settings, key, value)
    return _dump(settings)


def _set_value(settings: MutableMapping[str, Any], key: str, value: SettingValue) -> None:
    """Set one value. A setting is never removed: ruamel attaches the comments after it to it."""
    group, _, name = key.rpartition(".")
    if group:
        if settings.get(group) is None:  # all settings of the group are commented out
            if value is None:
                return
            settings[group] = {}
        settings = settings[group]
    if isinstance(value, dict) and isinstance(settings.get(name), MutableMapping):
        _replace_pairs(settings[name], value)
    elif value is not None or name in settings:
        settings[name] = value


def _replace_pairs(pairs: MutableMapping[str, Any], new_pairs: Mapping[str, str]) -> None:
    """Replace the pairs of a setting, and keep the comments around them.

    Pairs that stay keep their places, and the comments after them. ruamel attaches the comments
    before the next group to the last pair: if that is removed, another pair gets them.
    """
    names = list(pairs)
    trailing_comments = pairs.ca.items.get(names[-1]) if names else None  # type: ignore[attr-defined]
    for name in names:
        if name not in new_pairs:
            del pairs[name]
    pairs.update(new_pairs)
    if trailing_comments is not None and names[-1] not in new_pairs and pairs:
        pairs.ca.items.setdefault(list(pairs)[-1], trailing_comments)  # type: ignore[attr-defined]


def _is_comment(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _dump(settings: object) -> str:
    out = io.StringIO()
    _yaml().dump(settings, out)
    return out.getvalue()


def _yaml() -> YAML:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1_000_000  # don't wrap the lines of the user
    return yaml


def _write(path: Path, text: str) -> None:
    target = path.resolve()  # a symbolic link stays one
    try:
        if target.exists() and is_read_only(target.stat().st_mode):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        atomic_write(target, text.encode())
    except OSError as error:
        raise write_error(path, error, _MAKE_WRITABLE) from error
