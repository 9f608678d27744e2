"""Telling a character card from the other files that programs write as JSON or YAML."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from refsheet_tui.characters.card_fields import field_of_key, split_card
from refsheet_tui.characters.card_values import says_nothing
from refsheet_tui.errors import CardError, UntrustedFileError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import MAX_JSON_BYTES, parse_json, to_utf8

_CARD_SPEC = "chara_card"
# One of these fields is enough for a character; of the others, it takes two.
_TELLING_FIELDS = {"first_mes", "mes_example", "personality", "alternate_greetings"}
_CONTENT_FIELDS = {
    *_TELLING_FIELDS,
    "description",
    "scenario",
    "system_prompt",
    "character_book",
    "creator_notes",
    "extensions",
}
# A card whose fields are all empty has at least so many of their names.
_MIN_EMPTY_FIELDS = 4
_PACKAGE_FIELDS = {None, "name", "description", "tags", "creator"}
# Where programs have a list of characters, of which the first ones show what it is.
_LIST_KEYS = {"characters", "character", "chars", "bots", "cards", "data", "export", "items"}
_MAX_LISTED, _MAX_LIST_DEPTH = 100, 2
_VERSION_NUMBER = re.compile(r"\d+\.\d+\.\d+.*")
_ENTRY_KEYS = {"key", "keys", "keywords"}
_ENTRY_TEXTS = {"content", "entry", "text", "value"}
_CHOOSE_CARD = N_("Choose a file with a character in it.")


@dataclass(frozen=True)
class _Kind:
    """A kind of file that is no card.

    Attributes:
        problem: What the user is told.
        remedy: What they can do.
        is_kind: Returns True for an object of this kind.
    """

    problem: str
    remedy: str
    is_kind: Callable[[Mapping[str, Any]], bool]


def card_object(value: Any) -> dict[str, Any]:
    """Return a parsed JSON or YAML document if it is a card.

    Raises:
        CardError: It is something else, which the error names if it is known.
    """
    if _is_card(value):
        return value
    listed_card = _listed_card(value)
    if listed_card is not None:
        return listed_card
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, dict):
        for kind in _KINDS:
            if kind.is_kind(first):
                raise CardError(_(kind.problem), _(kind.remedy))
    if isinstance(value, dict) and _says_who(value):
        return value
    raise CardError(
        _("This is not a character card: it doesn't describe a character."), _(_CHOOSE_CARD)
    )


def parse_card_json(data: bytes, limit: int = MAX_JSON_BYTES) -> dict[str, Any]:
    """Return the card in a JSON file.

    Args:
        data: The JSON text, in any of the encodings in which programs save it.
        limit: The most bytes that it may have.

    Raises:
        CardError: It is something else.
        UntrustedFileError: It is no JSON, or too large.
    """
    if len(data) <= limit:
        data = to_utf8(data)
    try:
        value = parse_json(data, limit, has_infinities=True)
    except UntrustedFileError:
        first_line = data.lstrip().partition(b"\n")[0]
        try:
            first_value = parse_json(first_line)
        except UntrustedFileError:
            first_value = None
        if isinstance(first_value, dict) and _is_chat(first_value):
            raise CardError(_(_CHAT), _(_IMPORT_CHAT)) from None
        raise
    return card_object(value)


def _is_card(value: object) -> TypeGuard[dict[str, Any]]:
    """Return True for an object that is a card, whatever else it looks like."""
    return isinstance(value, dict) and (_is_card_by_name(value) or _has_voice(value))


def _listed_card(value: object, depth: int = 0) -> dict[str, Any] | None:
    """Return the card in a list of one, in an envelope with what is around it; None if none is.

    Raises `CardError` for a list of several cards.
    """
    if isinstance(value, list):
        cards = [item for item in value[:_MAX_LISTED] if _is_card(item)]
        if len(cards) > 1:
            raise CardError(
                _("This file has several characters in it."),
                _("Save each character as a file of its own, and import those."),
            )
        return cards[0] if cards else None
    if isinstance(value, dict) and depth < _MAX_LIST_DEPTH:
        for key in _LIST_KEYS & value.keys():
            card = _listed_card(value[key], depth + 1)
            if card is not None:
                return {**{name: each for name, each in value.items() if name != key}, "card": card}
    return None


def _is_card_by_name(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("spec"), str) and value["spec"].startswith(_CARD_SPEC)


def _has_voice(value: dict[str, Any]) -> bool:
    """Return True if an object has a name, and says how someone speaks or what they are like.

    It is a card then, whatever programs have put beside that.
    """
    names, telling_names = _field_names(value)
    return "name" in names and bool(telling_names & _TELLING_FIELDS)


def _says_who(value: dict[str, Any]) -> bool:
    """Return True if the fields of an object describe a character."""
    names, telling_names = _field_names(value)
    known_names = {name for name in names if name is not None}
    content = telling_names & _CONTENT_FIELDS
    if content & _TELLING_FIELDS or len(content) > 1:
        return True
    if "name" not in known_names:
        return False
    # Many files have a name and a description, among much that no card has.
    has_mostly_fields = 2 * len(known_names) >= len(names)
    return len(known_names) >= _MIN_EMPTY_FIELDS or (bool(content) and has_mostly_fields)


def _field_names(value: dict[str, Any]) -> tuple[list[str | None], set[str | None]]:
    """Return the field that each key of an object means, and the fields that say something."""
    data, outside = split_card(value)
    fields = [(field_of_key(key, place), place[key]) for place in (outside, data) for key in place]
    names = [name for name, _ in fields]
    return names, {name for name, each in fields if not says_nothing(each)}


def _has(*keys: str, count: int) -> Callable[[Mapping[str, Any]], bool]:
    """Return a test for objects with at least `count` of `keys`."""
    return lambda value: sum(key in value for key in keys) >= count


def _is_lorebook(value: Mapping[str, Any]) -> bool:
    if str(value.get("spec", "")).startswith("lorebook") or "lorebookVersion" in value:
        return True
    data = value.get("data")
    entries = value.get("entries", data.get("entries") if isinstance(data, dict) else data)
    if entries in ([], {}) and "entries" in value:
        return True
    values = [*entries.values()] if isinstance(entries, dict) else entries
    first = values[0] if isinstance(values, list) and values else value
    return isinstance(first, dict) and _is_lorebook_entry(first)


def _is_lorebook_entry(value: Mapping[str, Any]) -> bool:
    return bool(_ENTRY_KEYS & value.keys()) and bool(_ENTRY_TEXTS & value.keys())


def _is_chat(value: Mapping[str, Any]) -> bool:
    return (
        {"user_name", "character_name"} <= value.keys()
        or {"name", "mes", "is_user"} <= value.keys()
        or {"role", "content"} <= value.keys()
        or "chat_metadata" in value
        or any(isinstance(value.get(key), list) for key in ("messages", "histories"))
    )


def _is_package(value: Mapping[str, Any]) -> bool:
    """Return True for the description of software, such as `package.json`."""
    has_number = _VERSION_NUMBER.fullmatch(str(value.get("version"))) is not None
    has_few_fields = {field_of_key(key, value) for key in value} <= _PACKAGE_FIELDS
    return _PACKAGE(value) or (has_number and has_few_fields)


_PACKAGE = _has(
    "scripts",
    "dependencies",
    "devDependencies",
    "main",
    "license",
    "repository",
    "engines",
    "private",
    "version",
    "name",
    count=3,
)
_CHAT = N_("This is a chat, not a character card.")
_IMPORT_CHAT = N_("To import a chat: refsheet chats import FILE --character NAME")
_KINDS = (
    _Kind(
        N_("This is a lorebook, not a character card."),
        N_("Import the card of a character that contains it."),
        _is_lorebook,
    ),
    _Kind(_CHAT, _IMPORT_CHAT, _is_chat),
    _Kind(
        N_("This is a backup of personas, not a character card."),
        N_("Enter your persona in the form of a character."),
        lambda value: isinstance(value.get("personas"), dict),
    ),
    _Kind(
        N_("This is a theme, not a character card."),
        _CHOOSE_CARD,
        _has("main_text_color", "blur_tint_color", "chat_width", "custom_css", count=2),
    ),
    _Kind(
        N_("This is a group of characters, not a character card."),
        N_("Import the card of each character."),
        lambda value: isinstance(value.get("members"), list),
    ),
    _Kind(
        N_("This is a preset with generation settings, not a character card."),
        N_("Enter the settings in the settings of RefSheet, or with --set."),
        _has(
            "temperature",
            "temp",
            "top_p",
            "top_k",
            "min_p",
            "typical_p",
            "rep_pen",
            "repetition_penalty",
            "frequency_penalty",
            "presence_penalty",
            "prompt_order",
            "samplers",
            "max_length",
            "genamt",
            count=2,
        ),
    ),
    _Kind(
        N_("This is a prompt template, not a character card."),
        _CHOOSE_CARD,
        lambda value: any(
            key in value for key in ("story_string", "input_sequence", "instruction_template")
        ),
    ),
    _Kind(
        N_("This is a script for another program, not a character card."),
        _CHOOSE_CARD,
        lambda value: any(key in value for key in ("findRegex", "qrList", "quickReplySlots")),
    ),
    _Kind(
        N_("This describes a software package, not a character card."), _CHOOSE_CARD, _is_package
    ),
)
