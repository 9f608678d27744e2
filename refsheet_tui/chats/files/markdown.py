"""A chat to read: what was said, on the way to where it ends."""

from __future__ import annotations

from refsheet_tui.chats.files.draft import ChatDraft


def to_markdown(draft: ChatDraft) -> bytes:
    lines = [f"# {draft.title or draft.character or 'A chat'}", ""]
    for index in draft.path():
        message = draft.messages[index]
        who = draft.person or "You" if message.role == "user" else draft.character or "Model"
        lines += [f"**{who}:**", ""]
        lines += [f"*({len(message.pictures)} pictures)*", ""] if message.pictures else []
        lines += [message.text.strip(), ""]
    return "\n".join(lines).encode()
