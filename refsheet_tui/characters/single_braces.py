"""Names in single braces, such as `{user}`, which the cards of one program have."""

from __future__ import annotations

import re

# A `#` marks the name of a speaker in its dialogues.
_SINGLE_BRACES = re.compile(r"(?:#(?=\{(?:character|user)\}:))?(?<!\{)\{(character|user)\}(?!\})")


def double_braces(text: str) -> str:
    """Return a text with the usual macros in place of names in single braces."""
    return _SINGLE_BRACES.sub(_double_braces, text)


def _double_braces(match: re.Match[str]) -> str:
    return "{{char}}" if match[1] == "character" else "{{user}}"
