"""What the shipped `config.yaml` says about each setting: the comments in it are the one place."""

from __future__ import annotations

import re
from functools import cache

from refsheet_tui import paths

_KEY = re.compile(r"( *)(\w+):")


@cache
def setting_explanations() -> dict[str, str]:
    """The explanation of every setting and of every group, by names such as `model`, `generation`
    and `generation.seed`: in one line each, in English."""
    found: dict[str, str] = {}
    comment: list[str] = []
    group = ""
    for line in paths.shipped("config.yaml").read_text(encoding="utf-8").splitlines():
        key = _KEY.match(line)
        if line.lstrip().startswith("#"):
            comment.append(line.strip().removeprefix("#").strip())
            continue
        if key is not None:
            indent, name = key.groups()
            group = group if indent else name
            found[f"{group}.{name}" if indent else name] = " ".join(comment)
        comment = []
    return found
