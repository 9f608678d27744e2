"""The content of a message: a text, or parts such as texts, pictures, and the calls of tools."""

from __future__ import annotations

import base64
import binascii
import io
import json
from dataclasses import dataclass, field
from typing import Any

from refsheet_tui.pictures import looks_like_picture

_TEXT_KEYS = ("text", "value", "mes", "refusal", "parts", "content", "steps")
_PICTURE_KEYS = ("image", "image_url", "source", "inline_data", "inlineData", "asset_pointer")
_ADDRESS_KEYS = ("url", "data", "image_url")
_THOUGHT_TYPES = ("thinking", "redacted_thinking", "reasoning", "thought")
_TOOL_TYPES = ("tool", "function", "server_tool", "web_search", "mcp", "code_execution")
_TOOL_KEYS = ("functionCall", "functionResponse", "function_call", "function_response")
# LM Studio stores how a reply was made beside its text.
_NO_CONTENT_TYPES = ("debuginfo",)
_TYPE_KEYS = ("type", "content_type")


@dataclass
class MessageContent:
    """The texts, pictures, and other parts of a message.

    Attributes:
        texts: Its texts, as they came in.
        pictures: The bytes of its pictures.
        missing_pictures: The number of pictures that aren't in the file, or can't be decoded.
        hidden_parts: The number of other parts that can't be shown, such as thoughts and files.
        kept_parts: The parts that can't be shown, missing pictures included, as they came in.
        has_internals: There are thoughts of the model, or calls of tools, among them.
    """

    texts: list[str] = field(default_factory=list)
    pictures: list[bytes] = field(default_factory=list)
    missing_pictures: int = 0
    hidden_parts: int = 0
    kept_parts: list[Any] = field(default_factory=list)
    has_internals: bool = False

    @property
    def text(self) -> str:
        """All of its texts, each on lines of its own."""
        return "\n".join(self.texts)

    def add(self, content: object) -> None:
        """Add a content: a text, a part, a list of both, or None."""
        if isinstance(content, str):
            self.texts.append(content)
        elif isinstance(content, list):
            for part in content:
                self.add(part)
        elif isinstance(content, dict):
            self._add_part(content)
        elif content is not None:
            self.texts.append(json.dumps(content))

    def add_attachments(self, attachments: object) -> list[Any]:
        """Add the pictures in a list of attachments, and return what can't be shown of it."""
        kept: list[Any] = []
        for each in attachments if isinstance(attachments, list) else [attachments]:
            count = len(self.pictures)
            part = {"image": each} if isinstance(each, str) else each
            has_picture = isinstance(part, dict) and self._add_picture(part)
            self.hidden_parts += not has_picture
            kept += [each] if len(self.pictures) == count else []
        return kept

    def _add_part(self, part: dict[str, Any]) -> None:
        kind = part_type(part)
        if kind.startswith(_NO_CONTENT_TYPES):
            return
        is_internal = (
            kind.startswith((*_THOUGHT_TYPES, *_TOOL_TYPES))
            or part_type(part.get("style")).startswith(_THOUGHT_TYPES)
            or any(part.get(key) is True for key in ("thought", "isThought"))
            or any(part.get(key) for key in _TOOL_KEYS)
        )
        if is_internal:
            self.has_internals = True
            self._keep(part)
            return
        count = len(self.pictures)
        has_picture = self._add_picture(part)
        if has_picture and len(self.pictures) == count:
            self.kept_parts.append(part)
        key = next((each for each in _TEXT_KEYS if part.get(each) is not None), None)
        if key is not None:
            self.add(part[key])
        elif not has_picture and any(each not in _TYPE_KEYS for each in part):
            self._keep(part)

    def _keep(self, part: dict[str, Any]) -> None:
        self.hidden_parts += 1
        self.kept_parts.append(part)

    def _add_picture(self, part: dict[str, Any]) -> bool:
        """Add the picture of a part, or count it as missing. Return False if the part has none."""
        keys = (*_PICTURE_KEYS, *_ADDRESS_KEYS) if has_picture_type(part) else _PICTURE_KEYS
        value = next((part[key] for key in keys if part.get(key)), None)
        if isinstance(value, dict):
            value = next((value[key] for key in _ADDRESS_KEYS if value.get(key)), None)
        if value is None:
            return False
        data = decode_picture(value)
        if data:
            self.pictures.append(data)
        else:
            self.missing_pictures += 1
        return True


def read_content(content: object) -> MessageContent:
    """Return the parts of a content, whatever its form is."""
    result = MessageContent()
    result.add(content)
    return result


def part_type(part: object) -> str:
    """Return the name of the type of a part, in small letters; empty if it has none."""
    values = [part.get(key) for key in _TYPE_KEYS] if isinstance(part, dict) else []
    return next((each.casefold() for each in values if isinstance(each, str)), "")


def has_picture_type(part: dict[str, Any]) -> bool:
    """Return True for a part that its type calls a picture."""
    mime_type = part.get("mime_type") or part.get("mimeType") or part.get("contentType")
    return "image" in part_type(part) or str(mime_type).startswith("image/")


def decode_picture(value: object) -> bytes:
    """Return a picture that is in the file itself; empty if it is not.

    Args:
        value: A `data:` address, or plain base64.
    """
    if not isinstance(value, str) or "://" in value[:32]:
        return b""
    encoded = value.partition(",")[2] if value.startswith("data:") else value
    try:
        data = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""
    return data if looks_like_picture(io.BytesIO(data)) else b""
