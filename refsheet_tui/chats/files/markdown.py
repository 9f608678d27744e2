"""Chats as Markdown, for reading: the messages of the branch that the chat shows."""

from __future__ import annotations

from refsheet_tui.chats.files.portable import PortableChat


def to_markdown(chat: PortableChat) -> bytes:
    """Return the branch that a chat shows as Markdown."""
    lines = [f"# {chat.title or chat.character or 'A chat'}", ""]
    for index in chat.path():
        message = chat.messages[index]
        side = chat.user_name or "You" if message.role == "user" else chat.character or "Model"
        speaker = message.speaker or side
        lines += [f"**{speaker}** *(hidden)*:" if message.is_hidden else f"**{speaker}:**", ""]
        lines += [f"*({len(message.pictures)} pictures)*", ""] if message.pictures else []
        lines += [message.text.strip(), ""]
    return "\n".join(lines).encode()
