"""Lists of messages with `role` and `content`, as RefSheet Chat and chat APIs have them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from typing import Any

from refsheet_tui.chats.files.portable import MAX_MESSAGES, PortableChat, too_many_messages_error
from refsheet_tui.chats.messages import FINISH_END_OF_TURN, PortableMessage
from refsheet_tui.errors import ChatFileError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import clean_text

_ROLES = {"user": "user", "assistant": "model", "model": "model"}


def from_messages(messages: Sequence[object]) -> PortableChat:
    """Return a list of messages as a chat.

    A system message becomes the beginning of the next message, as in Gemma's prompts. Pictures
    that are web addresses are left out: nothing is downloaded. Raises `ChatFileError`.
    """
    if len(messages) > MAX_MESSAGES:
        raise too_many_messages_error()
    portable_messages: list[PortableMessage] = []
    system = ""
    for message in messages:
        if not isinstance(message, dict):
            raise ChatFileError(_("This list doesn't contain messages."), _("Choose another file."))
        text, pictures = _content(message.get("content"))
        role = str(message.get("role", ""))
        if role == "system":
            system = f"{system}\n\n{text}".strip()
            continue
        if role not in _ROLES:
            raise ChatFileError(
                _("One message has the role “{role}” instead of user or assistant.").format(
                    role=clean_text(role)[:40]
                ),
                _("Correct the file."),
            )
        if system:
            text, system = f"{system}\n\n{text}", ""
        is_user = _ROLES[role] == "user"
        portable_messages.append(
            PortableMessage(
                len(portable_messages) - 1 if portable_messages else None,
                "user" if is_user else "model",
                text,
                None if is_user else FINISH_END_OF_TURN,
                pictures=tuple(pictures),
            )
        )
    if not portable_messages:
        raise ChatFileError(_("The file contains no messages."), _("Choose another file."))
    return PortableChat(tuple(portable_messages), len(portable_messages) - 1)


def _content(content: object) -> tuple[str, list[bytes]]:
    if not isinstance(content, list):
        return (clean_text(content) if isinstance(content, str) else ""), []
    texts: list[str] = []
    pictures: list[bytes] = []
    for part in content:
        if isinstance(part, dict):
            texts += [clean_text(part["text"])] if isinstance(part.get("text"), str) else []
            pictures += _pictures(part)
    return "\n".join(texts), pictures


def _pictures(part: dict[str, Any]) -> Iterator[bytes]:
    """Yield the pictures that are in the file itself, as `data:` addresses or plain base64."""
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
