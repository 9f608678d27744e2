"""Lists of messages with `role` and `content`, as RefSheet Chat and chat interfaces have them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from typing import Any

from refsheet_tui.chats.files.draft import MESSAGES, ChatDraft, too_many
from refsheet_tui.chats.messages import WHOLE, DraftMessage
from refsheet_tui.errors import ChatFileError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import clean

_ROLES = {"user": "user", "assistant": "model", "model": "model"}


def from_messages(messages: Sequence[object]) -> ChatDraft:
    """A text of the system goes in front of the first message, as Gemma has it. Pictures that are
    addresses are left out: nothing is fetched. Raises `ChatFileError`."""
    if len(messages) > MESSAGES:
        raise too_many()
    found: list[DraftMessage] = []
    system = ""
    for message in messages:
        if not isinstance(message, dict):
            raise ChatFileError(_("It is a list, but not of messages."), _("Choose another file."))
        text, pictures = _content(message.get("content"))
        role = str(message.get("role", ""))
        if role == "system":
            system = f"{system}\n\n{text}".strip()
            continue
        if role not in _ROLES:
            raise ChatFileError(
                _("A message in it is from “{role}”, and not from user or assistant.").format(
                    role=clean(role)[:40]
                ),
                _("Correct the file."),
            )
        if system:
            text, system = f"{system}\n\n{text}", ""
        is_user = _ROLES[role] == "user"
        found.append(
            DraftMessage(
                len(found) - 1 if found else None,
                "user" if is_user else "model",
                text,
                None if is_user else WHOLE,
                pictures=tuple(pictures),
            )
        )
    if not found:
        raise ChatFileError(_("There are no messages in it."), _("Choose another file."))
    return ChatDraft(tuple(found), len(found) - 1)


def _content(content: object) -> tuple[str, list[bytes]]:
    if not isinstance(content, list):
        return (clean(content) if isinstance(content, str) else ""), []
    texts: list[str] = []
    pictures: list[bytes] = []
    for part in content:
        if isinstance(part, dict):
            texts += [clean(part["text"])] if isinstance(part.get("text"), str) else []
            pictures += _pictures(part)
    return "\n".join(texts), pictures


def _pictures(part: dict[str, Any]) -> Iterator[bytes]:
    """Those that are in the file itself, as `data:` addresses or plain base64."""
    value = part.get("image") or part.get("image_url")
    if isinstance(value, dict):
        value = value.get("url")
    if not isinstance(value, str) or "://" in value[:16]:
        return
    try:
        data = base64.b64decode(value.partition(",")[2] or value, validate=True)
    except (binascii.Error, ValueError):
        return
    if data:
        yield data
