"""A chat file, whoever wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from refsheet_tui.chats.files import tree_json
from refsheet_tui.chats.files.draft import MESSAGES, ChatDraft, too_many
from refsheet_tui.chats.files.message_list import from_messages
from refsheet_tui.chats.files.silly import from_lines
from refsheet_tui.chats.files.tree_json import from_json
from refsheet_tui.errors import ChatFileError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import check_json, parse_json, read_file

# The largest chats that people have are some megabytes; pictures make ours larger.
LARGEST = 48 << 20
# Where the line about the chat is looked for.
_HEAD = 1 << 20
_SPACE = b"\xef\xbb\xbf \t\r\n"
_UNKNOWN = N_("It is no chat: neither refsheet's, SillyTavern's, nor a list of messages.")


def read_chat(path: Path) -> ChatDraft:
    """Raises `ChatFileError` naming the file and what is wrong with it."""
    too_large = ChatFileError(_("It is too large for a chat."), _("Split it."))
    return read_file(path, LARGEST, _read, too_large)


def _read(data: bytes) -> ChatDraft:
    begin = data[:_HEAD].lstrip(_SPACE)
    if b"user_name" in begin.partition(b"\n")[0] and b"\n" in data.strip():
        return from_lines(_objects(data))
    if not begin.startswith((b"{", b"[")):
        raise ChatFileError(_(_UNKNOWN), _("Choose another file."))
    content = parse_json(data, LARGEST)
    if isinstance(content, dict):
        if content.get("format") == tree_json.FORMAT:
            return from_json(content)
        content = content.get("messages")
    if isinstance(content, list):
        return from_messages(content)
    raise ChatFileError(_(_UNKNOWN), _("Choose another file."))


def _objects(data: bytes) -> list[dict[str, Any]]:
    """One to a line."""
    if data.count(b"\n") > MESSAGES:
        raise too_many()
    # What each line may hold, all of them may not hold together.
    check_json(data, LARGEST)
    found = []
    for line in data.strip(_SPACE).split(b"\n"):
        if line.strip():
            parsed = parse_json(line)
            if not isinstance(parsed, dict):
                raise ChatFileError(_(_UNKNOWN), _("Choose another file."))
            found.append(parsed)
    return found
