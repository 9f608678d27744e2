"""Other programs' chats in one JSON object, as conversations of messages with a role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeGuard

from refsheet_tui.chats.files.conversations import Conversation, in_a_row, in_a_tree
from refsheet_tui.chats.files.dates import parse_date
from refsheet_tui.chats.files.message_items import is_message_item, with_versions

# text-generation-webui puts this in place of the user's first words if the character begins.
_NO_WORDS = "<|BEGIN-VISIBLE-CHAT|>"
_LIST_KEYS = ("messages", "conversations", "conversation", "chat_messages", "contents")
_CONVERSATION_KEYS = (*_LIST_KEYS, "turns", "histories")
_CONVERSATIONS_KEYS = (*_LIST_KEYS, "chats")
# Some APIs and data sets have the system message beside the list, not in it.
_SYSTEM_KEYS = ("system", "system_prompt", "systemPrompt", "systemInstruction")
_PAIR_KEYS = ("internal", "data")
_INNER_KEYS = ("chat", "conversation", "data")
_TITLE_KEYS = ("title", "name")
_Found = tuple[list[Conversation], dict[str, Any]] | None


def find_conversations(content: dict[str, Any]) -> tuple[list[Conversation], dict[str, Any]] | None:
    """Return the conversations in a JSON object, and its other values.

    Args:
        content: An object with a list of messages, as chat APIs, ShareGPT, Claude, LM Studio, and
            Agnai have them; the tree of messages of ChatGPT or Open WebUI; a history of
            text-generation-webui, with pairs of messages; the chats of RisuAI, Character.AI, or
            Google AI Studio.

    Returns:
        The conversations, and the other values; None if the object has another form.

    Raises:
        ChatFileError: There are too many messages.
    """
    finders = (_find_risu_chats, _find_tree, _find_nested_tree, _find_chunks, _find_pairs)
    for find in (*finders, _find_listed_conversations):
        if found := find(content):
            return found
    for key in [key for key in content if key in _CONVERSATION_KEYS]:
        others = _without(content, key)
        if conversations := _conversations_of(key, content[key], others):
            return conversations, others
    for key in _INNER_KEYS:
        inner = content.get(key)
        if isinstance(inner, dict) and (found := find_conversations(inner)):
            return found[0], {**content, key: found[1]}
    return None


def _find_listed_conversations(content: dict[str, Any]) -> _Found:
    """Find conversations in a list, such as all of a user's."""
    for key in _CONVERSATIONS_KEYS:
        value = content.get(key)
        if isinstance(value, list) and value and not any(map(is_message_item, value)):
            found = [find_conversations(each) if isinstance(each, dict) else None for each in value]
            pairs = [each for each in found if each is not None]
            if len(pairs) == len(value):
                conversations = [each for listed, _others in pairs for each in listed]
                return conversations, {**content, key: [others for _listed, others in pairs]}
    return None


def is_story(content: dict[str, Any]) -> bool:
    """Return True for a story of KoboldAI: a text in pieces that no one in particular says."""
    return isinstance(content.get("actions"), list) and "prompt" in content


def _find_risu_chats(content: dict[str, Any]) -> _Found:
    data = content.get("data")
    chats = [each for each in (data if isinstance(data, list) else [data]) if _is_risu_chat(each)]
    if not chats or (isinstance(data, list) and len(chats) < len(data)):
        return None
    found = [in_a_row(each["message"], each.get("name"), each.get("note")) for each in chats]
    others = [_without(each, "message") for each in chats]
    return found, {**content, "data": others if isinstance(data, list) else others[0]}


