"""Turning a card into a profile, and a profile into a card.

Versions 1, 2 and 3 of the format are read, and the keys of Pygmalion. The profile also stores what
this program doesn't understand, so that it can be exported again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from refsheet_tui.characters.lorebook import with_complete_lorebook
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
    inner_data = card.get("data")
    raw_data, wrapper = (inner_data, card) if isinstance(inner_data, dict) else (card, {})
    data = {_PYGMALION_KEYS.get(key, key): value for key, value in raw_data.items()}
    extensions = data.get("extensions")
    extension = extensions.get(_EXTENSION_KEY) if isinstance(extensions, dict) else None
    extension_fields = extension if isinstance(extension, dict) else {}
    texts = {field: _text(data.get(key)) for field, key in _CARD_KEYS.items()}
    mapped_keys = {*_CARD_KEYS.values(), *_LIST_KEYS}
    # Some programs repeat the data outside, for programs that only know version 1.
    ignored_keys = {*mapped_keys, *_V2_DEFAULTS, _V3_KEY, *data, "data", "spec", "spec_version"}
    return Profile(
        **{**texts, "name": one_line(texts["name"])},
        alternate_greetings=_texts(data.get("alternate_greetings")),
        tags=tuple(map(one_line, _texts(data.get("tags")))),
        language=_text(extension_fields.get("language")) or language,
        person=one_line(_text(extension_fields.get("person"))),
        persona=_text(extension_fields.get("persona")),
        generation=_settings(extension_fields.get("generation")),
        card={key: value for key, value in data.items() if key not in mapped_keys},
        card_outside={key: value for key, value in wrapper.items() if key not in ignored_keys},
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
    other_data = with_complete_lorebook(profile.card)
    extensions = other_data.get("extensions")
    extension = {field: profile.model_dump(mode="json")[field] for field in _EXTENSION_FIELDS}
    data = {
        **_V2_DEFAULTS,
        **other_data,
        **{key: getattr(profile, field) for field, key in _CARD_KEYS.items()},
        "alternate_greetings": list(profile.alternate_greetings),
        "tags": list(profile.tags),
        "extensions": {
            **(extensions if isinstance(extensions, dict) else {}),
            _EXTENSION_KEY: extension,
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
