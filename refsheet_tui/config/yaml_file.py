"""Reading one settings file: bytes in, a mapping out, or one sentence about what is wrong."""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path

import yaml

from refsheet_tui.errors import ConfigError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import one_line

# A settings file is a page of text; anything larger is another file given by mistake.
_MAX_BYTES = 1 << 20
# What PyYAML's own constructors raise for a value that looks like a date or number and is none.
_BAD_VALUE = (ValueError, LookupError, AttributeError, TypeError)


def read_settings(path: Path) -> dict[Hashable, object]:
    """The top-level mapping of a YAML file, empty for an empty file.

    Raises `ConfigError` naming the file.
    """
    return settings_in(_text_of(path), path)


def settings_in(text: str, path: Path) -> dict[Hashable, object]:
    """Those in the text of the file at `path`. Raises `ConfigError`."""
    try:
        settings = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise ConfigError(_yaml_problem(path, error), _("Correct that line.")) from error
    except _BAD_VALUE as error:
        raise ConfigError(
            _("{file} holds a value that YAML can't read: {reason}.").format(
                file=_name(path), reason=one_line(str(error))
            ),
            _("Put quotes around it."),
        ) from error
    except RecursionError as error:
        raise ConfigError(
            _("{file} is nested too deeply for a settings file.").format(file=_name(path)),
            _("Check that it is the file you meant."),
        ) from error
    if settings is None:
        return {}
    if not isinstance(settings, dict):
        raise ConfigError(
            _("{file} is not a list of settings: it holds {kind}.").format(
                file=_name(path), kind=_kind(settings)
            ),
            _("Write one setting on each line, as in `context_size: 8192`."),
        )
    return settings


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise ConfigError(
            _("The settings file {file} does not exist.").format(file=_name(path)),
            _("Check the path, or leave it out to use the defaults."),
        ) from error
    except IsADirectoryError as error:
        raise ConfigError(
            _("The settings file {file} is a folder.").format(file=_name(path)),
            _("Name a file inside it."),
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            _("The settings file {file} can't be read: {reason}.").format(
                file=_name(path), reason=reason
            ),
            _("Make it readable for you, or name another file."),
        ) from error
    if len(content) > _MAX_BYTES:
        raise ConfigError(
            _("{file} is larger than 1 MiB, so it is no settings file.").format(file=_name(path)),
            _("Check that it is the file you meant."),
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            _("{file} is not UTF-8 text (line {line}).").format(file=_name(path), line=line),
            _("Save it as UTF-8."),
        ) from error


def _yaml_problem(path: Path, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None)
    told = {"file": _name(path), "reason": one_line(problem or _("bad syntax"))}
    if mark is None:
        return _("{file} is not valid YAML: {reason}.").format(**told)
    words = _("{file} is not valid YAML in line {line}: {reason}.")
    return words.format(**told, line=mark.line + 1)


def _name(path: Path) -> str:
    return one_line(str(path))


def _kind(value: object) -> str:
    return _("a list") if isinstance(value, list) else _("a single value")


class _Loader(yaml.SafeLoader):
    """YAML where only `true` and `false` are booleans, so that `off` is a word, and where a key
    that stands twice is an error instead of a silent choice."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the base class declares it
        first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:bool"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, object]:
        seen: set[object] = set()
        for key_node, _value in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is not None and key in seen:
                raise yaml.constructor.ConstructorError(
                    problem=_("{key} stands there twice").format(key=repr(key)),
                    problem_mark=key_node.start_mark,
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF")
)
# As YAML 1.2 has it, and ruamel writes it: 1e-05 without a point is a number, too.
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+[eE][-+]?\d+\Z"), list("-+0123456789")
)
