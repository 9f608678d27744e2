"""Chats: their messages on disk, and the conversation of one of them with a model."""

from refsheet_tui.chats.branch import Branch
from refsheet_tui.chats.conversation import Conversation, ReplyKind
from refsheet_tui.chats.opening import open_conversation
from refsheet_tui.chats.overflow import ContextOverflow

__all__ = ["Branch", "ContextOverflow", "Conversation", "ReplyKind", "open_conversation"]
