"""Who said a message of an imported chat, and whether the model is told it.

Other programs let several characters, or several personas of the user, speak in one chat, and they
let the user hide a message from the model. What they store with a message says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from refsheet_tui.prompting import Role
from refsheet_tui.untrusted import one_line

# The keys of a message's extra values. The values of a line of SillyTavern are stored as they
# came, once for all swipes of the line; the other swipes have the keys `speaker` and `hidden`.
LINE_KEY = "sillytavern"
SPEAKER_KEY = "speaker"
HIDDEN_KEY = "hidden"
# Far longer than any name, and short enough to be repeated for each swipe.
_MAX_NAME = 100
# SillyTavern writes these where a name isn't known.
_PLACEHOLDERS = ("", "unused", "undefined", "null")


class SpokenMessage(Protocol):
    """A message with the values that another program stores with it."""

    @property
    def role(self) -> Role:
        """The side that said it."""

    @property
    def extra(self) -> dict[str, Any]:
        """The values."""


def usable_name(name: object) -> str:
    """Return a name of a file, cleaned and of a limited length; empty if it is a placeholder."""
    if not isinstance(name, str):
        return ""
    cleaned = one_line(name[: 4 * _MAX_NAME]).strip()[:_MAX_NAME]
    return "" if cleaned.casefold() in _PLACEHOLDERS or "{{" in cleaned else cleaned


def speaker_of(extra: Mapping[str, Any]) -> str:
    """Return the name of who said a message with these extra values; empty if it is unknown."""
    return usable_name(extra.get(SPEAKER_KEY) or line_values(extra).get("name"))


def is_hidden(extra: Mapping[str, Any]) -> bool:
    """Return True if the model isn't told a message with these extra values.

    SillyTavern marks messages that the user has hidden, and comments. Its narrator is told.
    """
    is_marked = extra.get(HIDDEN_KEY) is True or is_true(line_values(extra).get("is_system"))
    return is_marked or _type_of(extra) == "comment"


def is_narration(extra: Mapping[str, Any]) -> bool:
    """Return True if a message with these extra values is told as a text without a speaker."""
    return _type_of(extra) == "narrator"


def _type_of(extra: Mapping[str, Any]) -> object:
    values = line_values(extra).get("extra")
    return values.get("type") if isinstance(values, dict) else None


def values_for_swipes(extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return the extra values that another swipe of a message with `extra` has, too."""
    speaker = speaker_of(extra)
    return {
        **({SPEAKER_KEY: speaker} if speaker else {}),
        **({HIDDEN_KEY: True} if is_hidden(extra) else {}),
    }


def line_values(extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of SillyTavern among the extra values of a message or a chat."""
    values = extra.get(LINE_KEY)
    return values if isinstance(values, dict) else {}


def is_true(value: object) -> bool:
    """Return True for a flag that is set, whether as a boolean, a number or a text."""
    return value in (True, "true", "True", "1")


def named_sides(messages: Iterable[SpokenMessage]) -> frozenset[Role]:
    """Return the sides on which more than one speaker says something that the model is told."""
    names: dict[Role, set[str]] = defaultdict(set)
    for message in messages:
        if not (is_hidden(message.extra) or is_narration(message.extra)):
            names[message.role].add(speaker_of(message.extra))
    return frozenset(role for role, speakers in names.items() if len(speakers - {""}) > 1)
