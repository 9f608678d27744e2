"""Lists of messages with `role` and `content`, as chat APIs and other programs have them.

ShareGPT's `from` and `value` are read, and RisuAI's `data`, too.
"""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterator, Sequence
from typing import Any

from refsheet_tui.chats.files.omissions import Omissions
from refsheet_tui.chats.files.portable import MAX_MESSAGES, PortableChat, too_many_messages_error
from refsheet_tui.chats.messages import FINISH_END_OF_TURN, PortableMessage
from refsheet_tui.chats.speakers import SPEAKER_KEY, usable_name
from refsheet_tui.errors import ChatFileError
from refsheet_tui.i18n import _
from refsheet_tui.pictures import looks_like_picture
from refsheet_tui.prompting import Role
from refsheet_tui.untrusted import clean_text

_ROLES: dict[str, Role] = {
    "user": "user",
    "human": "user",
    "assistant": "model",
    "model": "model",
    "gpt": "model",
    "bot": "model",
    "char": "model",
    "ai": "model",
}
_TOOL_ROLES = (
    "tool",
    "developer",
    "function",
    "ipython",
    "observation",
    "function_call",
    "function_response",
    "tool_call",
    "tool_response",
)
_CALL_KEYS = ("tool_calls", "function_call")
# Other values of a message are stored with it under this key.
_OTHER_KEY = "message"
_ROLE_KEYS = ("role", "from")
_TEXT_KEYS = ("content", "value", "data")


def no_messages_error() -> ChatFileError:
    """Return the error for a file of a known format without any message."""
    return ChatFileError(_("The file contains no messages."), _("Choose another file."))


def is_message_item(item: object) -> bool:
    """Return True for an object with a role and a content."""
    return (
        isinstance(item, dict)
        and any(key in item for key in _ROLE_KEYS)
        and any(key in item for key in _TEXT_KEYS)
    )


def _first_value(item: dict[str, Any], keys: Sequence[str]) -> object:
    return next((item[key] for key in keys if item.get(key) is not None), None)


def from_conversations(
    conversations: Sequence[Sequence[object]], extra: dict[str, Any] | None = None
) -> tuple[PortableChat, Omissions]:
    """Return conversations as one chat, in which each of them is a branch, and what was left out.

    A system message becomes the beginning of the user's next message, as in Gemma's prompts, and a
    message of the user if the user doesn't speak next. Pictures that are web addresses are left
    out: nothing is downloaded.

    Args:
        conversations: The messages of each conversation, as they are in the file.
        extra: The other values of the file.

    Raises:
        ChatFileError: No conversation has a message that can be read, or there are too many.
    """
    if sum(map(len, conversations)) > MAX_MESSAGES:
        raise too_many_messages_error()
    reader = _Reader()
    for items in conversations:
        reader.read_conversation(items)
    reader.check()
    return (
        PortableChat(
            tuple(reader.messages),
            reader.leaf,
            character=reader.names.get("model", ""),
            user_name=reader.names.get("user", ""),
            extra=extra or {},
        ),
        Omissions(
            tool_messages=reader.tool_messages,
            other_messages=len(reader.other_roles),
            pictures=reader.missing_pictures,
            ends_with_system=reader.ends_with_system,
            conversations=reader.conversations,
        ),
    )


class _Reader:
    """Collects the messages of conversations, and counts what is left out."""

    def __init__(self) -> None:
        self.messages: list[PortableMessage] = []
        self.leaf: int | None = None
        self.names: dict[Role, str] = {}
        self.conversations = 0
        self.tool_messages = 0
        self.other_roles: list[object] = []
        self.missing_pictures = 0
        self.ends_with_system = False
        self._parent: int | None = None

    def read_conversation(self, items: Sequence[object]) -> None:
        self._parent = None
        system: list[str] = []
        for item in items:
            if not isinstance(item, dict):
                self.other_roles.append(None)
                continue
            written_role = _first_value(item, _ROLE_KEYS)
            role_name = written_role.strip().casefold() if isinstance(written_role, str) else ""
            text, pictures = self._content(_first_value(item, _TEXT_KEYS))
            calls_tool = any(item.get(key) for key in _CALL_KEYS)
            if role_name in _TOOL_ROLES or (calls_tool and not text.strip()):
                self.tool_messages += 1
            elif role_name == "system":
                system += [text.strip()] if text.strip() else []
            elif role_name not in _ROLES:
                self.other_roles.append(written_role)
            else:
                role = _ROLES[role_name]
                if role == "user":
                    text = "\n\n".join([*system, text])
                elif system:
                    self._add("user", "\n\n".join(system))
                system = []
                self._add(role, text, pictures, self._extra(item, role))
        if system:
            self._add("user", "\n\n".join(system))
            self.ends_with_system = True
        if self._parent is not None:
            self.conversations += 1
            self.leaf = self._parent if self.leaf is None else self.leaf

    def check(self) -> None:
        """Raise `ChatFileError` if there is no message."""
        if self.messages:
            return
        if not self.other_roles:
            raise no_messages_error()
        role = self.other_roles[0]
        if not isinstance(role, str):
            raise ChatFileError(_("This list doesn't contain messages."), _("Choose another file."))
        raise ChatFileError(
            _("One message has the role “{role}” instead of user or assistant.").format(
                role=clean_text(role)[:40]
            ),
            _("Correct the file."),
        )

    def _add(
        self,
        role: Role,
        text: str,
        pictures: Sequence[bytes] = (),
        extra: dict[str, Any] | None = None,
    ) -> None:
        finish = None if role == "user" else FINISH_END_OF_TURN
        self.messages.append(
            PortableMessage(
                self._parent, role, text, finish, extra=extra or {}, pictures=tuple(pictures)
            )
        )
        self._parent = len(self.messages) - 1

    def _extra(self, item: dict[str, Any], role: Role) -> dict[str, Any]:
        speaker = usable_name(item.get("name"))
        if speaker:
            self.names.setdefault(role, speaker)
        mapped_keys = (*_ROLE_KEYS, *_TEXT_KEYS)
        others = {key: value for key, value in item.items() if key not in mapped_keys}
        return {
            **({SPEAKER_KEY: speaker} if speaker else {}),
            **({_OTHER_KEY: others} if others else {}),
        }

    def _content(self, content: object) -> tuple[str, list[bytes]]:
        if not isinstance(content, list):
            return (clean_text(content) if isinstance(content, str) else ""), []
        texts: list[str] = []
        pictures: list[bytes] = []
        for part in content:
            if isinstance(part, str):
                texts.append(clean_text(part))
            elif isinstance(part, dict):
                texts += [clean_text(part["text"])] if isinstance(part.get("text"), str) else []
                pictures += self._pictures(part)
        return "\n".join(texts), pictures

    def _pictures(self, part: dict[str, Any]) -> Iterator[bytes]:
        """Yield the pictures that are in the file itself, as `data:` addresses or plain base64."""
        value = part.get("image") or part.get("image_url")
        if isinstance(value, dict):
            value = value.get("url")
        if value is None:
            return
        data = b""
        if isinstance(value, str) and "://" not in value[:16]:
            try:
                data = base64.b64decode(value.partition(",")[2] or value, validate=True)
            except (binascii.Error, ValueError):
                data = b""
        if looks_like_picture(io.BytesIO(data)):
            yield data
        else:
            self.missing_pictures += 1
