"""SillyTavern's JSONL: a line about the chat, then a line for each message, with its swipes.

What isn't mapped to a message or the chat is stored with it, once, and is exported as it came.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from refsheet_tui.chats.files.dates import parse_date
from refsheet_tui.chats.files.message_content import MessageContent, read_content
from refsheet_tui.chats.files.message_text import (
    ORIGINAL_KEY,
    original_of,
    original_values,
    readable_text,
    text_of,
)
from refsheet_tui.chats.files.omissions import Omissions
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

# Extra values of a swipe: what SillyTavern stores with this one, and that its line lists swipes.
_INFO_KEY = "swipe_info"
_LISTS_SWIPES_KEY = "lists_swipes"
# And its text in this list as it came in, if that is not the text which is shown.
_SWIPE_KEY = "swipe"
# An extra value of a chat: the lines that describe the other chats of the file.
_OTHER_HEADS_KEY = "sillytavern_heads"
# Attachments among the values that SillyTavern calls "extra".
_ATTACHMENT_KEYS = ("image", "media", "file", "files", "video", "audio")
_HEAD_KEYS = ("user_name", "character_name", "chat_metadata")
# SillyTavern copies these from the information of a swipe to its line.
_INFO_VALUES = ("send_date", "gen_started", "gen_finished", "extra")


def is_message_line(line: dict[str, Any]) -> bool:
    """Return True for a line with a message."""
    return "mes" in line or (isinstance(line.get("swipes"), list) and bool(line["swipes"]))


def is_head_line(line: dict[str, Any]) -> bool:
    """Return True for the line that describes the chat, which is usually the first one."""
    return not is_message_line(line) and any(key in line for key in _HEAD_KEYS)


def from_jsonl_chats(
    chats: Sequence[tuple[dict[str, Any] | None, Sequence[dict[str, Any]]]],
) -> tuple[PortableChat, Omissions]:
    """Return SillyTavern's chats as one chat, in which each is a branch, and what was left out.

    Args:
        chats: For each chat the line that describes it, or None if there is none, as in chats of
            groups; and the lines with a message.

    Raises:
        ChatFileError: There are too many messages.
    """
    messages: list[PortableMessage] = []
    missing_pictures = hidden_parts = 0
    ends: list[int | None] = []
    for _head, lines in chats:
        leaf: int | None = None
        for line in lines:
            first_index = len(messages)
            chosen, swipes = _swipes_of(line)
            if first_index + len(swipes) > MAX_MESSAGES:
                raise too_many_messages_error()
            messages += _messages_of(line, swipes, chosen, leaf)
            leaf = first_index + chosen
            for content in (_content_of(line.get("mes")), _attachments_of({LINE_KEY: line})):
                missing_pictures += content.missing_pictures if content else 0
                hidden_parts += content.hidden_parts if content else 0
        ends.append(leaf)
    heads = [head for head, _lines in chats if head is not None]
    head = chats[0][0]
    extra: dict[str, Any] = {LINE_KEY: head} if head is not None else {}
    if len(heads) > 1:
        extra[_OTHER_HEADS_KEY] = heads[1:]
    chat = PortableChat(
        tuple(messages),
        ends[0],
        character=_name_of_side(head, messages, "model"),
        user_name=_name_of_side(head, messages, "user"),
        note=_note_of(head) if head else "",
        extra=extra,
    )
    return chat, Omissions(pictures=missing_pictures, parts=hidden_parts, conversations=len(chats))


@dataclass(slots=True)
class _Swipe:
    """A swipe of a line.

    Attributes:
        text: Its text, as it is shown.
        listed: Its text in the list of swipes, as it came in.
        original: Its text in the line, as it came in; the same as `listed` for the other swipes.
    """

    text: str
    listed: object
    original: object


def _swipes_of(line: dict[str, Any]) -> tuple[int, list[_Swipe]]:
    """Return the index of the swipe that a line shows, and all of its swipes."""
    listed = line.get("swipes")
    original = line.get("mes")
    text = text_of(original)
    if not isinstance(listed, list) or not listed:
        return 0, [_Swipe(text, original, original)]
    swipes = [_Swipe(text_of(each), each, each) for each in listed]
    chosen = _chosen_swipe(line, text, [each.text for each in swipes])
    if chosen == len(swipes):  # edited after it was chosen
        swipes.append(_Swipe(text, original, original))
    elif "mes" in line and (text or not swipes[chosen].text):
        swipes[chosen] = _Swipe(text, listed[chosen], original)
    return chosen, swipes


def _chosen_swipe(line: dict[str, Any], text: str, swipes: Sequence[str]) -> int:
    """Return the index of the swipe with the text of a line; behind the last one if none has it."""
    index = _swipe_index(line.get("swipe_id"), len(swipes))
    if not text or (index is not None and swipes[index].strip() == text.strip()):
        return index or 0
    if text in swipes:
        return swipes.index(text)
    stripped_swipes = [each.strip() for each in swipes]
    return stripped_swipes.index(text.strip()) if text.strip() in stripped_swipes else len(swipes)


def _swipe_index(swipe_id: object, count: int) -> int | None:
    if isinstance(swipe_id, str) and swipe_id.isdecimal():
        swipe_id = int(swipe_id[:9])
    is_index = isinstance(swipe_id, int) and not isinstance(swipe_id, bool)
    return int(str(swipe_id)) if is_index and 0 <= int(str(swipe_id)) < count else None


def _messages_of(
    line: dict[str, Any], swipes: Sequence[_Swipe], chosen: int, parent: int | None
) -> Iterable[PortableMessage]:
    """Yield a message for each swipe of a line. The chosen one has the values of the line."""
    mapped_keys = {"mes", *(("is_user",) if isinstance(line.get("is_user"), bool) else ())}
    has_list = isinstance(line.get("swipes"), list) and bool(line["swipes"])
    if has_list:
        mapped_keys |= {"swipes", "swipe_id"}
    infos = line.get("swipe_info")
    if has_list and isinstance(infos, list) and 0 < len(infos) <= len(swipes):
        mapped_keys.add("swipe_info")
    else:
        infos = []
    values = {key: value for key, value in line.items() if key not in mapped_keys}
    other_values = values_for_swipes({LINE_KEY: values}) if len(swipes) > 1 else {}
    role: Role = "user" if is_true(line.get("is_user")) else "model"
    for index, swipe in enumerate(swipes):
        extra: dict[str, Any] = {LINE_KEY: values} if index == chosen else dict(other_values)
        if not has_list:
            extra |= original_values(swipe.original, swipe.text) if "mes" in line else {}
        elif swipe.listed != swipe.original:
            extra |= {ORIGINAL_KEY: swipe.original, _SWIPE_KEY: swipe.listed}
        else:
            extra |= original_values(swipe.listed, swipe.text, _SWIPE_KEY)
        if has_list and index == chosen:
            extra[_LISTS_SWIPES_KEY] = True
        if index < len(infos):
            extra[_INFO_KEY] = infos[index]
        created = parse_date(_send_date(extra, line))
        finish = None if role == "user" else FINISH_END_OF_TURN
        contents = (_content_of(swipe.original), _attachments_of(extra))
        pictures = tuple(each for content in contents if content for each in content.pictures)
        yield PortableMessage(
            parent, role, swipe.text, finish, valid_time(created), extra, pictures
        )


def _content_of(text: object) -> MessageContent | None:
    """Return what a text consists of that isn't one."""
    return None if text is None or isinstance(text, str) else read_content(text)


