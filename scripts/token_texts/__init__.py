"""Texts and conversations that a tokenizer can get wrong, the same on every call."""

from token_texts.chats import Conversation, conversations
from token_texts.texts import EXPECTED_DIFFERENCES, SampleText, texts

__all__ = ["EXPECTED_DIFFERENCES", "Conversation", "SampleText", "conversations", "texts"]
