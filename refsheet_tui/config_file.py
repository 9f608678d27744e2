"""Reading one settings file: bytes in, a mapping out, or one sentence about what is wrong."""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path

import yaml

from refsheet_tui.errors import ConfigError
from refsheet_tui.text import one_line

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
        raise ConfigError(_yaml_problem(path, error), "Correct that line.") from error
    except _BAD_VALUE as error:
        raise ConfigError(
            f"{_name(path)} holds a value that YAML can't read: {one_line(str(error))}.",
            "Put quotes around it.",
        ) from error
    except RecursionError as error:
        raise ConfigError(
            f"{_name(path)} is nested too deeply for a settings file.",
            "Check that it is the file you meant.",
        ) from error
    if settings is None:
        return {}
    if not isinstance(settings, dict):
        raise ConfigError(
            f"{_name(path)} is not a list of settings: it holds {_kind(settings)}.",
            "Write one setting on each line, as in `context_size: 8192`.",
        )
    return settings


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise ConfigError(
            f"The settings file {_name(path)} does not exist.",
            "Check the path, or leave it out to use the defaults.",
        ) from error
    except IsADirectoryError as error:
        raise ConfigError(
            f"The settings file {_name(path)} is a folder.", "Name a file inside it."
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            f"The settings file {_name(path)} can't be read: {reason}.",
            "Make it readable for you, or name another file.",
        ) from error
    if len(content) > _MAX_BYTES:
        raise ConfigError(
            f"{_name(path)} is larger than 1 MiB, so it is no settings file.",
            "Check that it is the file you meant.",
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{_name(path)} is not UTF-8 text (line {line}).", "Save it as UTF-8."
        ) from error


def _yaml_problem(path: Path, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "bad syntax"
    where = "" if mark is None else f" in line {mark.line + 1}"
    return f"{_name(path)} is not valid YAML{where}: {one_line(problem)}."


def _name(path: Path) -> str:
    return one_line(str(path))


def _kind(value: object) -> str:
    return "a list" if isinstance(value, list) else "a single value"


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
        for key_node, _ in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is not None and key in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"{key!r} stands there twice", problem_mark=key_node.start_mark
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
