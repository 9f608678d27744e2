"""SillyTavern's JSONL: a line about the chat, then a line for each message, with its swipes.

What isn't mapped to a message or the chat is stored with it, once, and is exported as it came.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from refsheet_tui.chats.files.dates import parse_date
from refsheet_tui.chats.files.portable import (
    MAX_MESSAGES,
    PortableChat,
    too_many_messages_error,
    valid_time,
)
from refsheet_tui.chats.messages import FINISH_END_OF_TURN, PortableMessage
from refsheet_tui.chats.speakers import (
    LINE_KEY,
    is_narration,
    is_true,
    line_values,
    usable_name,
    values_for_swipes,
)
from refsheet_tui.prompting import Role
from refsheet_tui.untrusted import clean_text

# Extra values of a swipe: what SillyTavern stores with this one, and that its line lists swipes.
_INFO_KEY = "swipe_info"
_LISTS_SWIPES_KEY = "lists_swipes"
_HEAD_KEYS = ("user_name", "character_name", "chat_metadata")
# SillyTavern copies these from the information of a swipe to its line.
_INFO_VALUES = ("send_date", "gen_started", "gen_finished", "extra")


def is_message_line(line: dict[str, Any]) -> bool:
    """Return True for a line with a message."""
    return "mes" in line or (isinstance(line.get("swipes"), list) and bool(line["swipes"]))


def is_head_line(line: dict[str, Any]) -> bool:
    """Return True for the line that describes the chat, which is usually the first one."""
    return not is_message_line(line) and any(key in line for key in _HEAD_KEYS)


def from_jsonl_lines(head: dict[str, Any] | None, lines: Sequence[dict[str, Any]]) -> PortableChat:
    """Return the lines of a SillyTavern file as a chat.

    Args:
        head: The line that describes the chat; None if there is none, as in chats of groups.
        lines: The lines with a message.

    Raises:
        ChatFileError: There are too many messages.
    """
    messages: list[PortableMessage] = []
    leaf: int | None = None
    for line in lines:
        first_index = len(messages)
        chosen, swipes = _swipes_of(line)
        if first_index + len(swipes) > MAX_MESSAGES:
            raise too_many_messages_error()
        messages += _messages_of(line, swipes, chosen, leaf)
        leaf = first_index + chosen
    return PortableChat(
        tuple(messages),
        leaf,
        character=_name_of_side(head, messages, "model"),
        user_name=_name_of_side(head, messages, "user"),
        note=_note_of(head) if head else "",
        extra={LINE_KEY: head} if head is not None else {},
    )


def _swipes_of(line: dict[str, Any]) -> tuple[int, list[str]]:
    """Return the index of the swipe that a line shows, and all of its swipes."""
    text = _text(line.get("mes"))
    listed = line.get("swipes")
    if not isinstance(listed, list) or not listed:
        return 0, [text]
    swipes = [_text(each) for each in listed]
    index = _swipe_index(line.get("swipe_id"), len(swipes))
    if not text or (index is not None and swipes[index] == text):
        return index or 0, swipes
    if text not in swipes:
        swipes.append(text)  # edited after it was chosen
    return swipes.index(text), swipes


def _swipe_index(swipe_id: object, count: int) -> int | None:
    if isinstance(swipe_id, str) and swipe_id.isdecimal():
        swipe_id = int(swipe_id[:9])
    is_index = isinstance(swipe_id, int) and not isinstance(swipe_id, bool)
    return int(str(swipe_id)) if is_index and 0 <= int(str(swipe_id)) < count else None


def _messages_of(
    line: dict[str, Any], swipes: Sequence[str], chosen: int, parent: int | None
) -> Iterable[PortableMessage]:
    """Yield a message for each swipe of a line. The chosen one has the values of the line."""
    mapped_keys = {"mes", "is_user"}
    has_list = isinstance(line.get("swipes"), list) and bool(line["swipes"])
    if has_list:
        mapped_keys |= {"swipes", "swipe_id"}
    infos = line.get("swipe_info")
    if has_list and isinstance(infos, list) and 0 < len(infos) <= len(swipes):
        mapped_keys.add("swipe_info")
    else:
        infos = []
    values = {key: value for key, value in line.items() if key not in mapped_keys}
    other_values = values_for_swipes({LINE_KEY: values})
    role: Role = "user" if is_true(line.get("is_user")) else "model"
    for index, text in enumerate(swipes):
        extra: dict[str, Any] = {LINE_KEY: values} if index == chosen else dict(other_values)
        if index == chosen and has_list:
            extra[_LISTS_SWIPES_KEY] = True
        if index < len(infos):
            extra[_INFO_KEY] = infos[index]
        created = parse_date(_send_date(extra, line))
        finish = None if role == "user" else FINISH_END_OF_TURN
        yield PortableMessage(parent, role, text, finish, valid_time(created), extra)


def _send_date(extra: dict[str, Any], line: dict[str, Any]) -> object:
    info = extra.get(_INFO_KEY)
    own_date = info.get("send_date") if isinstance(info, dict) and LINE_KEY not in extra else None
    return own_date or line.get("send_date")


def _text(value: object) -> str:
    return "" if value is None else clean_text(str(value))


def _name_of_side(
    head: dict[str, Any] | None, messages: Iterable[PortableMessage], role: Role
) -> str:
    """Return the name in the first line or, if that is a placeholder, the most frequent one."""
    key = "user_name" if role == "user" else "character_name"
    return usable_name((head or {}).get(key)) or _most_frequent_name(messages, role)


def _most_frequent_name(messages: Iterable[PortableMessage], role: Role) -> str:
    names = Counter(
        each.speaker
        for each in messages
        if each.role == role and not (each.is_hidden or is_narration(each.extra))
    )
    del names[""]
    return names.most_common(1)[0][0] if names else ""


def _note_of(head: dict[str, Any]) -> str:
    """Return the author's note of a chat; empty if SillyTavern doesn't tell it the model."""
    metadata = head.get("chat_metadata")
    if not isinstance(metadata, dict) or metadata.get("note_interval") == 0:
        return ""
    note = metadata.get("note_prompt")
    return clean_text(note).strip() if isinstance(note, str) else ""


def to_jsonl(chat: PortableChat) -> bytes:
    """Return the branch that a chat shows as JSONL, with the swipes of its messages.

    SillyTavern has no tree: what follows other swipes is left out.
    """
    head = line_values(chat.extra)
    names = {
        "user": _name_of_side(head, chat.messages, "user") or chat.user_name or "You",
        "model": _name_of_side(head, chat.messages, "model") or chat.character or "Model",
    }
    head = {
        "user_name": names["user"],
        "character_name": names["model"],
        **_date("create_date", chat.messages[0].created if chat.messages else None),
        "chat_metadata": {},
        **head,
    }
    if chat.note != _note_of(head):
        metadata = head["chat_metadata"] if isinstance(head["chat_metadata"], dict) else {}
        interval = metadata.get("note_interval") or 1
        head["chat_metadata"] = {**metadata, "note_prompt": chat.note, "note_interval": interval}
    lines, siblings = [head], chat.siblings()
    for index in chat.path():
        message = chat.messages[index]
        swipes = [chat.messages[each] for each in siblings[message.parent, message.role]]
        lines.append(_line_of(message, swipes, names[message.role]))
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)


def _line_of(
    message: PortableMessage, swipes: Sequence[PortableMessage], name: str
) -> dict[str, Any]:
    source = message if LINE_KEY in message.extra else None
    source = source or next((each for each in swipes if LINE_KEY in each.extra), message)
    line: dict[str, Any] = {
        "name": message.speaker or name,
        "is_user": message.role == "user",
        "is_system": message.is_hidden,
        **_date("send_date", message.created),
        "mes": message.text,
        "extra": {},
        **line_values(source.extra),
    }
    line |= {"is_user": message.role == "user", "mes": message.text}
    info = message.extra.get(_INFO_KEY)
    if source is not message and isinstance(info, dict):
        line |= {key: info[key] for key in _INFO_VALUES if key in info}
    if len(swipes) > 1 or _LISTS_SWIPES_KEY in source.extra or "swipe_info" in line:
        line["swipes"] = [each.text for each in swipes]
        line["swipe_id"] = next(place for place, each in enumerate(swipes) if each is message)
        with_info = [place for place, each in enumerate(swipes) if _INFO_KEY in each.extra]
        if with_info:
            last = with_info[-1]
            line["swipe_info"] = [_info_of(each) for each in swipes[: last + 1]]
    return line


def _info_of(message: PortableMessage) -> object:
    own_values = {**_date("send_date", message.created), "extra": {}}
    return message.extra.get(_INFO_KEY, own_values)


def _date(key: str, seconds: float | None) -> dict[str, str]:
    """Return a date under its key; nothing if it is unknown."""
    if seconds is None:
        return {}
    when = datetime.fromtimestamp(seconds, UTC)
    return {key: when.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
