"""What was said."""

from refsheet_tui.chats.conversation import Conversation, Overflow

__all__ = ["Conversation", "Overflow"]
