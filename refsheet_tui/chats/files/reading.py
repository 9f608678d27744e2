"""Reading chat files of every known format."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from refsheet_tui.chats.files import tree_json
from refsheet_tui.chats.files.histories import find_conversations
from refsheet_tui.chats.files.json_lines import JsonLines, is_json_line, parse_lines
from refsheet_tui.chats.files.message_list import (
    from_conversations,
    is_message_item,
    no_messages_error,
)
from refsheet_tui.chats.files.omissions import Omissions, list_numbers
from refsheet_tui.chats.files.portable import PortableChat
from refsheet_tui.chats.files.sillytavern import from_jsonl_lines, is_head_line, is_message_line
from refsheet_tui.chats.files.tree_json import from_json
from refsheet_tui.errors import ChatFileError, UntrustedFileError
from refsheet_tui.i18n import N_, _, ngettext
from refsheet_tui.untrusted import parse_json, read_file, to_utf8

# The largest real chats have a few megabytes of text; pictures make our own files larger.
MAX_CHAT_BYTES = 48 << 20
_SPACE = b" \t\r\n"
_UNKNOWN = N_("This isn't a RefSheet chat, a SillyTavern chat, or a list of messages.")
_OTHER_FILE = N_("Choose another file.")
_AGAIN = N_("Export it again from the original app.")
# Values of a file that aren't messages are stored with the chat under this key.
_FILE_KEY = "file"


@dataclass(frozen=True)
class ChatFile:
    """A chat that was read from a file, and what of the file was left out."""

    chat: PortableChat
    omissions: Omissions = field(default_factory=Omissions)


def read_chat(path: Path) -> ChatFile:
    """Read a chat file.

    Args:
        path: Our own JSON, SillyTavern's JSONL, a list of messages, a message on each line, or a
            history of another program. Its content decides, not its name.

    Returns:
        The chat, with all of its messages, and what was left out.

    Raises:
        ChatFileError: The file can't be read, or holds no chat. The error names the file.
    """
    return read_file(path, MAX_CHAT_BYTES, _parse, _too_large_error())


def _too_large_error() -> ChatFileError:
    return ChatFileError(_("The file is too large for a chat."), _("Split the file."))


def _parse(data: bytes) -> ChatFile:
    data = to_utf8(data)
    if len(data) > MAX_CHAT_BYTES:
        raise _too_large_error()
    begin = len(data) - len(data.lstrip(_SPACE))
    head = data[begin : data.find(b"\n", begin) + 1]
    if is_json_line(head):
        lines = parse_lines(data)
        # A single line is a JSON text with an empty line before or behind it.
        if len(lines.objects) + len(lines.damaged) > 1:
            return _from_lines(lines)
    if not data.startswith((b"{", b"["), begin):
        return _from_damaged_lines(data, ChatFileError(_(_UNKNOWN), _(_OTHER_FILE)))
    try:
        content = parse_json(data, MAX_CHAT_BYTES)
    except UntrustedFileError as error:
        return _from_damaged_lines(data, _with_place(error))
    return _from_content(content)


def _from_content(content: object) -> ChatFile:
    """Return the chat in a JSON text."""
    if isinstance(content, list):
        objects = {number: each for number, each in enumerate(content, 1) if isinstance(each, dict)}
        if any(map(is_message_line, objects.values())):  # the lines of SillyTavern in one list
            others = [number for number in range(1, len(content) + 1) if number not in objects]
            return _from_lines(JsonLines(objects, tuple(others)))
        if content and all(map(_has_conversation, content)):
            return _from_objects(content)
        return ChatFile(*from_conversations([content]))
    if isinstance(content, dict):
        if content.get("format") == tree_json.FORMAT:
            return ChatFile(from_json(content))
        if is_message_line(content):
            return ChatFile(from_jsonl_lines(None, [content]))
        if is_message_item(content):
            return ChatFile(*from_conversations([[content]]))
        if found := find_conversations(content):
            conversations, values = found
            extra = {_FILE_KEY: values} if values else {}
            return ChatFile(*from_conversations(conversations, extra))
        if is_head_line(content):
            raise no_messages_error()
    raise ChatFileError(_(_UNKNOWN), _(_OTHER_FILE))


def _has_conversation(content: object) -> bool:
    return isinstance(content, dict) and find_conversations(content) is not None


def _from_objects(contents: list[dict[str, Any]]) -> ChatFile:
    """Return conversations, each in an object of its own, as one chat."""
    conversations: list[list[object]] = []
    others: list[dict[str, Any]] = []
    for content in contents:
        found, rest = find_conversations(content) or ([], {})
        conversations += found
        others.append(rest)
    extra = {_FILE_KEY: others} if any(others) else {}
    return ChatFile(*from_conversations(conversations, extra))


def _from_lines(lines: JsonLines) -> ChatFile:
    """Return the chat of a file with an object on each line: of the kind that it has."""
    head = next((number for number, each in lines.objects.items() if is_head_line(each)), None)
    for is_of_kind in (is_message_line, is_message_item, _has_conversation):
        numbers = [number for number, each in lines.objects.items() if is_of_kind(each)]
        if numbers:
            break
    contents = [lines.objects[number] for number in numbers]
    if not contents:
        raise _no_message_error(lines, head)
    used = set(numbers)
    if is_of_kind is is_message_line:
        if head is not None:
            used.add(head)
        file = ChatFile(from_jsonl_lines(lines.objects.get(head or 0), contents))
    elif is_of_kind is is_message_item:
        file = ChatFile(*from_conversations([contents]))
    else:
        file = _from_objects(contents)
    omitted = tuple(sorted({*lines.damaged, *(lines.objects.keys() - used)}))
    return replace(file, omissions=replace(file.omissions, lines=omitted))


def _no_message_error(lines: JsonLines, head: int | None) -> ChatFileError:
    numbers = sorted({*lines.damaged, *lines.objects} - {head})
    if head is not None and not numbers:
        return no_messages_error()
    if head is None:
        return ChatFileError(_(_UNKNOWN), _(_OTHER_FILE))
    return ChatFileError(
        ngettext(
            "The only message in the file is damaged (line {numbers}).",
            "All messages in the file are damaged (lines {numbers}).",
            len(numbers),
        ).format(numbers=list_numbers(numbers)),
        _(_AGAIN),
    )


def _from_damaged_lines(data: bytes, problem: ChatFileError) -> ChatFile:
    """Return the chat of a file whose first line is damaged. Raises `problem` if it has none."""
    if b"\n" not in data.strip(_SPACE):
        raise problem
    lines = parse_lines(data)
    # In another kind of text, few lines are messages.
    if len(lines.objects) <= len(lines.damaged):
        raise problem
    try:
        return _from_lines(lines)
    except ChatFileError:
        raise problem from None


def _with_place(error: UntrustedFileError) -> ChatFileError:
    """Return the error for a damaged JSON text, with the line and the column if they are known."""
    cause = error.__cause__
    if not isinstance(cause, json.JSONDecodeError):
        return ChatFileError(error.problem, error.remedy)
    return ChatFileError(
        _("The file is damaged at line {line}, column {column}: it isn't valid JSON.").format(
            line=cause.lineno, column=cause.colno
        ),
        _(_AGAIN),
    )
