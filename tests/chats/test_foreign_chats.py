"""Chats as other programs write them: everything comes in, is told right, and goes out again."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from helpers.library_command import run
from refsheet_tui.chats.files import (
    ChatFile,
    PortableChat,
    export_chat,
    import_chat,
    read_chat,
    to_json,
    to_jsonl,
    to_markdown,
)
from refsheet_tui.chats.library import Library
from refsheet_tui.chats.turns import text_of, turns_of
from refsheet_tui.errors import ChatFileError
from refsheet_tui.untrusted import clean_text

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
