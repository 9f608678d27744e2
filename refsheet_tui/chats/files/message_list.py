"""Messages with a role and a content, as chat APIs and other programs have them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from refsheet_tui.chats.files.conversations import Conversation
from refsheet_tui.chats.files.message_content import MessageContent, read_content
from refsheet_tui.chats.files.message_items import (
    MessageItem,
    hides_earlier,
    read_item,
    versions_of,
)
from refsheet_tui.chats.files.message_text import original_values, readable_text
from refsheet_tui.chats.files.omissions import Omissions
from refsheet_tui.chats.files.portable import MAX_MESSAGES, PortableChat, too_many_messages_error
from refsheet_tui.chats.messages import FINISH_END_OF_TURN, PortableMessage
from refsheet_tui.chats.speakers import HIDDEN_KEY, SPEAKER_KEY
from refsheet_tui.errors import ChatFileError
from refsheet_tui.i18n import _
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
    "character": "model",
    "chatgpt": "model",
    "bing": "model",
    "bard": "model",
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
# Under this one, its parts that can't be shown.
_PARTS_KEY = "content"


def no_messages_error() -> ChatFileError:
    """Return the error for a file of a known format without any message."""
    return ChatFileError(_("The file contains no messages."), _("Choose another file."))


def from_conversations(
    conversations: Sequence[Conversation], extra: dict[str, Any] | None = None
) -> tuple[PortableChat, Omissions]:
    """Return conversations as one chat, in which each of them is a branch, and what was left out.

    A system message becomes the beginning of the user's next message, as in Gemma's prompts, and a
    message of the user if the user doesn't speak next. Pictures that are web addresses are left
    out: nothing is downloaded.

    Args:
        conversations: The conversations, as they are in the file.
        extra: The other values of the file.

    Raises:
        ChatFileError: No conversation has a message that can be read, or there are too many.
    """
    if sum(len(each.nodes) for each in conversations) > MAX_MESSAGES:
        raise too_many_messages_error()
    reader = _Reader()
    for each in conversations:
        reader.read_conversation(each)
    reader.check()
    only = conversations[0] if len(conversations) == 1 else Conversation(())
    return (
        PortableChat(
            tuple(reader.messages),
            reader.leaf,
            title=only.title,
            character=reader.names.get("model", ""),
            user_name=reader.names.get("user", ""),
            note=readable_text(only.note).strip(),
            extra=extra or {},
        ),
        replace(reader.omissions, conversations=reader.conversations),
    )


@dataclass(frozen=True, slots=True)
class _System:
    """System messages that belong to the next message of the user; the last one stands first."""

    text: str
    earlier: _System | None

    def joined_text(self) -> str:
        texts: list[str] = []
        each: _System | None = self
        while each is not None:
            texts.append(each.text)
            each = each.earlier
        return "\n\n".join(reversed(texts))


@dataclass(frozen=True, slots=True)
class _End:
    """The end of a branch: the index of its last message, and the system messages behind it."""

    message: int | None = None
    system: _System | None = None


class _Reader:
    """Collects the messages of conversations, and counts what is left out."""

    def __init__(self) -> None:
        self.messages: list[PortableMessage] = []
        self.leaf: int | None = None
        self.names: dict[Role, str] = {}
        self.conversations = 0
        self.omissions = Omissions()
        self._other_roles: list[object] = []
        self._has_objects = False

    def read_conversation(self, conversation: Conversation) -> None:
        nodes = conversation.nodes
        answers = Counter(node.parent for node in nodes)
        hiding = [place for place, node in enumerate(nodes) if hides_earlier(node.item)]
        last_hiding = max(hiding, default=-1)
        ends: list[_End] = []
        for place, node in enumerate(nodes):
            end = ends[node.parent] if node.parent is not None else _End()
            if node.item is not None:
                end = self._read(node.item, end, is_hidden=place <= last_hiding)
            if end.system is not None and answers[place] != 1:
                end = self._add_system(end)
                if not answers[place]:
                    self.omissions = replace(self.omissions, ends_with_system=True)
            ends.append(end)
        leaf = conversation.leaf if conversation.leaf is not None else len(ends) - 1
        last = next((end.message for end in reversed(ends) if end.message is not None), None)
        if last is not None:
            self.conversations += 1
            end_message = ends[leaf].message
            leaf_message = end_message if end_message is not None else last
            self.leaf = leaf_message if self.leaf is None else self.leaf

    def _read(self, item: object, end: _End, *, is_hidden: bool) -> _End:
        """Add a message, in all of its versions, and return the new end of the branch."""
        if not isinstance(item, dict):
            self._omit_other(None)
            return end
        self._has_objects = True
        versions, chosen = versions_of(item)
        if len(versions) > 1 and end.system is not None:
            end = self._add_system(end)
        return [self._read_version(each, end, is_hidden=is_hidden) for each in versions][chosen]

    def _read_version(self, item: dict[str, Any], end: _End, *, is_hidden: bool) -> _End:
        message = read_item(item)
        role_name = message.role.strip().casefold() if isinstance(message.role, str) else ""
        content = read_content(message.content)
        text = readable_text(content.text)
        if role_name == "system":
            return replace(end, system=_System(text.strip(), end.system)) if text.strip() else end
        if role_name not in _ROLES and role_name not in _TOOL_ROLES:
            self._omit_other(message.role)
            return end
        says_something = bool(text.strip() or content.pictures or content.missing_pictures)
        is_internal = content.has_internals or any(item.get(key) for key in _CALL_KEYS)
        if role_name in _TOOL_ROLES or (is_internal and not says_something):
            self.omissions = self.omissions.plus(tool_messages=1)
            return end
        role = _ROLES[role_name]
        if is_hidden:
            message = replace(message, is_hidden=True)
        extra = self._extra(message, content, text, role)
        if end.system is not None and role == "user" and not message.is_hidden:
            text = f"{end.system.joined_text()}\n\n{text}"
        elif end.system is not None:
            end = self._add_system(end)
        return self._add(end, role, text, message.created, extra, content.pictures)

    def _add_system(self, end: _End) -> _End:
        """Add the system messages at the end of a branch as a message of the user."""
        assert end.system is not None
        return self._add(end, "user", end.system.joined_text())

    def _add(
        self,
        end: _End,
        role: Role,
        text: str,
        created: float | None = None,
        extra: dict[str, Any] | None = None,
        pictures: Sequence[bytes] = (),
    ) -> _End:
        if len(self.messages) >= MAX_MESSAGES:
            raise too_many_messages_error()
        finish = None if role == "user" else FINISH_END_OF_TURN
        self.messages.append(
            PortableMessage(end.message, role, text, finish, created, extra or {}, tuple(pictures))
        )
        return _End(len(self.messages) - 1)

    def _extra(
        self,
        message: MessageItem,
        content: MessageContent,
        text: str,
        role: Role,
    ) -> dict[str, Any]:
        """Return the extra values of a message, and attach to it what they hold of pictures."""
        if message.name and not message.is_hidden:
            self.names.setdefault(role, message.name)
        original = original_values(content.text, text)
        kept = {key: content.add_attachments(each) for key, each in message.attachments.items()}
        others = {
            **message.others,
            **({_PARTS_KEY: content.kept_parts} if content.kept_parts else {}),
            **{key: each for key, each in kept.items() if each},
        }
        if content.missing_pictures or content.hidden_parts:
            self.omissions = self.omissions.plus(
                pictures=content.missing_pictures, parts=content.hidden_parts
            )
        return {
            **({SPEAKER_KEY: message.name} if message.name else {}),
            **({HIDDEN_KEY: True} if message.is_hidden else {}),
            **original,
            **({_OTHER_KEY: others} if others else {}),
        }

    def _omit_other(self, role: object) -> None:
        self.omissions = self.omissions.plus(other_messages=1)
        self._other_roles.append(role)

    def check(self) -> None:
        """Raise `ChatFileError` if there is no message."""
        if self.messages:
            return
        if not self._other_roles:
            raise no_messages_error()
        role = self._other_roles[0]
        if not self._has_objects:
            raise ChatFileError(_("This list doesn't contain messages."), _("Choose another file."))
        if not isinstance(role, str):
            raise ChatFileError(
                _("RefSheet doesn't know the form of the messages in this file."),
                _("Export the chat in another format."),
            )
        raise ChatFileError(
            _("One message has the role “{role}” instead of user or assistant.").format(
                role=clean_text(role)[:40]
            ),
            _("Correct the file."),
        )
