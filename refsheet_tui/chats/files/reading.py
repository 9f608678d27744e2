"""Reading chat files of every known format."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from refsheet_tui.chats.files import tree_json
from refsheet_tui.chats.files.conversations import Conversation, in_a_row
from refsheet_tui.chats.files.histories import find_conversations, is_story
from refsheet_tui.chats.files.json_lines import JsonLines, is_json_line, parse_lines, split_objects
from refsheet_tui.chats.files.message_items import is_message_item
from refsheet_tui.chats.files.message_list import from_conversations, no_messages_error
from refsheet_tui.chats.files.omissions import Omissions, list_numbers
from refsheet_tui.chats.files.portable import PortableChat
from refsheet_tui.chats.files.sillytavern import from_jsonl_chats, is_head_line, is_message_line
from refsheet_tui.chats.files.tree_json import from_json
from refsheet_tui.errors import ChatFileError, UntrustedFileError
from refsheet_tui.i18n import N_, _, ngettext
from refsheet_tui.untrusted import parse_json, read_file, to_utf8

# The largest real chats have a few megabytes of text; pictures make our own files larger.
MAX_CHAT_BYTES = 48 << 20
_SAMPLE_BYTES = 1 << 20
_ZIP = b"PK\x03\x04"
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
    text = to_utf8(data)
    if len(text) > MAX_CHAT_BYTES:
        raise _too_large_error()
    # Letters beyond ASCII have one byte in Windows-1252, and more in UTF-8.
    is_guess = len(text) > len(data) and b"\0" not in data and text.lstrip()[:1] in (b"{", b"[")
    try:
        file = _parse_text(text)
    except ChatFileError as error:
        if not (is_guess or _is_mostly_no_utf8(data)):
            raise
        raise ChatFileError(
            _("The file isn't in UTF-8."), _("Save it as UTF-8, then import it again.")
        ) from error
    return replace(file, omissions=replace(file.omissions, is_encoding_guessed=is_guess))


def _is_mostly_no_utf8(data: bytes) -> bool:
    """Return True for a JSON text in which few letters beyond ASCII are in UTF-8."""
    if b"\0" in data or data.lstrip()[:1] not in (b"{", b"["):
        return False
    text = data[:_SAMPLE_BYTES].decode("utf-8", "replace")
    return 2 * text.count("\ufffd") > sum(not letter.isascii() for letter in text)


def _parse_text(data: bytes) -> ChatFile:
    """Return the chat in a text in UTF-8."""
    begin = len(data) - len(data.lstrip(_SPACE))
    head = data[begin : data.find(b"\n", begin) + 1]
    if is_json_line(head):
        lines = parse_lines(data)
        # A single line is a JSON text with an empty line before or behind it.
        if len(lines.objects) + len(lines.damaged) > 1:
            return _from_lines(lines)
    if data.startswith(_ZIP, begin):
        raise ChatFileError(
            _("This is a ZIP archive."),
            _("Extract it, then import the chat file that it contains."),
        )
    if not data.startswith((b"{", b"["), begin):
        return _from_damaged_lines(data, ChatFileError(_(_UNKNOWN), _(_OTHER_FILE)))
    try:
        content = parse_json(data, MAX_CHAT_BYTES)
    except UntrustedFileError as error:
        lines = parse_lines(b"\n".join(split_objects(data)))
        if len(lines.objects) > 1 and not lines.damaged:
            return _from_lines(lines)
        return _from_damaged_lines(data, _with_place(error))
    return _from_content(content)


def _from_content(content: object) -> ChatFile:
    """Return the chat in a JSON text."""
    if isinstance(content, list):
        objects = tuple(
            (number, each) for number, each in enumerate(content, 1) if isinstance(each, dict)
        )
        if any(is_message_line(each) for _number, each in objects):  # SillyTavern's lines in a list
            numbers = {number for number, _object in objects}
            others = [number for number in range(1, len(content) + 1) if number not in numbers]
            return _from_lines(JsonLines(objects, tuple(others)))
        if content and all(map(_has_conversation, content)):
            return _from_objects(content)
        return ChatFile(*from_conversations([in_a_row(content)]))
    if isinstance(content, dict):
        if content.get("format") == tree_json.FORMAT:
            return ChatFile(from_json(content))
        if is_message_line(content):
            return ChatFile(*from_jsonl_chats([(None, [content])]))
        if is_message_item(content):
            return ChatFile(*from_conversations([in_a_row([content])]))
        if found := find_conversations(content):
            conversations, values = found
            extra = {_FILE_KEY: values} if values else {}
            return ChatFile(*from_conversations(conversations, extra))
        if is_head_line(content):
            raise no_messages_error()
        if is_story(content):
            raise ChatFileError(
                _("This is a KoboldAI story, which isn't divided into messages."),
                _("Import it as a character, or choose another file."),
            )
    raise ChatFileError(_(_UNKNOWN), _(_OTHER_FILE))


def _has_conversation(content: object) -> bool:
    return isinstance(content, dict) and find_conversations(content) is not None


def _from_objects(contents: list[dict[str, Any]]) -> ChatFile:
    """Return conversations, each in an object of its own, as one chat."""
    conversations: list[Conversation] = []
    others: list[dict[str, Any]] = []
    for content in contents:
        found, rest = find_conversations(content) or ([], {})
        conversations += found
        others.append(rest)
    extra = {_FILE_KEY: others} if any(others) else {}
    return ChatFile(*from_conversations(conversations, extra))


def _from_lines(lines: JsonLines) -> ChatFile:
    """Return the chat of a file with an object on each line: of the kind that it has."""
    objects = [each for _number, each in lines.objects]
    is_of_kind = next(
        (
            kind
            for kind in (is_message_line, is_message_item, _has_conversation)
            if any(map(kind, objects))
        ),
        None,
    )
    if is_of_kind is None:
        raise _no_message_error(lines)
    is_chat = is_of_kind is is_message_line
    if is_chat:
        file = ChatFile(*from_jsonl_chats(_split_chats(objects)))
    else:
        contents = [each for each in objects if is_of_kind(each)]
        is_list = is_of_kind is is_message_item
        file = (
            ChatFile(*from_conversations([in_a_row(contents)]))
            if is_list
            else _from_objects(contents)
        )
    others = [
        number
        for number, each in lines.objects
        if not is_of_kind(each) and not (is_chat and is_head_line(each))
    ]
    omitted = tuple(sorted({*lines.damaged, *others}))
    return replace(file, omissions=replace(file.omissions, lines=omitted))


def _split_chats(
    objects: list[dict[str, Any]],
) -> list[tuple[dict[str, Any] | None, list[dict[str, Any]]]]:
    """Return the chats in the lines of a file: the line that describes each, and its messages.

    Only one of them may be described behind its first message.
    """
    heads = [each for each in objects if is_head_line(each)]
    chats: list[tuple[dict[str, Any] | None, list[dict[str, Any]]]] = [
        (heads[0] if heads else None, [])
    ]
    for each in objects:
        if is_message_line(each):
            chats[-1][1].append(each)
        elif is_head_line(each) and each is not heads[0]:
            chats.append((each, []))
    return [chat for chat in chats if chat[1]]


def _no_message_error(lines: JsonLines) -> ChatFileError:
    heads = [number for number, each in lines.objects if is_head_line(each)]
    if not heads:
        return ChatFileError(_(_UNKNOWN), _(_OTHER_FILE))
    numbers = sorted({*lines.damaged, *(number for number, _object in lines.objects)} - {*heads})
    if not numbers:
        return no_messages_error()
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
