"""A message of a chat, as commands show it."""

from __future__ import annotations

from typing import Any

from refsheet_tui.chats.messages import Message


def message_json(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "parent": message.parent,
        "role": message.role,
        "text": message.text,
        "finish": message.finish,
        "created": message.created,
        "pictures": message.pictures,
        "asides": message.asides,
    }


def message_text(message: Message, name: str) -> str:
    """`name` is the character's."""
    who = "You" if message.role == "user" else name or "Model"
    pictures = f" [{len(message.pictures)} pictures]" if message.pictures else ""
    unfinished = " …" if message.is_unfinished else ""
    return f"{who}:{pictures} {message.text}{unfinished}"
