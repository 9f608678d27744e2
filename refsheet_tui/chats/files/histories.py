"""Other programs' chats in one JSON object, as conversations of messages with a role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# text-generation-webui puts this in place of the user's first words if the character begins.
_NO_WORDS = "<|BEGIN-VISIBLE-CHAT|>"
_LIST_KEYS = ("messages", "conversations", "conversation")
# Some APIs and data sets have the system message beside the list, not in it.
_SYSTEM_KEYS = ("system", "system_prompt")
_PAIR_KEYS = ("internal", "data")


def find_conversations(
    content: dict[str, Any],
) -> tuple[list[list[object]], dict[str, Any]] | None:
    """Return the conversations in a JSON object, and its other values.

    Args:
        content: An object with a list of messages, as chat APIs and ShareGPT have them; a history
            of text-generation-webui, with pairs of messages; or histories of Character.AI.

    Returns:
        The messages of each conversation, and the other values; None if the object has another
        form.
    """
    data = content.get("data")
    if isinstance(data, dict) and isinstance(messages := data.get("message"), list):
        others = {key: data[key] for key in data if key != "message"}
        return [messages], {**content, "data": others}
    for key, value in content.items():
        if conversations := _conversations_of(key, value):
            others = {name: content[name] for name in content if name != key}
            if key in _LIST_KEYS:
                conversations[0][:0] = _system_messages(others)
            return conversations, others
    return None


def _conversations_of(key: str, value: object) -> list[list[object]]:
    if key in _LIST_KEYS and isinstance(value, list):
        return [[*value]]
    if key in _PAIR_KEYS and isinstance(value, list) and value and all(map(_is_pair, value)):
        return [[message for pair in value for message in _messages_of_pair(pair)]]
    if key != "histories":
        return []
    histories = value.get("histories") if isinstance(value, dict) else value
    if not isinstance(histories, list):
        return []
    conversations: list[list[object]] = [list(_messages_of_history(each)) for each in histories]
    return [each for each in conversations if each]


def _system_messages(others: dict[str, Any]) -> list[dict[str, Any]]:
    """Take the system message out of the other values of an object with a list of messages."""
    key = next((each for each in _SYSTEM_KEYS if others.get(each)), None)
    is_text = key is not None and isinstance(others[key], str | list)
    return [{"role": "system", "content": others.pop(key)}] if key is not None and is_text else []


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and any(isinstance(x, str) for x in value)


def _messages_of_pair(pair: list[object]) -> Iterator[dict[str, object]]:
    for role, text in zip(("user", "assistant"), pair, strict=True):
        if isinstance(text, str) and text not in ("", _NO_WORDS):
            yield {"role": role, "content": text}


def _messages_of_history(history: object) -> Iterator[dict[str, object]]:
    messages = history.get("msgs") if isinstance(history, dict) else None
    for message in messages if isinstance(messages, list) else ():
        source = message.get("src") if isinstance(message, dict) else None
        if isinstance(source, dict) and isinstance(message.get("text"), str):
            role = "user" if source.get("is_human") is True else "assistant"
            yield {"role": role, "content": message["text"], "name": source.get("name")}
