"""What was said."""

from refsheet_tui.chats.conversation import Conversation

__all__ = ["Conversation"]
