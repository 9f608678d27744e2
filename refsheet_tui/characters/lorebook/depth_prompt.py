"""The depth prompt of a card: an author's note with a depth of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from refsheet_tui.characters.lorebook.entry import DEFAULT_DEPTH, MAX_DEPTH
from refsheet_tui.characters.lorebook.values import as_count, as_text


@dataclass(frozen=True)
class DepthPrompt:
    """A text that the model is told again and again, so that at most `depth` messages follow it.

    `text` is empty if the card has no depth prompt.
    """

    text: str = ""
    depth: int = DEFAULT_DEPTH


def depth_prompt_from_card(card: Mapping[str, Any]) -> DepthPrompt:
    """Return the depth prompt of a card, in which anything may be missing or of a wrong type."""
    extensions = card.get("extensions")
    value = extensions.get("depth_prompt") if isinstance(extensions, dict) else None
    if not isinstance(value, dict):
        return DepthPrompt(as_text(value))
    depth = as_count(value.get("depth"), MAX_DEPTH)
    return DepthPrompt(as_text(value.get("prompt")), DEFAULT_DEPTH if depth is None else depth)
