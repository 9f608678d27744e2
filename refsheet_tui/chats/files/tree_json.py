"""Our own form: every message of the tree, and the pictures in it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from refsheet_tui.chats.files.draft import MESSAGES, ChatDraft, sound_time, too_many
from refsheet_tui.chats.messages import FINISHES, WHOLE, DraftMessage
from refsheet_tui.errors import ChatFileError
from refsheet_tui.i18n import N_, _
from refsheet_tui.prompting.turns import Role
from refsheet_tui.untrusted import clean

FORMAT = "refsheet chat"
VERSION = 1
_AGAIN = N_("Export it again where it came from.")


# pydantic copies a default that is written out for every message; a factory only makes it.
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


def to_json(draft: ChatDraft) -> bytes:
    """Pictures stand once each, by the hash of their bytes."""
    pictures = {
        hashlib.sha256(data).hexdigest(): base64.b64encode(data).decode()
        for message in draft.messages
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
            "asides": each.asides,
        }
        for each in draft.messages
    ]
    content = {
        "format": FORMAT,
        "version": VERSION,
        "title": draft.title,
        "character": draft.character,
        "person": draft.person,
        "note": draft.note,
        "extra": draft.extra,
        "leaf": draft.leaf,
        "messages": messages,
        "pictures": pictures,
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def from_json(content: dict[str, Any]) -> ChatDraft:
    """Raises `ChatFileError`."""
    if isinstance(content.get("messages"), list) and len(content["messages"]) > MESSAGES:
        raise too_many()
    try:
        file = _File.model_validate(content)
        pictures = {key: base64.b64decode(value) for key, value in file.pictures.items()}
        messages = tuple(
            _message(each, place, pictures) for place, each in enumerate(file.messages)
        )
    except (ValidationError, binascii.Error, KeyError, IndexError, ValueError) as error:
        raise ChatFileError(_("It is a chat of refsheet, but damaged."), _(_AGAIN)) from error
    if file.version > VERSION:
        raise ChatFileError(
            _("It was written by a newer version of refsheet."), _("Update refsheet.")
        )
    if file.leaf is not None and not 0 <= file.leaf < len(messages):
        raise ChatFileError(_("It is a chat of refsheet, but damaged."), _(_AGAIN))
    return ChatDraft(
        messages,
        file.leaf,
        clean(file.title),
        clean(file.character),
        clean(file.person),
        clean(file.note),
        file.extra,
    )


def _message(each: _Message, place: int, pictures: dict[str, bytes]) -> DraftMessage:
    if each.parent is not None and not 0 <= each.parent < place:
        raise ValueError("an answer before its question")
    return DraftMessage(
        each.parent,
        each.role,
        clean(each.text),
        each.finish if each.finish in FINISHES else WHOLE,
        sound_time(each.created),
        each.extra,
        tuple(pictures[key] for key in each.pictures),
        tuple(map(clean, each.asides)),
    )