def _is_risu_chat(chat: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(chat, dict) and isinstance(chat.get("message"), list)


def _find_tree(content: dict[str, Any]) -> _Found:
    """Find the tree of a chat of ChatGPT."""
    mapping = content.get("mapping")
    if not isinstance(mapping, dict) or not all(
        isinstance(each, dict) for each in mapping.values()
    ):
        return None
    nodes = {
        key: (node.get("parent"), _chatgpt_message(node.get("message")))
        for key, node in mapping.items()
    }
    tree = in_a_tree(nodes, content.get("current_node"), _title_of(content))
    return [tree], _without(content, "mapping")


def _chatgpt_message(message: object) -> object:
    """Return a message of ChatGPT, in which what it tells itself and its tools is called so."""
    author = message.get("author") if isinstance(message, dict) else None
    if not isinstance(message, dict) or not isinstance(author, dict):
        return message
    metadata = message.get("metadata")
    is_hidden = isinstance(metadata, dict) and metadata.get("is_visually_hidden_from_conversation")
    is_empty_system = author.get("role") == "system" and is_hidden
    if is_empty_system and not any(_parts_of(message)):
        return None
    is_for_tool = message.get("recipient") not in (None, "all", "assistant")
    return {**message, "role": "tool"} if is_hidden or is_for_tool else message


def _parts_of(message: dict[str, Any]) -> list[object]:
    content = message.get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    return parts if isinstance(parts, list) else []


def _find_nested_tree(content: dict[str, Any]) -> _Found:
    """Find the tree of a chat of Open WebUI, which also stands in an object of its own."""
    chat = content.get("chat")
    outer = chat if isinstance(chat, dict) else content
    history = outer.get("history")
    messages = history.get("messages") if isinstance(history, dict) else None
    if not isinstance(history, dict) or not isinstance(messages, dict) or not messages:
        return None
    if not all(isinstance(each, dict) for each in messages.values()):
        return None
    nodes = {key: (each.get("parentId"), each) for key, each in messages.items()}
    tree = in_a_tree(nodes, history.get("currentId"), _title_of(outer) or _title_of(content))
    # The list has the messages of one branch again.
    others = {key: value for key, value in outer.items() if key not in ("history", "messages")}
    return [tree], {**content, "chat": others} if outer is chat else others


def _find_chunks(content: dict[str, Any]) -> _Found:
    """Find the messages of Google AI Studio."""
    prompt = content.get("chunkedPrompt")
    chunks = prompt.get("chunks") if isinstance(prompt, dict) else None
    if not isinstance(prompt, dict) or not isinstance(chunks, list):
        return None
    others = {**content, "chunkedPrompt": _without(prompt, "chunks")}
    messages = [
        {**_without(each, "text"), "content": [each]} if isinstance(each, dict) else each
        for each in chunks
    ]
    return [in_a_row([*_system_messages(others), *messages])], others


def _find_pairs(content: dict[str, Any]) -> _Found:
    """Find the pairs of messages of text-generation-webui."""
    for key in _PAIR_KEYS:
        pairs = content.get(key)
        if isinstance(pairs, list) and pairs and all(map(_is_pair, pairs)):
            metadata = content.get("metadata")
            messages = _messages_of_pairs(pairs, metadata if isinstance(metadata, dict) else {})
            return [in_a_row([*messages])], _without(content, key)
    return None


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and any(isinstance(x, str) for x in value)


def _messages_of_pairs(
    pairs: list[list[object]], metadata: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    for place, pair in enumerate(pairs):
        for role, text in zip(("user", "assistant"), pair, strict=True):
            if isinstance(text, str) and text not in ("", _NO_WORDS):
                values = metadata.get(f"{role}_{place}")
                yield _with_swipes(role, text, values if isinstance(values, dict) else {})


def _with_swipes(role: str, text: str, values: dict[str, Any]) -> dict[str, Any]:
    message = {"role": role, "content": text, "timestamp": values.get("timestamp")}
    listed = values.get("versions")
    versions = [
        {"role": role, "content": each["content"], "timestamp": each.get("timestamp")}
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict) and isinstance(each.get("content"), str)
    ]
    texts = [each["content"] for each in versions]
    if text not in texts:
        return with_versions([*versions, message], len(versions))
    chosen = values.get("current_version_index")
    if not isinstance(chosen, int) or chosen not in range(len(texts)) or texts[chosen] != text:
        chosen = texts.index(text)
    return with_versions(versions, chosen)


def _conversations_of(key: str, value: object, others: dict[str, Any]) -> list[Conversation]:
    if key in _LIST_KEYS and isinstance(value, list):
        return [in_a_row([*_system_messages(others), *value], _title_of(others))]
    if key == "turns" and isinstance(value, list) and any(map(_is_turn, value)):
        return [in_a_row(_messages_of_turns(value))]
    if key != "histories":
        return []
    histories = value.get("histories") if isinstance(value, dict) else value
    if not isinstance(histories, list):
        return []
    conversations = [in_a_row([*_messages_of_history(each)]) for each in histories]
    return [each for each in conversations if each.nodes]


def _system_messages(others: dict[str, Any]) -> list[dict[str, Any]]:
    """Take the system message out of the other values of an object with a list of messages."""
    key = next((each for each in _SYSTEM_KEYS if others.get(each)), None)
    if key is None or not isinstance(others[key], str | list | dict):
        return []
    return [{"role": "system", "content": others.pop(key)}]


def _messages_of_history(history: object) -> Iterator[dict[str, object]]:
    messages = history.get("msgs") if isinstance(history, dict) else None
    for message in messages if isinstance(messages, list) else ():
        source = message.get("src") if isinstance(message, dict) else None
        if isinstance(source, dict) and isinstance(message.get("text"), str):
            role = "user" if source.get("is_human") is True else "assistant"
            yield {"role": role, "content": message["text"], "name": source.get("name")}


def _is_turn(value: object) -> bool:
    candidates = value.get("candidates") if isinstance(value, dict) else None
    return isinstance(candidates, list) and any(isinstance(each, dict) for each in candidates)


def _messages_of_turns(turns: list[object]) -> list[object]:
    """Return the turns of Character.AI in the order in which they were said."""
    dates = [parse_date(each.get("create_time")) for each in turns if isinstance(each, dict)]
    numbers = [date for date in dates if date is not None]
    if len(numbers) == len(turns) and numbers[0] > numbers[-1]:  # the newest one is the first
        turns = turns[::-1]
    return [_message_of_turn(each) for each in turns]


def _message_of_turn(turn: object) -> object:
    if not isinstance(turn, dict) or not _is_turn(turn):
        return turn
    author = turn["author"] if isinstance(turn.get("author"), dict) else {}
    candidates = [each for each in turn["candidates"] if isinstance(each, dict)]
    versions = [
        {
            "role": "user" if author.get("is_human") is True else "assistant",
            "content": each.get("raw_content"),
            "name": author.get("name"),
            "created_at": each.get("create_time") or turn.get("create_time"),
        }
        for each in candidates
    ]
    identifiers = [each.get("candidate_id") for each in candidates]
    primary = turn.get("primary_candidate_id")
    return with_versions(versions, identifiers.index(primary) if primary in identifiers else 0)


def _title_of(content: dict[str, Any]) -> object:
    return next((content[key] for key in _TITLE_KEYS if isinstance(content.get(key), str)), "")


def _without(values: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != key}
