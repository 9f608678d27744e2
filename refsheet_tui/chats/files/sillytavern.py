"""SillyTavern's JSONL: a line about the chat, then a line for each message, with its swipes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from refsheet_tui.chats.files.portable import (
    MAX_MESSAGES,
    PortableChat,
    too_many_messages_error,
    valid_time,
)
from refsheet_tui.chats.messages import FINISH_END_OF_TURN, PortableMessage
from refsheet_tui.errors import ChatFileError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import clean_text

# The other values of SillyTavern are stored with the chat and its messages under this key.
_KEY = "sillytavern"
_MAPPED_KEYS = ("mes", "swipes", "swipe_id", "is_user")
# Larger than any date in milliseconds. A much larger integer can't be divided as a float.
_MAX_MS = 1e18
_OLD_DATES = ("%B %d, %Y %I:%M%p", "%B %d, %Y %I:%M %p")


def from_jsonl_lines(lines: Sequence[dict[str, Any]]) -> PortableChat:
    """Return the lines of a SillyTavern file as a chat; the first line describes the chat.

    Raises `ChatFileError`.
    """
    head, *message_lines = lines
    messages: list[PortableMessage] = []
    leaf: int | None = None
    for line in message_lines:
        texts = line.get("swipes")
        swipes = (
            [clean_text(str(text)) for text in texts] if isinstance(texts, list) and texts else []
        )
        swipe_id = line.get("swipe_id")
        is_valid_id = isinstance(swipe_id, int) and 0 <= swipe_id < len(swipes)
        swipe_index = int(swipe_id) if is_valid_id and isinstance(swipe_id, int) else 0
        text = clean_text(str(line.get("mes") or ""))
        if not swipes:
            swipes = [text]
        elif text:
            swipes[swipe_index] = text  # the user edited the swipe after choosing it
        parent, first_index = leaf, len(messages)
        if first_index + len(swipes) > MAX_MESSAGES:
            raise too_many_messages_error()
        other_values = {key: value for key, value in line.items() if key not in _MAPPED_KEYS}
        is_user = line.get("is_user") is True
        for swipe in swipes:
            messages.append(
                PortableMessage(
                    parent,
                    "user" if is_user else "model",
                    swipe,
                    None if is_user else FINISH_END_OF_TURN,
                    valid_time(_parse_date(line.get("send_date"))),
                    {_KEY: other_values},
                )
            )
        leaf = first_index + swipe_index
    if not messages:
        raise ChatFileError(
            _("The file contains no messages."), _("Export it again from the original app.")
        )
    return PortableChat(
        tuple(messages),
        leaf,
        character=clean_text(str(head.get("character_name", ""))),
        user_name=clean_text(str(head.get("user_name", ""))),
        extra={_KEY: head},
    )


def to_jsonl(chat: PortableChat) -> bytes:
    """Return the branch that a chat shows as JSONL, with the swipes of its replies.

    SillyTavern has no tree: what follows other swipes is left out.
    """
    head = {
        "user_name": chat.user_name or "You",
        "character_name": chat.character or "Model",
        "create_date": _format_date(chat.messages[0].created if chat.messages else None),
        "chat_metadata": {},
        **_extra_of(chat.extra),
    }
    lines, siblings = [head], chat.siblings()
    for index in chat.path():
        message = chat.messages[index]
        swipes = siblings[message.parent, message.role]
        is_user = message.role == "user"
        line: dict[str, Any] = {
            "name": head["user_name"] if is_user else head["character_name"],
            "is_user": is_user,
            "is_system": False,
            "send_date": _format_date(message.created),
            "mes": message.text,
            "extra": {},
            **_extra_of(message.extra),
        }
        if not is_user and (len(swipes) > 1 or _had_swipes(message)):
            line["swipes"] = [chat.messages[each].text for each in swipes]
            line["swipe_id"] = swipes.index(index)
        lines.append(line)
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)


def _extra_of(extra: dict[str, Any]) -> dict[str, Any]:
    values = extra.get(_KEY)
    return values if isinstance(values, dict) else {}


def _had_swipes(message: PortableMessage) -> bool:
    return "swipe_info" in _extra_of(message.extra)


def _parse_date(date: object) -> float | None:
    """Return a date in seconds since 1970, or None if SillyTavern writes no date like that."""
    if isinstance(date, int | float) and not isinstance(date, bool):
        return date / 1000 if abs(date) < _MAX_MS else None
    if not isinstance(date, str):
        return None
    if date.isdecimal():
        return int(date[:15]) / 1000
    for form in _OLD_DATES:
        try:
            return datetime.strptime(date, form).timestamp()
        except (ValueError, OverflowError):
            continue
    try:
        return datetime.fromisoformat(date.replace("Z", "+00:00")).timestamp()
    except (ValueError, OverflowError):
        return None


def _format_date(seconds: float | None) -> str:
    when = datetime.fromtimestamp(seconds or 0.0, UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
