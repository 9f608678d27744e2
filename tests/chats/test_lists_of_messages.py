"""Lists of messages with roles, and other forms that chats of other programs have."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from helpers.chat_lines import HEAD, jsonl, read, texts, told
from helpers.cost import assert_fast


def test_a_message_on_each_line(tmp_path: Path) -> None:
    file = read(
        tmp_path,
        jsonl(
            {"role": "developer", "content": "x"},
            {"role": "User", "content": "Hi", "name": "Jane"},
            {"role": "assistant", "content": None, "tool_calls": [{"id": 1}]},
            {"role": "tool", "content": "{}", "tool_call_id": 1},
            {"role": "function", "content": "{}", "name": "f"},
            {"role": "assistant", "content": "Ho", "id": 7},
            {"role": "critic", "content": "Hm"},
            {"role": "system", "content": "Be red."},
        ),
    )
    assert texts(file.chat) == ["Hi", "Ho", "Be red."]
    assert [each.role for each in file.chat.messages] == ["user", "model", "user"]
    assert file.chat.messages[0].speaker == file.chat.user_name == "Jane"
    assert file.chat.messages[1].extra == {"message": {"id": 7}}
    assert file.omissions.describe() == (
        "4 tool and developer messages were left out. "
        "1 message with an unknown role was left out. "
        "The system message at the end was kept as a message of yours."
    )


@pytest.mark.parametrize("key", ["system", "system_prompt"])
@pytest.mark.parametrize("text", ["Be red.", [{"type": "text", "text": "Be red."}]])
def test_a_system_message_beside_the_list_is_told_first(
    tmp_path: Path, key: str, text: object
) -> None:
    content = {key: text, "messages": CONVERSATION, "model": "x"}
    file = read(tmp_path, json.dumps(content).encode())
    assert texts(file.chat) == ["Be red.\n\nHi", "Ho"]
    assert file.chat.extra == {"file": {"model": "x"}}


def test_many_system_messages_take_little_time(tmp_path: Path) -> None:
    items = [{"role": "system", "content": "Be red. " * 10}] * 50_000
    data = json.dumps([*items, *CONVERSATION]).encode()
    assert_fast(lambda: read(tmp_path, data))


def test_a_system_message_before_a_reply_is_not_put_into_its_mouth(tmp_path: Path) -> None:
    items = [{"role": "system", "content": "Be red."}, {"role": "assistant", "content": "Hi"}]
    chat = read(tmp_path, json.dumps(items).encode()).chat
    assert told(tmp_path, chat) == [("user", "Be red."), ("model", "Hi")]


def test_a_picture_that_is_not_in_the_file_is_counted(tmp_path: Path) -> None:
    parts = [{"type": "image_url", "image_url": {"url": "https://example.com/x.png"}}]
    file = read(tmp_path, json.dumps([{"role": "user", "content": parts}]).encode())
    assert file.omissions.describe() == (
        "1 picture was left out because the file doesn't contain it."
    )


@pytest.mark.parametrize("data", [b"words", b"<html>", b""])
def test_a_picture_that_is_none_is_counted(tmp_path: Path, data: bytes) -> None:
    address = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    parts = [{"type": "text", "text": "Hi"}, {"image_url": {"url": address}}]
    file = read(tmp_path, json.dumps([{"role": "user", "content": parts}]).encode())
    assert texts(file.chat) == ["Hi"] and file.chat.messages[0].pictures == ()
    assert file.omissions.pictures == 1


CONVERSATION = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]
SHAREGPT = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Ho"}]
RISU = [{"role": "user", "data": "Hi"}, {"role": "char", "data": "Ho"}]
CAI = [{"text": "Hi", "src": {"is_human": True}}, {"text": "Ho", "src": {"name": "Ember"}}]


@pytest.mark.parametrize(
    "content",
    [
        {"messages": CONVERSATION, "model": "x"},
        {"conversations": SHAREGPT, "id": "x"},
        SHAREGPT,
        {"internal": [["Hi", "Ho"]], "visible": [["Hi", "Ho"]]},
        {"internal": [["<|BEGIN-VISIBLE-CHAT|>", ""], ["Hi", "Ho"]], "visible": []},
        {"data": [["Hi", "Ho"]], "data_visible": [["Hi", "Ho"]]},
        {"histories": {"histories": [{"msgs": CAI}]}},
        {"type": "risuChat", "data": {"message": RISU, "note": "x"}},
        [HEAD, {"mes": "Hi", "is_user": True}, {"mes": "Ho"}],
    ],
)
def test_histories_of_other_programs(tmp_path: Path, content: object) -> None:
    for indent in (None, 1):
        file = read(tmp_path, json.dumps(content, indent=indent).encode())
        assert texts(file.chat) == ["Hi", "Ho"]
        assert [each.role for each in file.chat.messages] == ["user", "model"]
        assert file.omissions.describe() == ""


@pytest.mark.parametrize("item", [{"messages": CONVERSATION}, {"conversations": SHAREGPT}])
@pytest.mark.parametrize("is_list", [True, False])
def test_a_conversation_on_each_line_is_a_branch(
    tmp_path: Path, item: dict[str, Any], is_list: bool
) -> None:
    data = json.dumps([item] * 3).encode() if is_list else jsonl(*[item] * 3)
    file = read(tmp_path, data)
    assert [each.parent for each in file.chat.messages] == [None, 0, None, 2, None, 4]
    assert file.chat.leaf == 1
    assert file.omissions.describe() == (
        "The file contains 3 conversations. Each is a branch of this chat."
    )
