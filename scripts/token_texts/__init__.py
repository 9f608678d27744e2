"""Texts that a tokenizer can get wrong, always the same ones: `texts` and `conversations`."""

from token_texts.chats import Conversation, conversations
from token_texts.texts import DIFFERS, Text, texts

__all__ = ["DIFFERS", "Conversation", "Text", "conversations", "texts"]
