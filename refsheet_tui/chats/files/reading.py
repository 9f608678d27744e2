"""A chat file, whoever wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from refsheet_tui.chats.files import tree_json
from refsheet_tui.chats.files.draft import ChatDraft
from refsheet_tui.chats.files.message_list import from_messages
from refsheet_tui.chats.files.silly import from_lines
from refsheet_tui.chats.files.tree_json import from_json
from refsheet_tui.errors import ChatFileError, HostileFileError
from refsheet_tui.hostile_json import parse_json
from refsheet_tui.text import one_line

# The largest chats that people have are some megabytes; pictures make ours larger.
_FILE = 64 << 20
_LINES = 100_000
_SPACE = b"\xef\xbb\xbf \t\r\n"
_UNKNOWN = "It is no chat: neither refsheet's, SillyTavern's, nor a list of messages."


def read_chat(path: Path) -> ChatDraft:
    """Raises `ChatFileError` naming the file and what is wrong with it."""
    name = one_line(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(_FILE + 1)
    except OSError as error:
        raise ChatFileError(
            f"{name} can't be read: {error.strerror}.", "Check the path and its permissions."
        ) from error
    try:
        if len(data) > _FILE:
            raise ChatFileError("It is too large for a chat.", "Split it.")
        return _read(data)
    except (ChatFileError, HostileFileError) as error:
        raise ChatFileError(f"{name}: {error.problem}", error.remedy) from error


def _read(data: bytes) -> ChatDraft:
    lines = [line for line in data.splitlines() if line.strip()]
    if len(lines) > 1 and b"user_name" in lines[0] + lines[1]:
        found = _objects(lines)
        if found is not None:
            return from_lines(found)
    if not data.lstrip(_SPACE).startswith((b"{", b"[")):
        raise ChatFileError(_UNKNOWN, "Choose another file.")
    content = parse_json(data, _FILE)
    if isinstance(content, dict):
        if content.get("format") == tree_json.FORMAT:
            return from_json(content)
        content = content.get("messages")
    if isinstance(content, list):
        return from_messages(content)
    raise ChatFileError(_UNKNOWN, "Choose another file.")


def _objects(lines: list[bytes]) -> list[dict[str, Any]] | None:
    """None where a line is not an object of its own."""
    if len(lines) > _LINES:
        raise ChatFileError("It has too many lines for a chat.", "Split it.")
    found = []
    for line in lines:
        if not line.lstrip(b"\xef\xbb\xbf").startswith(b"{") or not line.endswith(b"}"):
            return None
        parsed = parse_json(line)
        if not isinstance(parsed, dict):
            return None
        found.append(parsed)
    return found
