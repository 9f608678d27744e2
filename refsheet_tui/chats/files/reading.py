"""Reading chat files of every known format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from refsheet_tui.chats.files import tree_json
from refsheet_tui.chats.files.message_list import from_messages
from refsheet_tui.chats.files.portable import MAX_MESSAGES, PortableChat, too_many_messages_error
from refsheet_tui.chats.files.sillytavern import from_jsonl_lines
from refsheet_tui.chats.files.tree_json import from_json
from refsheet_tui.errors import ChatFileError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import check_json, parse_json, read_file

# The largest real chats have a few megabytes of text; pictures make our own files larger.
MAX_CHAT_BYTES = 48 << 20
# The first line of a SillyTavern chat is looked for in so many bytes.
_HEAD_BYTES = 1 << 20
_SPACE = b"\xef\xbb\xbf \t\r\n"
_UNKNOWN = N_("This isn't a RefSheet chat, a SillyTavern chat, or a list of messages.")


def read_chat(path: Path) -> PortableChat:
    """Read a chat file.

    Args:
        path: Our own JSON, SillyTavern's JSONL, or a list of messages. Its content decides, not
            its name.

    Returns:
        The chat, with all of its messages.

    Raises:
        ChatFileError: The file can't be read, or holds no chat. The error names the file.
    """
    too_large = ChatFileError(_("The file is too large for a chat."), _("Split the file."))
    return read_file(path, MAX_CHAT_BYTES, _parse, too_large)


def _parse(data: bytes) -> PortableChat:
    head = data[:_HEAD_BYTES].lstrip(_SPACE)
    if b"user_name" in head.partition(b"\n")[0] and b"\n" in data.strip():
        return from_jsonl_lines(_parse_lines(data))
    if not head.startswith((b"{", b"[")):
        raise ChatFileError(_(_UNKNOWN), _("Choose another file."))
    content = parse_json(data, MAX_CHAT_BYTES)
    if isinstance(content, dict):
        if content.get("format") == tree_json.FORMAT:
            return from_json(content)
        content = content.get("messages")
    if isinstance(content, list):
        return from_messages(content)
    raise ChatFileError(_(_UNKNOWN), _("Choose another file."))


def _parse_lines(data: bytes) -> list[dict[str, Any]]:
    """Return the JSON objects of a file that has one on each line."""
    if data.count(b"\n") > MAX_MESSAGES:
        raise too_many_messages_error()
    # The limits hold for the whole file, not only for each line.
    check_json(data, MAX_CHAT_BYTES)
    objects = []
    for line in data.strip(_SPACE).split(b"\n"):
        if line.strip():
            parsed = parse_json(line)
            if not isinstance(parsed, dict):
                raise ChatFileError(_(_UNKNOWN), _("Choose another file."))
            objects.append(parsed)
    return objects
