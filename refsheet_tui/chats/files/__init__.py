"""Chats as files, in four formats.

Our own JSON has the whole message tree. SillyTavern's JSONL and lists of messages are for other
programs, and Markdown is for reading.
"""

from refsheet_tui.chats.files.markdown import to_markdown
from refsheet_tui.chats.files.portable import PortableChat, export_chat, import_chat
from refsheet_tui.chats.files.reading import MAX_CHAT_BYTES, read_chat
from refsheet_tui.chats.files.sillytavern import to_jsonl
from refsheet_tui.chats.files.tree_json import to_json
from refsheet_tui.chats.files.writing import write_chat

__all__ = [
    "MAX_CHAT_BYTES",
    "PortableChat",
    "export_chat",
    "import_chat",
    "read_chat",
    "to_json",
    "to_jsonl",
    "to_markdown",
    "write_chat",
]
