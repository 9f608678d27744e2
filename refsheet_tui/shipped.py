"""Tables that come with the program, as YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

# libyaml's, where PyYAML was built with it: ten times as fast, which is seen at every start.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_shipped(file: Path) -> dict[str, dict[str, Any]]:
    """Raises `OSError` for a file that is missing."""
    table: dict[str, dict[str, Any]] = yaml.load(file.read_text(encoding="utf-8"), _LOADER)
    return table
