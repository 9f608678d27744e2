"""Our own JSON format: every message of the tree, with the pictures."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from refsheet_tui.chats.files.portable import (
    MAX_MESSAGES,
    PortableChat,
    too_many_messages_error,
    valid_time,
)
from refsheet_tui.chats.messages import FINISH_END_OF_TURN, FINISH_REASONS, PortableMessage
from refsheet_tui.errors import ChatFileError
from refsheet_tui.i18n import N_, _
from refsheet_tui.prompting import Role
from refsheet_tui.untrusted import clean_text

FORMAT = "refsheet chat"
VERSION = 1
_AGAIN = N_("Export it again from the original app.")


# Factories, because pydantic would deep-copy a literal default for every message.
class _Message(BaseModel):
    model_config = ConfigDict(strict=True)

    parent: int | None = None
    role: Role
    text: str
    finish: str | None = None
    created: float | None = None
    extra: dict[str, Any] = Field(default_factory=dict)
    pictures: list[str] = Field(default_factory=list)
    asides: list[str] = Field(default_factory=list)


class _File(BaseModel):
    model_config = ConfigDict(strict=True)

    format: str
    version: int
    title: str = ""
    character: str = ""
    person: str = ""
    note: str = ""
    extra: dict[str, Any] = Field(default_factory=dict)
    leaf: int | None = None
    messages: list[_Message] = Field(default_factory=list)
    pictures: dict[str, str] = Field(default_factory=dict)


def to_json(chat: PortableChat) -> bytes:
    """Return a chat as JSON. Each picture is stored once, by the SHA-256 hash of its bytes."""
    pictures = {
        hashlib.sha256(data).hexdigest(): base64.b64encode(data).decode()
        for message in chat.messages
        for data in message.pictures
    }
    messages = [
        {
            "parent": each.parent,
            "role": each.role,
            "text": each.text,
            "finish": each.finish,
            "created": each.created,
            "extra": each.extra,
            "pictures": [hashlib.sha256(data).hexdigest() for data in each.pictures],
            "asides": each.context_notes,
        }
        for each in chat.messages
    ]
    content = {
        "format": FORMAT,
        "version": VERSION,
        "title": chat.title,
        "character": chat.character,
        "person": chat.user_name,
        "note": chat.note,
        "extra": chat.extra,
        "leaf": chat.leaf,
        "messages": messages,
        "pictures": pictures,
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def from_json(content: dict[str, Any]) -> PortableChat:
    """Return the content of a JSON file as a chat. Raises `ChatFileError`."""
    if isinstance(content.get("messages"), list) and len(content["messages"]) > MAX_MESSAGES:
        raise too_many_messages_error()
    try:
        file = _File.model_validate(content)
        pictures = {key: base64.b64decode(value) for key, value in file.pictures.items()}
        messages = tuple(
            _message(each, index, pictures) for index, each in enumerate(file.messages)
        )
    except (ValidationError, binascii.Error, KeyError, IndexError, ValueError) as error:
        raise ChatFileError(_("This RefSheet chat is damaged."), _(_AGAIN)) from error
    if file.version > VERSION:
        raise ChatFileError(
            _("The file was written by a newer version of RefSheet."), _("Update RefSheet.")
        )
    if file.leaf is not None and not 0 <= file.leaf < len(messages):
        raise ChatFileError(_("This RefSheet chat is damaged."), _(_AGAIN))
    return PortableChat(
        messages,
        file.leaf,
        clean_text(file.title),
        clean_text(file.character),
        clean_text(file.person),
        clean_text(file.note),
        file.extra,
    )


def _message(message: _Message, index: int, pictures: dict[str, bytes]) -> PortableMessage:
    if message.parent is not None and not 0 <= message.parent < index:
        raise ValueError("an answer before its question")
    return PortableMessage(
        message.parent,
        message.role,
        clean_text(message.text),
        message.finish if message.finish in FINISH_REASONS else FINISH_END_OF_TURN,
        valid_time(message.created),
        message.extra,
        tuple(pictures[key] for key in message.pictures),
        tuple(map(clean_text, message.asides)),
    )
