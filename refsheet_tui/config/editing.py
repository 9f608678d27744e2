"""Changes single settings in the person's own `config.yaml`; their comments stay."""

from __future__ import annotations

import io
from collections.abc import Hashable, Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from refsheet_tui import paths
from refsheet_tui.config.schema import Config, over, persons_file
from refsheet_tui.config.validation import validated
from refsheet_tui.config.yaml_file import read_settings, settings_in
from refsheet_tui.errors import ConfigError, StorageError
from refsheet_tui.i18n import _

if TYPE_CHECKING:
    from ruamel.yaml import YAML

Value = str | float | bool | dict[str, str] | None
"""What a setting can be; whole numbers are among them."""

_BEGINNING = "# Your settings; whatever is not here is as the program's own config.yaml has it.\n"


def change_config(path: Path | None, changes: Mapping[str, Value]) -> Path:
    """Set settings in `path`, else in the file that the person's settings come from; one of a group
    is called `group.name`, and one that is not there and shall be None stays away. Returns the
    file, which is created when missing.

    Raises `ConfigError` when the file can't be understood, or could not be with these settings in
    it; `StorageError`.
    """
    path = settings_file(path)
    # Read as it always is first: a mistake in it gets its usual sentence.
    if path.exists():
        validated(Config, read_settings(path), path)
    validated(Config, _tree(changes), path)
    text = _changed(path, changes)
    # As it will be read: ruamel and PyYAML don't take every word for the same.
    validated(Config, settings_in(text, path), path)
    _write(path, text)
    return path


def settings_file(path: Path | None) -> Path:
    """Where changed settings go: `path`, or where the person's are or would be."""
    return path or persons_file() or paths.config_dir() / "config.yaml"


def with_changes(config: Config, changes: Mapping[str, Value], path: Path) -> Config:
    """`config` with settings, named as in `change_config`, that stand in `path`. Raises
    `ConfigError` for one that can't be."""
    return over(config, validated(Config, _tree(changes), path))


def _tree(changes: Mapping[str, Value]) -> dict[Hashable, object]:
    tree: dict[Hashable, Any] = {}
    for key, value in changes.items():
        group, _, name = key.rpartition(".")
        (tree.setdefault(group, {}) if group else tree)[name] = value
    return tree


def _changed(path: Path, changes: Mapping[str, Value]) -> str:
    from ruamel.yaml.error import YAMLError  # not needed before something is changed

    try:
        text = path.read_text(encoding="utf-8-sig") if path.exists() else _BEGINNING
        settings = _yaml().load(text)
    except (YAMLError, ValueError) as error:
        raise ConfigError(
            _("{file} can't be changed: {reason}.").format(file=path, reason=error),
            _("Change it by hand."),
        ) from error
    if settings is None:  # comments alone, which belong to nothing
        comments = [line for line in text.splitlines() if _is_remark(line)]
        said = {key: value for key, value in changes.items() if value is not None}
        return "\n".join([*comments, _dumped(_tree(said)) if said else ""])
    for key, value in changes.items():
        _set(settings, key, value)
    return _dumped(settings)


def _set(settings: MutableMapping[str, Any], key: str, value: Value) -> None:
    """Never taken out: ruamel hangs the comments behind a setting on it."""
    group, _, name = key.rpartition(".")
    if group:
        if settings.get(group) is None:  # all that stood in it is commented out
            if value is None:
                return
            settings[group] = {}
        settings = settings[group]
    if isinstance(value, dict) and isinstance(settings.get(name), MutableMapping):
        _set_all(settings[name], value)
    elif value is not None or name in settings:
        settings[name] = value


def _set_all(pairs: MutableMapping[str, Any], wanted: Mapping[str, str]) -> None:
    """What stays keeps its place, and with it the comments behind it; so does what follows: ruamel
    hangs the comments before the next group on the last of these."""
    names = list(pairs)
    hung = pairs.ca.items.get(names[-1]) if names else None  # type: ignore[attr-defined]
    for name in names:
        if name not in wanted:
            del pairs[name]
    pairs.update(wanted)
    if hung is not None and names[-1] not in wanted and pairs:
        pairs.ca.items.setdefault(list(pairs)[-1], hung)  # type: ignore[attr-defined]


def _is_remark(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _dumped(settings: object) -> str:
    out = io.StringIO()
    _yaml().dump(settings, out)
    return out.getvalue()


def _yaml() -> YAML:
    from ruamel.yaml import YAML

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
            _("{file} can't be written: {reason}.").format(file=path, reason=error.strerror),
            _("Make it and its folder writable, or change the setting by hand."),
        ) from error
