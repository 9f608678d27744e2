"""The output of `scripts/make_token_goldens.py`.

It has texts and conversations with their token ids from Gemma 3's published tokenizer.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parents[1] / "data" / "goldens" / "gemma-tokens.json"
_GOLDENS: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))

VOCABULARY: int = _GOLDENS["vocabulary"]
TEXTS: list[dict[str, Any]] = [row for row in _GOLDENS["rows"] if "text" in row]
CONVERSATIONS: list[dict[str, Any]] = [row for row in _GOLDENS["rows"] if "turns" in row]
# Texts that the program splits differently on purpose.
DIFFERENT = [row for row in TEXTS if "differs" in row]
EQUAL = [row for row in TEXTS if "differs" not in row]
