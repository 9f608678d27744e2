"""SillyTavern's JSONL: a line about the chat, then a line for each message, with its swipes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from refsheet_tui.chats.files.draft import MESSAGES, ChatDraft, sound_time, too_many
from refsheet_tui.chats.messages import WHOLE, DraftMessage
from refsheet_tui.errors import ChatFileError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import clean

# What it keeps beside words stays with the chat and its messages under this name.
_KEY = "sillytavern"
_OURS = ("mes", "swipes", "swipe_id", "is_user")
# More than any date; a larger number may be none that can be divided.
_LARGEST_MS = 1e18
_OLD_DATES = ("%B %d, %Y %I:%M%p", "%B %d, %Y %I:%M %p")


def from_lines(lines: Sequence[dict[str, Any]]) -> ChatDraft:
    """The first line is about the chat. Raises `ChatFileError`."""
    head, *said = lines
    messages: list[DraftMessage] = []
    leaf: int | None = None
    for line in said:
        texts = line.get("swipes")
        swipes = [clean(str(text)) for text in texts] if isinstance(texts, list) and texts else []
        chosen = line.get("swipe_id")
        is_chosen = isinstance(chosen, int) and 0 <= chosen < len(swipes)
        place = int(chosen) if is_chosen and isinstance(chosen, int) else 0
        text = clean(str(line.get("mes") or ""))
        if not swipes:
            swipes = [text]
        elif text:
            swipes[place] = text  # edited after it was chosen
        parent, first = leaf, len(messages)
        if first + len(swipes) > MESSAGES:
            raise too_many()
        rest = {key: value for key, value in line.items() if key not in _OURS}
        is_user = line.get("is_user") is True
        for swipe in swipes:
            messages.append(
                DraftMessage(
                    parent,
                    "user" if is_user else "model",
                    swipe,
                    None if is_user else WHOLE,
                    sound_time(_seconds(line.get("send_date"))),
                    {_KEY: rest},
                )
            )
        leaf = first + place
    if not messages:
        raise ChatFileError(
            _("There are no messages in it."), _("Export it again where it came from.")
        )
    return ChatDraft(
        tuple(messages),
        leaf,
        character=clean(str(head.get("character_name", ""))),
        person=clean(str(head.get("user_name", ""))),
        extra={_KEY: head},
    )


def to_jsonl(draft: ChatDraft) -> bytes:
    """The way to the message that it ends with; what was said beside it as swipes."""
    head = {
        "user_name": draft.person or "You",
        "character_name": draft.character or "Model",
        "create_date": _date(draft.messages[0].created if draft.messages else None),
        "chat_metadata": {},
        **_kept(draft.extra),
    }
    lines, siblings = [head], draft.siblings()
    for index in draft.path():
        message = draft.messages[index]
        swipes = siblings[message.parent, message.role]
        is_user = message.role == "user"
        line: dict[str, Any] = {
            "name": head["user_name"] if is_user else head["character_name"],
            "is_user": is_user,
            "is_system": False,
            "send_date": _date(message.created),
            "mes": message.text,
            "extra": {},
            **_kept(message.extra),
        }
        if not is_user and (len(swipes) > 1 or _had_swipes(message)):
            line["swipes"] = [draft.messages[each].text for each in swipes]
            line["swipe_id"] = swipes.index(index)
        lines.append(line)
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)


def _kept(extra: dict[str, Any]) -> dict[str, Any]:
    found = extra.get(_KEY)
    return found if isinstance(found, dict) else {}


def _had_swipes(message: DraftMessage) -> bool:
    return "swipe_info" in _kept(message.extra)


def _seconds(date: object) -> float | None:
    """Since 1970, of any of its ways to write a date; None for what is none of them."""
    if isinstance(date, int | float) and not isinstance(date, bool):
        return date / 1000 if abs(date) < _LARGEST_MS else None
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


def _date(seconds: float | None) -> str:
    when = datetime.fromtimestamp(seconds or 0.0, UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
