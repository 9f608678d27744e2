"""Messages of a chat as text and as JSON."""

from __future__ import annotations

from typing import Any

from refsheet_tui.chats import Message


def message_json(message: Message) -> dict[str, Any]:
    """Return a message as a JSON object."""
    return {
        "id": message.id,
        "parent": message.parent,
        "role": message.role,
        "speaker": message.speaker or None,
        "hidden": message.is_hidden,
        "text": message.text,
        "finish": message.finish,
        "created": message.created,
        "pictures": message.pictures,
        "asides": message.context_notes,
    }


def message_text(message: Message, name: str) -> str:
    """Return a message as text, with who wrote it. `name` is the character's."""
    author = message.speaker or ("You" if message.role == "user" else name or "Model")
    hidden = " [hidden from the model]" if message.is_hidden else ""
    pictures = f" [pictures: {len(message.pictures)}]" if message.pictures else ""
    unfinished = " …" if message.is_unfinished else ""
    return f"{author}:{hidden}{pictures} {message.text}{unfinished}"