def _attachments_of(extra: dict[str, Any]) -> MessageContent | None:
    """Return the pictures and the files of a swipe with these extra values."""
    info = extra.get(_INFO_KEY)
    values = line_values(extra).get("extra", info.get("extra") if isinstance(info, dict) else None)
    if not isinstance(values, dict) or not any(values.get(key) for key in _ATTACHMENT_KEYS):
        return None
    content = MessageContent()
    for key in _ATTACHMENT_KEYS:
        if attachments := values.get(key):
            content.add_attachments({key: attachments} if key == "image" else attachments)
    return content


def _send_date(extra: dict[str, Any], line: dict[str, Any]) -> object:
    info = extra.get(_INFO_KEY)
    own_date = info.get("send_date") if isinstance(info, dict) and LINE_KEY not in extra else None
    return own_date or line.get("send_date")


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
    return readable_text(note).strip() if isinstance(note, str) else ""


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
    if is_true(line["is_user"]) != (message.role == "user"):
        line["is_user"] = message.role == "user"
    line["mes"] = _text_value(message)
    info = message.extra.get(_INFO_KEY)
    if source is not message and isinstance(info, dict):
        line |= {key: info[key] for key in _INFO_VALUES if key in info}
    if len(swipes) > 1 or _LISTS_SWIPES_KEY in source.extra or "swipe_info" in line:
        line["swipes"] = [_swipe_value(each) for each in swipes]
        line["swipe_id"] = next(place for place, each in enumerate(swipes) if each is message)
        with_info = [place for place, each in enumerate(swipes) if _INFO_KEY in each.extra]
        if with_info:
            last = with_info[-1]
            line["swipe_info"] = [_info_of(each) for each in swipes[: last + 1]]
    return line


def _text_value(message: PortableMessage) -> object:
    key = ORIGINAL_KEY if ORIGINAL_KEY in message.extra else _SWIPE_KEY
    return original_of(message.extra, message.text, key)


def _swipe_value(message: PortableMessage) -> object:
    key = _SWIPE_KEY if _SWIPE_KEY in message.extra else ORIGINAL_KEY
    return original_of(message.extra, message.text, key)


def _info_of(message: PortableMessage) -> object:
    own_values = {**_date("send_date", message.created), "extra": {}}
    return message.extra.get(_INFO_KEY, own_values)


def _date(key: str, seconds: float | None) -> dict[str, str]:
    """Return a date under its key; nothing if it is unknown."""
    if seconds is None:
        return {}
    when = datetime.fromtimestamp(seconds, UTC)
    return {key: when.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
