"""Chats as Markdown, for reading: the messages of the branch that the chat shows."""

from __future__ import annotations

from refsheet_tui.chats.files.portable import PortableChat
from refsheet_tui.chats.files.readable_markdown import readable_line, readable_markdown


def to_markdown(chat: PortableChat) -> bytes:
    """Return the branch that a chat shows as Markdown, of which a reader shows every word."""
    lines = [readable_line(chat.title or chat.character or "A chat", "# "), ""]
    for index in chat.path():
        message = chat.messages[index]
        side = chat.user_name or "You" if message.role == "user" else chat.character or "Model"
        line = readable_line(f"{message.speaker or side}:", "**", "**")
        lines += [f"{line} *(hidden)*" if message.is_hidden else line, ""]
        lines += [f"*({len(message.pictures)} pictures)*", ""] if message.pictures else []
        lines += [readable_markdown(message.text.strip()), ""]
    return "\n".join(lines).encode()
