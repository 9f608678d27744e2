"""Turning a card into a profile, and a profile into a card.

Versions 1, 2 and 3 of the format are read, and the keys of Pygmalion. The profile also stores what
this program doesn't understand, so that it can be exported again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from refsheet_tui.characters.profile import Profile
from refsheet_tui.untrusted import clean_text, one_line

_PYGMALION_KEYS = {
    "char_name": "name",
    "char_persona": "description",
    "char_greeting": "first_mes",
    "example_dialogue": "mes_example",
    "world_scenario": "scenario",
}
# Each field of a profile, and its key in a card.
_CARD_KEYS = {
    "name": "name",
    "description": "description",
    "greeting": "first_mes",
    "examples": "mes_example",
    "note": "post_history_instructions",
}
# The other keys that version 2 requires.
_V2_DEFAULTS: dict[str, Any] = {
    "personality": "",
    "scenario": "",
    "creator_notes": "",
    "system_prompt": "",
    "creator": "",
    "character_version": "",
    "extensions": {},
}
_LIST_KEYS = ("alternate_greetings", "tags")
_V3_KEY = "group_only_greetings"
# Fields that only a profile has are stored in the card's extensions under this key.
_EXTENSION_KEY = "refsheet"
_NEWEST_VERSION = 3
_EXTENSION_FIELDS = ("language", "person", "persona", "generation")


def profile_from_card(card: dict[str, Any], language: str) -> Profile:
    """Return the profile of a character that a card describes.

    Values of a wrong type count as missing. The format's name and version are left out.

    Args:
        card: The JSON object of the card, of any version.
        language: The language of the character if the card doesn't say.

    Returns:
        The profile. Keys of the card that have no field of their own are in `Profile.card` and
        `Profile.card_outside`.
    """
    inside = card.get("data")
    found, outside = (inside, card) if isinstance(inside, dict) else (card, {})
    data = {_PYGMALION_KEYS.get(key, key): value for key, value in found.items()}
    extensions = data.get("extensions")
    ours = extensions.get(_EXTENSION_KEY) if isinstance(extensions, dict) else None
    own = ours if isinstance(ours, dict) else {}
    texts = {field: _text(data.get(key)) for field, key in _CARD_KEYS.items()}
    known = {*_CARD_KEYS.values(), *_LIST_KEYS}
    # Some programs repeat the data outside, for programs that only know version 1.
    repeated = {*known, *_V2_DEFAULTS, _V3_KEY, *data, "data", "spec", "spec_version"}
    return Profile(
        **{**texts, "name": one_line(texts["name"])},
        alternate_greetings=_texts(data.get("alternate_greetings")),
        tags=tuple(map(one_line, _texts(data.get("tags")))),
        language=_text(own.get("language")) or language,
        person=one_line(_text(own.get("person"))),
        persona=_text(own.get("persona")),
        generation=_settings(own.get("generation")),
        card={key: value for key, value in data.items() if key not in known},
        card_outside={key: value for key, value in outside.items() if key not in repeated},
    )


def is_newer_version(card: dict[str, Any]) -> bool:
    """Return True if the card has a newer version of the format than this program knows."""
    version = re.match(r"\d{1,9}", _text(card.get("spec_version")))
    return version is not None and int(version[0]) > _NEWEST_VERSION


def card_from_profile(profile: Profile, version: int) -> dict[str, Any]:
    """Return a profile as the JSON object of a card.

    Args:
        profile: The character.
        version: The version of the format, 2 or 3.

    Returns:
        The card, without its picture.
    """
    kept = profile.card
    extensions = kept.get("extensions")
    ours = {field: profile.model_dump(mode="json")[field] for field in _EXTENSION_FIELDS}
    data = {
        **_V2_DEFAULTS,
        **kept,
        **{key: getattr(profile, field) for field, key in _CARD_KEYS.items()},
        "alternate_greetings": list(profile.alternate_greetings),
        "tags": list(profile.tags),
        "extensions": {
            **(extensions if isinstance(extensions, dict) else {}),
            _EXTENSION_KEY: ours,
        },
    }
    if version == 3:
        data = {_V3_KEY: [], **data}
        return {
            **profile.card_outside,
            "spec": "chara_card_v3",
            "spec_version": "3.0",
            "data": data,
        }
    return {**profile.card_outside, "spec": "chara_card_v2", "spec_version": "2.0", "data": data}


def _text(value: object) -> str:
    """Return a text of a card: some programs write strings as numbers. Other types are empty."""
    if isinstance(value, str):
        return clean_text(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _texts(value: object) -> tuple[str, ...]:
    items: Iterable[object] = value if isinstance(value, list) else ()
    return tuple(text for text in map(_text, items) if text)


def _settings(value: object) -> dict[str, float | int | bool | None]:
    items = value.items() if isinstance(value, dict) else ()
    return {str(key): each for key, each in items if isinstance(each, int | float | bool | None)}
