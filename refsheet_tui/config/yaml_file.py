"""Reading a YAML file of settings, with one clear sentence for every mistake in it."""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path

import yaml

from refsheet_tui.errors import ConfigError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import one_line

# A settings file is a page of text. Anything larger is another file, chosen by mistake.
_MAX_BYTES = 1 << 20
# PyYAML's constructors raise these for a value that looks like a date or number, but isn't one.
_BAD_VALUE_ERRORS = (ValueError, LookupError, AttributeError, TypeError)


def read_settings(path: Path) -> dict[Hashable, object]:
    """Return the top-level mapping of a YAML file; empty for an empty file.

    Raises `ConfigError`, which names the file.
    """
    return parse_settings(_read_text(path), path)


def parse_settings(text: str, path: Path) -> dict[Hashable, object]:
    """Return the top-level mapping of a YAML text.

    Raises `ConfigError`, which names the file `path`.
    """
    try:
        settings = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise ConfigError(_yaml_problem(path, error), _("Correct that line.")) from error
    except _BAD_VALUE_ERRORS as error:
        raise ConfigError(
            _("{file} contains a value that YAML can't read: {reason}.").format(
                file=_display_name(path), reason=one_line(str(error))
            ),
            _("Put the value in quotes."),
        ) from error
    except RecursionError as error:
        raise ConfigError(
            _("{file} is nested too deeply for a settings file.").format(file=_display_name(path)),
            _("Make sure you chose the right file."),
        ) from error
    if settings is None:
        return {}
    if not isinstance(settings, dict):
        raise ConfigError(
            _("{file} must contain settings, not {kind}.").format(
                file=_display_name(path), kind=_kind(settings)
            ),
            _("Write one setting per line, such as context_size: 8192."),
        )
    return settings


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise ConfigError(
            _("The settings file {file} doesn't exist.").format(file=_display_name(path)),
            _("Check the path, or omit it to use the defaults."),
        ) from error
    except IsADirectoryError as error:
        raise ConfigError(
            _("The settings file {file} is a folder, not a file.").format(file=_display_name(path)),
            _("Choose a file in that folder."),
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            _("Can't read the settings file {file}: {reason}.").format(
                file=_display_name(path), reason=reason
            ),
            _("Give yourself read access, or choose another file."),
        ) from error
    if len(content) > _MAX_BYTES:
        raise ConfigError(
            _("{file} is too large for a settings file (over 1 MiB).").format(
                file=_display_name(path)
            ),
            _("Make sure you chose the right file."),
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            _("{file} isn't UTF-8 text (line {line}).").format(file=_display_name(path), line=line),
            _("Save the file as UTF-8."),
        ) from error


def _yaml_problem(path: Path, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None)
    values = {"file": _display_name(path), "reason": one_line(problem or _("invalid syntax"))}
    if mark is None:
        return _("{file} isn't valid YAML: {reason}.").format(**values)
    template = _("{file} isn't valid YAML on line {line}: {reason}.")
    return template.format(**values, line=mark.line + 1)


def _display_name(path: Path) -> str:
    return one_line(str(path))


def _kind(value: object) -> str:
    return _("a list") if isinstance(value, list) else _("a single value")


class _Loader(yaml.SafeLoader):
    """A YAML loader with two stricter rules.

    Only `true` and `false` are booleans, so that `off` is a word. A key that appears twice is an
    error, instead of a silent choice.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012 - the base class declares it
        first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:bool"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, object]:
        earlier_keys: set[object] = set()
        for key_node, _value in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is not None and key in earlier_keys:
                raise yaml.constructor.ConstructorError(
                    problem=_("{key} appears twice").format(key=repr(key)),
                    problem_mark=key_node.start_mark,
                )
            earlier_keys.add(key)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF")
)
# 1e-05 without a decimal point is a number as well: YAML 1.2 allows it, and ruamel writes it.
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+[eE][-+]?\d+\Z"), list("-+0123456789")
)
