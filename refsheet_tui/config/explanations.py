"""The explanations of the settings, which are the comments in the program's own `config.yaml`."""

from __future__ import annotations

import re
from functools import cache

from refsheet_tui import paths

_KEY = re.compile(r"( *)(\w+):")


@cache
def setting_explanations() -> dict[str, str]:
    """Return the explanation of every setting and of every group.

    Returns:
        Explanations of one line each, in English, by names such as `model`, `generation` and
        `generation.seed`.
    """
    explanations: dict[str, str] = {}
    comment: list[str] = []
    group = ""
    for line in paths.resource_path("config.yaml").read_text(encoding="utf-8").splitlines():
        key = _KEY.match(line)
        if line.lstrip().startswith("#"):
            comment.append(line.strip().removeprefix("#").strip())
            continue
        if key is not None:
            indent, name = key.groups()
            group = group if indent else name
            explanations[f"{group}.{name}" if indent else name] = " ".join(comment)
        comment = []
    return explanations
