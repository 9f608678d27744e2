"""The lines of chats in SillyTavern's format, and what is read of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from refsheet_tui.chats.files import ChatFile, PortableChat, import_chat, read_chat, to_jsonl
from refsheet_tui.chats.library import Library
from refsheet_tui.chats.turns import text_of, turns_of

HEAD: dict[str, Any] = {"user_name": "Jane", "character_name": "Ember", "chat_metadata": {}}


def said(name: str, text: str, **values: object) -> dict[str, Any]:
    return {"name": name, "is_user": name == "Jane", "is_system": False, "mes": text, **values}


def jsonl(*lines: object) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def read(folder: Path, data: bytes) -> ChatFile:
    path = folder / "chat.jsonl"
    path.write_bytes(data)
    return read_chat(path)


def texts(chat: PortableChat) -> list[str]:
    return [chat.messages[index].text for index in chat.path()]


def exported(chat: PortableChat) -> list[dict[str, Any]]:
    return [json.loads(line) for line in to_jsonl(chat).splitlines()]


def told(folder: Path, chat: PortableChat) -> list[tuple[str, str]]:
    library = Library.open(folder / "library")
    leaf = import_chat(library, chat, None).leaf
    path = library.tree.path_to(leaf) if leaf is not None else ()
    library.close()
    return [(turn.role, text_of(turn)) for turn in turns_of(None, path, lambda _: [])]
