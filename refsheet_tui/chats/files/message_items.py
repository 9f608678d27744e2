"""The messages of other programs, each an object: who says what, when, in which versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from refsheet_tui.chats.files.dates import parse_date
from refsheet_tui.chats.files.portable import valid_time
from refsheet_tui.chats.speakers import is_true, usable_name

_ROLE_KEYS = ("role", "from", "sender", "author")
_TEXT_KEYS = ("content", "value", "data", "msg", "message", "text", "refusal", "parts", "steps")
_DATE_KEYS = ("created_at", "createdAt", "create_time", "timestamp", "time", "send_date", "date")
_NAME_KEYS = ("name", "handle", "nickname")
# The names by which some programs call the user, whatever the user's name is.
_NO_NAMES = ("you", "user")
_VERSIONS_KEY, _VERSION_KEY = "versions", "currentlySelected"
_AGNAI_KEYS = ("userId", "characterId", "handle")
# What all versions of a message have: who says it, when, and whether the model is told.
_COMMON_KEYS = (*_ROLE_KEYS, *_DATE_KEYS, *_NAME_KEYS, "userId", "disabled", "isComment")
_ATTACHMENT_KEYS = ("images", "files", "attachments")


@dataclass(frozen=True)
class MessageItem:
    """A message in the form that another program gives it.

    Attributes:
        role: The side that says it, as it is written.
        content: Its text or its parts.
        name: Who says it; empty if that is unknown.
        created: When it was said, in seconds since 1970.
        is_hidden: The user hid it from the model.
        attachments: Lists of its attachments, by their keys.
        others: Every other value.
    """

    role: object
    content: object
    name: str
    created: float | None
    is_hidden: bool
    attachments: dict[str, Any]
    others: dict[str, Any]


def is_message_item(item: object) -> bool:
    """Return True for an object with a role and a content."""
    if not isinstance(item, dict):
        return False
    has_role = any(key in item for key in _ROLE_KEYS)
    return (
        (has_role and any(key in item for key in _TEXT_KEYS))
        or ("msg" in item and any(key in item for key in _AGNAI_KEYS))
        or has_versions(item)
    )


def has_versions(item: dict[str, Any]) -> bool:
    """Return True for a message of which there are several versions, each with a role."""
    versions = item.get(_VERSIONS_KEY)
    return isinstance(versions, list) and bool(versions) and all(map(is_version, versions))


def is_version(version: object) -> bool:
    """Return True for an object that is a version of a message."""
    return isinstance(version, dict) and "role" in version


def versions_of(item: dict[str, Any]) -> tuple[list[dict[str, Any]], int]:
    """Return all versions of a message, and the index of the one that is shown."""
    if not has_versions(item):
        return [item], 0
    versions: list[dict[str, Any]] = item[_VERSIONS_KEY]
    chosen = item.get(_VERSION_KEY)
    if not isinstance(chosen, int) or not 0 <= chosen < len(versions):
        chosen = len(versions) - 1
    others = {key: item[key] for key in item if key not in (_VERSIONS_KEY, _VERSION_KEY)}
    # Only the shown one gets all of them, so that they are stored once.
    common = {key: others[key] for key in _COMMON_KEYS if key in others}
    return [
        {**(others if index == chosen else common), **each} for index, each in enumerate(versions)
    ], chosen


def with_versions(versions: Sequence[dict[str, Any]], chosen: int) -> dict[str, Any]:
    """Return a message of several versions, of which `chosen` is the index of the shown one."""
    return {_VERSIONS_KEY: [*versions], _VERSION_KEY: chosen}


def read_item(item: dict[str, Any]) -> MessageItem:
    """Return what a message says."""
    role_key = next((key for key in _ROLE_KEYS if item.get(key) is not None), None)
    role = item[role_key] if role_key else None
    author = role if isinstance(role, dict) else {}
    if author:
        role = author.get("role") or ("assistant" if author.get("isBot") is True else "user")
    elif role is None and "msg" in item:  # Agnai says which of them has an identifier
        role = "user" if item.get("userId") else "assistant"
    text_keys = [key for key in _TEXT_KEYS if key in item]
    filled = [key for key in text_keys if item[key] not in (None, "", [], {})]
    text_key = next(iter(filled or text_keys), None)
    content = item[text_key] if text_key else None
    attachments = {key: item[key] for key in _ATTACHMENT_KEYS if item.get(key)}
    # Some programs store the text of the parts again.
    mapped_keys = {key for key in text_keys if item[key] in (content, None)}
    mapped_keys.update(attachments)
    if role_key and not author:
        mapped_keys.add(role_key)
    return MessageItem(
        role,
        content,
        _name_of(item) or (_name_of(author) if author else ""),
        _created(item),
        _is_hidden(item),
        attachments,
        {key: value for key, value in item.items() if key not in mapped_keys},
    )


def _is_hidden(item: dict[str, Any]) -> bool:
    """Return True for a message that RisuAI doesn't tell the model."""
    if "disabled" not in item and "isComment" not in item:
        return False
    return is_true(item.get("disabled")) or hides_earlier(item) or is_true(item.get("isComment"))


def hides_earlier(item: object) -> bool:
    """Return True for a message that RisuAI hides together with all messages before it."""
    return isinstance(item, dict) and item.get("disabled") == "allBefore"


def _name_of(item: dict[str, Any]) -> str:
    for key in _NAME_KEYS:
        name = usable_name(item[key]) if key in item else ""
        if name and name.casefold() not in _NO_NAMES:
            return name
    return ""


def _created(item: dict[str, Any]) -> float | None:
    for key in _DATE_KEYS:
        if key in item and item[key] and (date := valid_time(parse_date(item[key]))):
            return date
    return None
