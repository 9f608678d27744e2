"""Turning a card into a profile.

Every version of the format is read, and what other programs make of it. The profile also stores
what came in and differs from what the program would write, so that it can be exported again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from refsheet_tui.characters.card_fields import (
    CardFields,
    field_of_key,
    first_values,
    read_card_fields,
    says_something,
    split_card,
)
from refsheet_tui.characters.card_values import line_from, says_nothing, text_from
from refsheet_tui.characters.profile import Profile
from refsheet_tui.errors import ConfigError
from refsheet_tui.prompting import language as language_of

# Fields that only a profile has are stored in the card's extensions under this key.
EXTENSION_KEY = "refsheet"
EXTENSION_FIELDS = ("language", "person", "persona", "generation")
PROFILE_KEYS = (
    "name",
    "description",
    "first_mes",
    "mes_example",
    "post_history_instructions",
    "alternate_greetings",
    "tags",
)
"""The keys of a card's data that a profile has fields for."""
V1_KEYS = {
    "name": "name",
    "description": "description",
    "personality": "personality",
    "scenario": "scenario",
    "first_mes": "first_mes",
    "mes_example": "mes_example",
    "creatorcomment": "creator_notes",
    "tags": "tags",
}
"""The keys that programs of version 1 read outside of the data, and their keys in the data."""
_FORMAT_KEYS = {"spec", "spec_version"}
_NEWEST_VERSION = 3


def profile_from_card(card: dict[str, Any], language: str) -> Profile:
    """Return the profile of a character that a card describes.

    The first field that says something counts: of the card's data, then of what is outside. The
    format's name and version are left out.

    Args:
        card: The JSON object of the card, of any version.
        language: The language of the character if the card doesn't say.

    Returns:
        The profile. `Profile.card` and `Profile.card_outside` hold everything that has no field of
        its own, and the fields that came in in another form.
    """
    data, outside = split_card(card)
    fields = read_card_fields(data, outside)
    extensions = first_values(data, outside).get("extensions")
    extension = extensions.get(EXTENSION_KEY) if isinstance(extensions, dict) else None
    own_fields: Mapping[str, Any] = extension if isinstance(extension, dict) else {}
    if data is card:
        data = {key: value for key, value in card.items() if key not in _FORMAT_KEYS}
    kept_data, kept_outside = _keep_what_differs(data, outside, fields)
    return Profile(
        **profile_texts(fields),
        language=_language_code(own_fields.get("language")) or language,
        person=line_from(own_fields.get("person")) or fields.user_name,
        persona=text_from(own_fields.get("persona")),
        generation=_settings(own_fields.get("generation")),
        card=kept_data,
        card_outside=kept_outside,
    )


def profile_texts(fields: CardFields) -> dict[str, Any]:
    """Return the fields of a card by the names that they have in a profile."""
    return {
        "name": fields.texts["name"],
        "description": fields.texts["description"],
        "greeting": fields.greetings[0],
        "alternate_greetings": fields.greetings[1:],
        "examples": fields.texts["mes_example"],
        "note": fields.texts["post_history_instructions"],
        "tags": fields.tags,
    }


def card_values(profile_fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of `PROFILE_KEYS`, from fields by the names of a profile."""
    return {
        "name": profile_fields["name"],
        "description": profile_fields["description"],
        "first_mes": profile_fields["greeting"],
        "mes_example": profile_fields["examples"],
        "post_history_instructions": profile_fields["note"],
        "alternate_greetings": [*profile_fields["alternate_greetings"]],
        "tags": [*profile_fields["tags"]],
    }


def is_newer_version(card: dict[str, Any]) -> bool:
    """Return True if the card has a newer version of the format than this program knows."""
    data, outside = split_card(card)
    texts = (text_from(place.get("spec_version")) for place in (outside, data))
    versions = [match[0] for text in texts if (match := re.match(r"\d{1,9}", text.strip()))]
    return bool(versions) and int(versions[0]) > _NEWEST_VERSION


def _keep_what_differs(
    data: Mapping[str, Any], outside: Mapping[str, Any], fields: CardFields
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the data and the outside of a card without what an export writes anyway.

    Fields of a profile are left out if every form of them says the same or nothing. The other
    fields move into the data if they stood outside only.
    """
    kept_data = dict(data)
    kept_outside = {
        key: value
        for key, value in outside.items()
        if key != "data" and key not in _FORMAT_KEYS and not _is_empty_field(key, value)
    }
    values = card_values(profile_texts(fields))
    differing_fields = {
        field
        for place in (kept_data, kept_outside)
        for key, value in place.items()
        if (field := field_of_key(key, place)) in values
        and says_something(field, value)
        and not is_same(value, values[field])
    }
    dropped_fields = values.keys() - differing_fields
    if not says_nothing(kept_data.get("nickname")):
        dropped_fields -= {"name"}  # tells whether the user has renamed the character since
    for key in dropped_fields:
        kept_data.pop(key, None)
        kept_outside.pop(key, None)
    for key, value in first_values(data, outside).items():
        if key not in {*dropped_fields, "your_name"} and not says_something(key, data.get(key)):
            kept_data[key] = value
    for key, value in [*kept_outside.items()]:
        if is_same(kept_data.get(V1_KEYS.get(key, key)), value):
            del kept_outside[key]
    return kept_data, kept_outside


def _is_empty_field(key: str, value: object) -> bool:
    """Return True for a field outside of the data that an export writes there or in the data."""
    is_field = key in V1_KEYS or field_of_key(key, {}) == key
    return is_field and not says_something(V1_KEYS.get(key, key), value)


def is_same(left: object, right: object) -> bool:
    """Return True if two JSON values are equal, and true is not taken for 1."""
    return left == right and repr(left) == repr(right)


def _language_code(value: object) -> str:
    """Return the code of a language that a card names; empty if it isn't a valid name."""
    try:
        return language_of(line_from(value)).code
    except ConfigError:
        return ""


def _settings(value: object) -> dict[str, float | int | bool | None]:
    items = value.items() if isinstance(value, dict) else ()
    return {str(key): each for key, each in items if isinstance(each, int | float | bool | None)}
