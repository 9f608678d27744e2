"""Chats as Markdown, for reading: the messages of the branch that the chat shows."""

from __future__ import annotations

from refsheet_tui.chats.files.portable import PortableChat


def to_markdown(draft: PortableChat) -> bytes:
    """Return the branch that a chat shows as Markdown."""
    lines = [f"# {draft.title or draft.character or 'A chat'}", ""]
    for index in draft.path():
        message = draft.messages[index]
        who = draft.user_name or "You" if message.role == "user" else draft.character or "Model"
        lines += [f"**{who}:**", ""]
        lines += [f"*({len(message.pictures)} pictures)*", ""] if message.pictures else []
        lines += [message.text.strip(), ""]
    return "\n".join(lines).encode()
