"""The fields of a card, whichever program wrote it and wherever it put them.

A card has its fields in `data`, outside of it, or in both places, and programs call them by other
names. The first field that says something counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from refsheet_tui.characters.card_lists import first_items, first_tags
from refsheet_tui.characters.card_values import (
    line_from,
    name_from,
    tags_from,
    text_from,
    texts_from,
)
from refsheet_tui.characters.single_braces import double_braces
from refsheet_tui.errors import UntrustedFileError
from refsheet_tui.untrusted import parse_json

# The names of each field in lower case, without anything between their words; its own comes first.
_NAMES = {
    "name": ("name", "charname", "aidisplayname", "ainame", "displayname", "bot"),
    "description": (
        "description",
        "charpersona",
        "aipersona",
        "persona",
        "context",
        "definition",
    ),
    "personality": ("personality",),
    "scenario": ("scenario", "worldscenario"),
    "first_mes": ("firstmes", "firstmessages", "chargreeting", "firstmessage", "greeting"),
    "mes_example": (
        "mesexample",
        "exampledialogue",
        "exampledialogues",
        "exampledialogs",
        "examplemessages",
        "customdialogue",
        "samplechat",
    ),
    "alternate_greetings": ("alternategreetings",),
    "group_only_greetings": ("grouponlygreetings",),
    "tags": ("tags",),
    "system_prompt": ("systemprompt", "baseprompt"),
    "post_history_instructions": ("posthistoryinstructions", "authorsnote"),
    "creator_notes": ("creatornotes", "creatorcomment"),
    "creator": ("creator",),
    "character_version": ("characterversion",),
    "character_book": ("characterbook",),
    "nickname": ("nickname",),
    "your_name": ("yourname",),
    "extensions": ("extensions",),
}
_FIELDS_BY_NAME = {name: field for field, names in _NAMES.items() for name in names}
_OBJECT_FIELDS = ("character_book", "extensions")
_LIST_READERS = {
    "tags": tags_from,
    "alternate_greetings": texts_from,
    "group_only_greetings": texts_from,
}
_TEXT_FIELDS = [field for field in _NAMES if field not in {*_OBJECT_FIELDS, *_LIST_READERS}]
_STORY_MARK, _NAME_SEPARATOR = "savedsettings", "||$||"
# Names that mean a field only beside a key that a certain program writes.
_NAMES_BY_MARK = {
    "scenarioVersion": {"title": "name", "prompt": "first_mes", "context": "description"},
    _STORY_MARK: {"memory": "description", "prompt": "first_mes"},
    "external_id": {"definition": "mes_example"},
}
# What they mean where the character is told by a persona, and a list of characters is shown with
# the description. Such files have no personality, which every export of this program has.
_NAMES_BESIDE_PERSONA = {"persona": "description", "description": "creator_notes"}
_PERSONA_MARK, _NO_PERSONA_MARK = "sampleChat", "personality"
# What a catalog of cards calls the fields of version 2, one of which never has this name elsewhere.
_CATALOG_NAMES = {
    "personality": "description",
    "tavern_personality": "personality",
    "description": "creator_notes",
}
_CATALOG_MARK = "tavern_personality"
_WRAPPERS = ("character", "char", "card", "bot", "node", "definition")
# How one program writes the names of the character and of the user, beside this key.
_SINGLE_BRACES_MARK = "aiPersona"
_NO_LETTERS = re.compile(r"[^a-z0-9]")
_MAX_KEY = 40  # characters, more than any name of a field has
# Who the user is called if nobody has changed it.
_DEFAULT_USER_NAME = "you"


@dataclass(frozen=True)
class CardFields:
    """The fields of a card, with texts that are repaired and clean.

    Attributes:
        texts: The text of each field that has one, by its name in version 2.
        greetings: The first message and the alternate greetings.
        tags: Words to find the character by.
        user_name: The name of the user; mostly empty.
        unread_greetings: How many greetings the card has beyond the limit of this program.
        unread_tags: How many tags, likewise.
    """

    texts: Mapping[str, str]
    greetings: tuple[str, ...]
    tags: tuple[str, ...]
    user_name: str
    unread_greetings: int = 0
    unread_tags: int = 0


def read_card_fields(data: Mapping[str, Any], outside: Mapping[str, Any]) -> CardFields:
    """Return the fields of a card.

    Args:
        data: The data of the card.
        outside: What stands outside of the data.
    """
    values = first_values(data, outside)
    first_messages, unread_messages = first_items(values.get("first_mes"))
    values["first_mes"] = first_messages
    complete = double_braces if _SINGLE_BRACES_MARK in data else str
    texts = {field: complete(text_from(values.get(field))) for field in _TEXT_FIELDS}
    is_list = isinstance(first_messages, list | dict)
    greetings = (texts_from(first_messages) if is_list else ()) or (texts["first_mes"],)
    alternate_greetings, unread_greetings = first_items(values.get("alternate_greetings"))
    tags, unread_tags = first_tags(values.get("tags"))
    user_name = line_from(values.get("your_name")).strip()
    return CardFields(
        texts={**texts, "name": name_from(values.get("name")) or _name_in_story(data)},
        greetings=tuple(map(complete, [*greetings, *texts_from(alternate_greetings)])),
        tags=tags_from(tags),
        user_name="" if user_name.casefold() == _DEFAULT_USER_NAME else user_name,
        unread_greetings=unread_messages + unread_greetings,
        unread_tags=unread_tags,
    )


def _name_in_story(data: Mapping[str, Any]) -> str:
    """Return whom a story of one program is told with; empty if that is nobody, or several."""
    settings = data.get(_STORY_MARK)
    name = line_from(settings.get("chatopponent")) if isinstance(settings, dict) else ""
    return "" if _NAME_SEPARATOR in name else name.strip()


def first_values(data: Mapping[str, Any], outside: Mapping[str, Any]) -> dict[str, Any]:
    """Return the first value of each field that says something.

    The data comes before what is outside of it, and a field's own name before the others.
    """
    values: dict[str, Any] = {}
    for place in (data, outside):
        for _, field, key in sorted(_named_fields(place)):
            if field not in values and says_something(field, place[key]):
                values[field] = place[key]
    return values


def says_something(field: str, value: Any) -> bool:
    """Return True if a field with this value tells anything."""
    if field in _OBJECT_FIELDS:
        return isinstance(value, dict) and bool(value)
    if field in _LIST_READERS:
        part, _ = first_tags(value) if field == "tags" else first_items(value)
        return bool(_LIST_READERS[field](part))
    if field == "first_mes":
        value, _ = first_items(value)
    return bool(text_from(value).strip())


def field_of_key(key: str, place: Mapping[str, Any]) -> str | None:
    """Return the field that a key of `place` means, or None if it means none."""
    if len(key) > _MAX_KEY:
        return None
    for mark, names in _NAMES_BY_MARK.items():
        if mark in place and key in names:
            return names[key]
    if key in _NAMES_BESIDE_PERSONA and _is_told_by_persona(place):
        return _NAMES_BESIDE_PERSONA[key]
    return _FIELDS_BY_NAME.get(_NO_LETTERS.sub("", key.lower()))


def split_card(card: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the data of a card, and what stands outside of it.

    A card of version 1 is all data. Some programs have their data, or the whole card, under another
    key.
    """
    if _CATALOG_MARK in card and "creator_notes" not in card:
        return {_CATALOG_NAMES.get(key, key): value for key, value in card.items()}, {}
    for key in ("data", *_WRAPPERS):
        inner = _parse_object(card.get(key))
        if not isinstance(inner, dict):
            continue
        outside = {name: value for name, value in card.items() if name != key}
        has_fields = _has_fields(inner)
        if key != "data" or not has_fields:
            data, inner_outside = split_card(inner)
            if data is not inner:
                return data, {**outside, **inner_outside}
        if key == "data" or has_fields:
            return inner, outside
    return card, {}


def _named_fields(place: Mapping[str, Any]) -> Iterator[tuple[int, str, str]]:
    """Yield the rank of each key that means a field, the field, and the key."""
    for key in place:
        field = field_of_key(key, place)
        if field is not None:
            name, names = _NO_LETTERS.sub("", key.lower()), _NAMES[field]
            rank = names.index(name) + 1 if name in names else len(names) + 1
            yield 0 if key == field else rank, field, key


def _is_told_by_persona(place: Mapping[str, Any]) -> bool:
    """Return True if the persona of a character tells who it is, rather than its description."""
    persona = place.get("persona")
    is_object = isinstance(persona, dict) and isinstance(persona.get("attributes"), dict)
    has_mark = is_object or _PERSONA_MARK in place or place.get("kind") == "character"
    return has_mark and _NO_PERSONA_MARK not in place and bool(text_from(persona).strip())


def _has_fields(value: dict[str, Any]) -> bool:
    return sum(field_of_key(key, value) is not None for key in value) > 1


def _parse_object(value: object) -> object:
    """Return the object in a JSON text, or any other value as it is."""
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return value
    try:
        return parse_json(value.encode(errors="replace"))
    except UntrustedFileError:
        return value
