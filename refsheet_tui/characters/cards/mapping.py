"""What a card says, as a profile, and a profile as a card.

Versions 1, 2 and 3 of the format, and the keys of Pygmalion. What is not understood is kept with
the profile, and is there again when it is exported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from refsheet_tui.characters.profile import Profile
from refsheet_tui.untrusted import clean, one_line

_PYGMALION = {
    "char_name": "name",
    "char_persona": "description",
    "char_greeting": "first_mes",
    "example_dialogue": "mes_example",
    "world_scenario": "scenario",
}
# Where each part of a profile stands in a card.
_TEXTS = {
    "name": "name",
    "description": "description",
    "greeting": "first_mes",
    "examples": "mes_example",
    "note": "post_history_instructions",
}
# What version 2 wants, beside those.
_WANTED: dict[str, Any] = {
    "personality": "",
    "scenario": "",
    "creator_notes": "",
    "system_prompt": "",
    "creator": "",
    "character_version": "",
    "extensions": {},
}
_LISTS = ("alternate_greetings", "tags")
_OF_VERSION_3 = "group_only_greetings"
# What is a profile's alone travels under a name of its own.
_OURS = "refsheet"
_NEWEST = 3
_OUR_FIELDS = ("language", "person", "persona", "generation")


def profile_of(card: dict[str, Any], language: str) -> Profile:
    """`language` is that of a character whose card does not say; times and spec are left out."""
    inside = card.get("data")
    found, outside = (inside, card) if isinstance(inside, dict) else (card, {})
    data = {_PYGMALION.get(key, key): value for key, value in found.items()}
    extensions = data.get("extensions")
    ours = extensions.get(_OURS) if isinstance(extensions, dict) else None
    own = ours if isinstance(ours, dict) else {}
    texts = {field: _text(data.get(key)) for field, key in _TEXTS.items()}
    known = {*_TEXTS.values(), *_LISTS}
    # Some programs repeat there what is in the data, for those that know version 1 alone.
    repeated = {*known, *_WANTED, _OF_VERSION_3, *data, "data", "spec", "spec_version"}
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


def is_newer(card: dict[str, Any]) -> bool:
    """Whether the card is of a version that nobody knew when this was written."""
    version = re.match(r"\d{1,9}", _text(card.get("spec_version")))
    return version is not None and int(version[0]) > _NEWEST


def card_of(profile: Profile, version: int) -> dict[str, Any]:
    """As version 2 or 3 of the format."""
    kept = profile.card
    extensions = kept.get("extensions")
    ours = {field: profile.model_dump(mode="json")[field] for field in _OUR_FIELDS}
    data = {
        **_WANTED,
        **kept,
        **{key: getattr(profile, field) for field, key in _TEXTS.items()},
        "alternate_greetings": list(profile.alternate_greetings),
        "tags": list(profile.tags),
        "extensions": {**(extensions if isinstance(extensions, dict) else {}), _OURS: ours},
    }
    if version == 3:
        data = {_OF_VERSION_3: [], **data}
        return {
            **profile.card_outside,
            "spec": "chara_card_v3",
            "spec_version": "3.0",
            "data": data,
        }
    return {**profile.card_outside, "spec": "chara_card_v2", "spec_version": "2.0", "data": data}


def _text(value: object) -> str:
    """Numbers come as strings, and strings as numbers."""
    if isinstance(value, str):
        return clean(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _texts(value: object) -> tuple[str, ...]:
    items: Iterable[object] = value if isinstance(value, list) else ()
    return tuple(text for text in map(_text, items) if text)


def _settings(value: object) -> dict[str, float | int | bool | None]:
    items = value.items() if isinstance(value, dict) else ()
    return {str(key): each for key, each in items if isinstance(each, int | float | bool | None)}
