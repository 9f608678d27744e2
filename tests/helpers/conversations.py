"""Helpers for conversations without screens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helpers.engine_driver import PICTURE_SIZE
from refsheet_tui.chats import Branch, Conversation
from refsheet_tui.chats.chat_store import ChatStore
from refsheet_tui.chats.message_tree import MessageTree
from refsheet_tui.engine import ModelInfo, Vision
from refsheet_tui.prompting import Turn
from refsheet_tui.storage import Database, PictureStore
from refsheet_tui.storage.layout import DATABASE_NAME


def demo_vision(context_size: int = 8192) -> Vision:
    """Return the vision of the demo, loaded with a context of `context_size` tokens."""
    info = ModelInfo("demo", True, context_size, PICTURE_SIZE, 16, "CPU")
    return Vision(info, pan_and_scan=False)


def unsaved_branch() -> Branch:
    """Return the branch of an empty chat in memory, without a folder for pictures."""
    database = Database(Path("no folder") / DATABASE_NAME, in_memory=True)
    pictures = PictureStore(database)
    chat = ChatStore(database, pictures).create_chat(None)
    return Branch(MessageTree(database, pictures), chat.id)


def same_chat(branch: Branch) -> Branch:
    """Return another branch object for the same chat."""
    return Branch(branch.tree, branch.chat, branch.leaf)


def add_texts(conversation: Conversation, turns: Sequence[Turn]) -> None:
    """Add the texts of turns to a conversation."""
    for turn in turns:
        text = "".join(item for item in turn.content if isinstance(item, str))
        if turn.role == "model":
            conversation.branch.add_reply(text)
        else:
            conversation.branch.add_user_message(text)
