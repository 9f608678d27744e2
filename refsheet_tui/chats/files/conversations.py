"""Conversations of other programs: messages that answer each other, in a row or in a tree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from refsheet_tui.chats.files.portable import MAX_MESSAGES, too_many_messages_error
from refsheet_tui.untrusted import one_line

# What programs call a chat that the user gave no title.
_NO_TITLE = re.compile(r"((new|untitled) )?(chat|conversation)( \d+)?", re.IGNORECASE)
_MAX_TITLE = 200


@dataclass(frozen=True, slots=True)
class MessageNode:
    """A message of a conversation.

    Attributes:
        parent: The index of the one that it answers; None for a first one.
        item: The message, as it is in the file; None if there is only a place for one.
    """

    parent: int | None
    item: Any


@dataclass(frozen=True)
class Conversation:
    """A conversation; every message stands after the one that it answers.

    Attributes:
        nodes: The messages.
        leaf: The index of the message that it ends with; None for the last one.
        title: The title that the user gave it, or a program; else empty.
        note: The author's note.
    """

    nodes: Sequence[MessageNode]
    leaf: int | None = None
    title: str = ""
    note: str = ""


def in_a_row(items: Sequence[object], title: object = "", note: object = "") -> Conversation:
    """Return a conversation in which every message answers the one before it.

    Raises `ChatFileError` if there are too many.
    """
    if len(items) > MAX_MESSAGES:
        raise too_many_messages_error()
    nodes = [
        MessageNode(place - 1 if place else None, item if item is not None else {})
        for place, item in enumerate(items)
    ]
    return Conversation(
        nodes, title=usable_title(title), note=note if isinstance(note, str) else ""
    )


def in_a_tree(
    nodes: Mapping[str, tuple[object, object]], leaf: object, title: object = ""
) -> Conversation:
    """Return a conversation in which several messages can answer the same one.

    Args:
        nodes: For each identifier that of the message which it answers, and the message itself,
            which is None for a place without one.
        leaf: The identifier of the message that it ends with.
        title: Its title.

    Raises:
        ChatFileError: There are too many messages.
    """
    if len(nodes) > MAX_MESSAGES:
        raise too_many_messages_error()
    order = _parents_first({key: parent for key, (parent, _item) in nodes.items()})
    places = {key: place for place, key in enumerate(order)}
    sorted_nodes = []
    for key in order:
        parent, item = nodes[key]
        place = places.get(parent) if isinstance(parent, str) else None
        # Of messages that answer each other in a circle, the first one begins the conversation.
        is_before = place is not None and place < places[key]
        sorted_nodes.append(MessageNode(place if is_before else None, item))
    end = places.get(leaf) if isinstance(leaf, str) else None
    return Conversation(sorted_nodes, end, usable_title(title))


def usable_title(title: object) -> str:
    """Return the title of a file on one line; empty if it is none that anybody gave."""
    cleaned = one_line(title[:_MAX_TITLE]).strip() if isinstance(title, str) else ""
    return "" if _NO_TITLE.fullmatch(cleaned) else cleaned


def _parents_first(parents: Mapping[str, object]) -> Iterable[str]:
    """Return the keys in their order, but each behind the one that is its parent."""
    ordered: dict[str, None] = {}
    for key in parents:
        branch: dict[str, None] = {}
        ancestor: object = key
        while isinstance(ancestor, str) and ancestor in parents:
            if ancestor in ordered or ancestor in branch:
                break
            branch[ancestor] = None
            ancestor = parents[ancestor]
        ordered.update(dict.fromkeys(reversed(branch)))
    return ordered
