"""Chats as files: our own JSON of the whole tree, SillyTavern's JSONL, lists of messages, and
Markdown to read."""

from refsheet_tui.chats.files.draft import ChatDraft, draft_of, keep
from refsheet_tui.chats.files.markdown import to_markdown
from refsheet_tui.chats.files.reading import LARGEST, read_chat
from refsheet_tui.chats.files.silly import to_jsonl
from refsheet_tui.chats.files.tree_json import to_json
from refsheet_tui.chats.files.writing import write_chat

__all__ = [
    "LARGEST",
    "ChatDraft",
    "draft_of",
    "keep",
    "read_chat",
    "to_json",
    "to_jsonl",
    "to_markdown",
    "write_chat",
]
