"""Turning a profile into a card that other programs can read.

What was imported goes out as it came in, unless the user has changed it or the format asks for
another type. Everything that the format requires is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from refsheet_tui.characters.card_fields import field_of_key, read_card_fields, says_something
from refsheet_tui.characters.card_values import says_nothing, text_from, texts_from
from refsheet_tui.characters.cards.mapping import (
    EXTENSION_FIELDS,
    EXTENSION_KEY,
    V1_KEYS,
    card_values,
    is_same,
    profile_texts,
)
from refsheet_tui.characters.lorebook import with_complete_lorebook
from refsheet_tui.characters.profile import Profile

# The other keys that version 2 requires, and the values of a card that says nothing there.
_V2_DEFAULTS: dict[str, Any] = {
    "personality": "",
    "scenario": "",
    "creator_notes": "",
    "system_prompt": "",
    "creator": "",
    "character_version": "",
    "extensions": {},
}
_V3_DEFAULTS: dict[str, Any] = {"group_only_greetings": []}
# Values of a type that the format doesn't allow are stored in the program's own extension.
_ORIGINALS_KEY = "originals"


def card_from_profile(profile: Profile, version: int) -> dict[str, Any]:
    """Return a profile as the JSON object of a card.

    Args:
        profile: The character.
        version: The version of the format, 2 or 3.

    Returns:
        The card, without its picture.
    """
    data, outside, originals = _merge_edits(profile)
    for key, default in {**_V2_DEFAULTS, **(_V3_DEFAULTS if version == 3 else {})}.items():
        if not _has_type_of(default, data.get(key)):
            _replace(data, key, _converted(data.get(key), default), originals)
    if "nickname" in data and not isinstance(data["nickname"], str):
        _replace(data, "nickname", text_from(data["nickname"]), originals)
    data = with_complete_lorebook(data)
    if not isinstance(data.get("character_book", {}), dict):
        _replace(data, "character_book", None, originals)
        del data["character_book"]
    data["extensions"] = _extensions(profile, data["extensions"], originals)
    for key, source in V1_KEYS.items():
        if not says_something(source, outside.get(key)):
            outside[key] = data[source]
    return {
        **outside,
        "spec": f"chara_card_v{version}",
        "spec_version": f"{version}.0",
        "data": data,
    }


def _merge_edits(profile: Profile) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return the data and the outside of the imported card with the fields of the profile.

    The third object holds what had to be replaced because it has a wrong type.
    """
    data, outside = dict(profile.card), dict(profile.card_outside)
    imported_values = _values_of(data, outside)
    values = card_values(profile.model_dump())
    originals: dict[str, Any] = {}
    for key, value in values.items():
        if not is_same(value, imported_values[key]):
            for place in (data, outside):
                outdated_names = [
                    name
                    for name in place
                    if field_of_key(name, place) == key and says_something(key, place[name])
                ]
                for name in outdated_names:
                    del place[name]
            data[key] = value
        elif not (
            key in data
            and _has_type_of(value, data[key])
            and is_same(_values_of({key: data[key]}, {})[key], value)
        ):
            _replace(data, key, value, originals)
    return {**{key: data[key] for key in values}, **data}, outside, originals


def _values_of(data: Mapping[str, Any], outside: Mapping[str, Any]) -> dict[str, Any]:
    return card_values(profile_texts(read_card_fields(data, outside)))


def _replace(data: dict[str, Any], key: str, value: Any, originals: dict[str, Any]) -> None:
    """Set a value; what it replaces becomes one of `originals` if it is of another type."""
    old_value = data.get(key)
    if not says_nothing(old_value) and not _has_type_of(value, old_value):
        originals[key] = old_value
    data[key] = value


def _has_type_of(expected: object, value: object) -> bool:
    if isinstance(expected, list):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, type(expected))


def _converted(value: object, default: object) -> object:
    if isinstance(default, str):
        return text_from(value)
    return [*texts_from(value)] if isinstance(default, list) else {}


def _extensions(
    profile: Profile, extensions: Mapping[str, Any], originals: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the extensions with the program's own, which keeps what a newer version wrote."""
    own = extensions.get(EXTENSION_KEY)
    extension = {**own} if isinstance(own, dict) else {}
    extension |= {field: profile.model_dump(mode="json")[field] for field in EXTENSION_FIELDS}
    old_originals = extension.pop(_ORIGINALS_KEY, None)
    all_originals = {**(old_originals if isinstance(old_originals, dict) else {}), **originals}
    if all_originals:
        extension[_ORIGINALS_KEY] = all_originals
    return {**extensions, EXTENSION_KEY: extension}
