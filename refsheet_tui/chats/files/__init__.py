"""Chats as files.

Our own JSON has the whole message tree. SillyTavern's JSONL is for other programs, and Markdown is
for reading. Lists of messages and some histories of other programs are only read.
"""

from refsheet_tui.chats.files.markdown import to_markdown
from refsheet_tui.chats.files.omissions import Omissions
from refsheet_tui.chats.files.portable import (
    PortableChat,
    export_chat,
    find_character_version,
    import_chat,
)
from refsheet_tui.chats.files.reading import MAX_CHAT_BYTES, ChatFile, read_chat
from refsheet_tui.chats.files.sillytavern import to_jsonl
from refsheet_tui.chats.files.tree_json import to_json
from refsheet_tui.chats.files.writing import write_chat

__all__ = [
    "MAX_CHAT_BYTES",
    "ChatFile",
    "Omissions",
    "PortableChat",
    "export_chat",
    "find_character_version",
    "import_chat",
    "read_chat",
    "to_json",
    "to_jsonl",
    "to_markdown",
    "write_chat",
]
