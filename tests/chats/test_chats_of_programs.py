"""Chats in the forms in which other programs export them."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from helpers.chats_of_programs import ALL, CAI, CHATGPT, ISO, MS, RISU, SECONDS, WEBUI, node
from helpers.cost import assert_fast
from refsheet_tui.chats.files import (
    ChatFile,
    PortableChat,
    import_chat,
    read_chat,
    to_json,
    to_jsonl,
)
from refsheet_tui.chats.library import Library
from refsheet_tui.chats.turns import text_of, turns_of
from refsheet_tui.errors import ChatFileError


def read(folder: Path, content: object) -> ChatFile:
    path = folder / "chat.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return read_chat(path)


def texts(chat: PortableChat) -> list[str]:
    return [chat.messages[index].text for index in chat.path()]


def told(folder: Path, chat: PortableChat) -> list[str]:
    library = Library.open(folder / "library")
    leaf = import_chat(library, chat, None).leaf
    path = library.tree.path_to(leaf) if leaf is not None else ()
    library.close()
    return [text_of(turn) for turn in turns_of(None, path, lambda _: [])]


WITH_SWIPES = ("chatgpt", "open webui", "lm studio", "cai", "webui")
WITH_TITLE = ("chatgpt", "claude", "open webui", "lm studio", "agnai", "risu")


@pytest.mark.parametrize("name", ALL)
def test_a_chat_of_another_program(tmp_path: Path, name: str) -> None:
    file = read(tmp_path, ALL[name])
    assert texts(file.chat) == ["Hi", "Ho"]
    assert [file.chat.messages[index].role for index in file.chat.path()] == ["user", "model"]
    others = {each.text for each in file.chat.messages} - {"Hi", "Ho"}
    assert others == ({"Hm"} if name in WITH_SWIPES else set())
    assert file.chat.title == ("About dragons" if name in WITH_TITLE else "")
    is_whole = name not in ("chatgpt", "ai studio")
    left_out = "" if is_whole else "1 tool or developer message was left out."
    assert file.omissions.describe() == left_out


@pytest.mark.parametrize("name", ["chatgpt", "claude", "open webui", "risu", "lm studio"])
def test_all_chats_of_an_account_are_branches(tmp_path: Path, name: str) -> None:
    chat = ALL[name]
    several: object = [chat, chat]
    if name == "risu":
        several = {"type": "risuAllChats", "ver": 2, "data": [chat["data"]] * 2}
    file = read(tmp_path, several)
    assert texts(file.chat) == ["Hi", "Ho"]
    assert "2 conversations" in file.omissions.describe()
    assert file.chat.title == ""
    if isinstance(several, list):
        file = read(tmp_path, {"conversations": several, "user": "x"})
        assert texts(file.chat) == ["Hi", "Ho"]
        kept = file.chat.extra["file"]
        assert kept["user"] == "x" and len(kept["conversations"]) == 2


def test_chats_of_one_character_are_branches(tmp_path: Path) -> None:
    file = read(tmp_path, {"chats": [CAI, CAI]})
    assert texts(file.chat) == ["Hi", "Ho"] and file.omissions.conversations == 2


@pytest.mark.parametrize("name", ["chatgpt", "claude", "open webui", "risu", "cai"])
def test_messages_have_their_dates(tmp_path: Path, name: str) -> None:
    chat = read(tmp_path, ALL[name]).chat
    assert chat.messages[chat.path()[-1]].created == SECONDS


def test_versions_have_their_dates(tmp_path: Path) -> None:
    chat = read(tmp_path, WEBUI).chat
    assert [each.created for each in chat.messages] == [
        datetime(2024, 4, 5, 15, minute).timestamp() for minute in (14, 15, 16)
    ]


WITH_A = ["Ho", "A"]


@pytest.mark.parametrize(
    ("metadata", "swipes"),
    [
        ({"versions": [{"content": "A"}, {"content": "B"}]}, ["A", "B", "Ho"]),
        ({"versions": [{"content": "Ho"}], "current_version_index": 9}, ["Ho"]),
        (
            {"versions": [{"content": "Ho"}, {"content": "A"}], "current_version_index": 1},
            ["Ho", "A"],
        ),
        ({"versions": [{"content": 3}, None]}, ["Ho"]),
        ({"versions": {}}, ["Ho"]),
        (None, ["Ho"]),
    ],
)
def test_odd_versions_lose_no_words(tmp_path: Path, metadata: object, swipes: list[str]) -> None:
    content = {"internal": [["Hi", "Ho"]], "metadata": {"assistant_0": metadata}}
    chat = read(tmp_path, content).chat
    assert texts(chat) == ["Hi", "Ho"]
    assert [each.text for each in chat.messages] == ["Hi", *swipes]


@pytest.mark.parametrize(
    "key", ["created_at", "createdAt", "create_time", "timestamp", "time", "send_date"]
)
@pytest.mark.parametrize("date", [SECONDS, MS, ISO])
def test_lists_of_messages_have_dates(tmp_path: Path, key: str, date: object) -> None:
    file = read(tmp_path, [{"role": "user", "content": "Hi", key: date}])
    assert file.chat.messages[0].created == SECONDS
    assert file.chat.messages[0].extra == {"message": {key: date}}


# What RisuAI hides


@pytest.mark.parametrize(
    ("hiding", "expected"),
    [
        ([{}, {"disabled": True}, {}], ["1", "3"]),
        ([{}, {"isComment": True}, {}], ["1", "3"]),
        ([{}, {"disabled": "allBefore"}, {}], ["3"]),
        ([{"disabled": False}, {"isComment": False}, {"disabled": None}], ["1", "2", "3"]),
    ],
)
def test_what_is_hidden_is_kept_and_never_told(
    tmp_path: Path, hiding: list[dict[str, Any]], expected: list[str]
) -> None:
    message = [
        {"role": "user", "data": str(number), **values} for number, values in enumerate(hiding, 1)
    ]
    chat = read(tmp_path, {"type": "risuChat", "data": {"message": message}}).chat
    assert texts(chat) == ["1", "2", "3"]
    assert told(tmp_path, chat) == ["\n".join(expected)]
    assert [each.extra.get("message", {}) for each in chat.messages] == hiding


def test_a_system_message_is_told_although_the_next_one_is_hidden(tmp_path: Path) -> None:
    items = [
        {"role": "system", "content": "Be red."},
        {"role": "user", "content": "A", "disabled": True},
        {"role": "user", "content": "B"},
    ]
    chat = read(tmp_path, items).chat
    assert told(tmp_path, chat) == ["Be red.\nB"]


def test_the_note_of_a_chat_is_its_note(tmp_path: Path) -> None:
    assert read(tmp_path, RISU).chat.note == "Be brief."


@pytest.mark.parametrize("title", ["New Chat", "Chat 1", "untitled conversation", "", None, 3])
def test_a_title_that_nobody_gave_is_none(tmp_path: Path, title: object) -> None:
    assert read(tmp_path, {**CHATGPT, "title": title}).chat.title == ""


# Trees


def test_a_tree_in_circles_is_read(tmp_path: Path) -> None:
    mapping = {"a": node("b", "user", "A"), "b": node("a", "assistant", "B")}
    file = read(tmp_path, {"mapping": mapping, "current_node": "b"})
    assert {each.text for each in file.chat.messages} == {"A", "B"}
    mapping = {"a": node("a", "user", "A"), "b": node("gone", "assistant", "B")}
    file = read(tmp_path, {"mapping": mapping, "current_node": "gone"})
    assert {each.text for each in file.chat.messages} == {"A", "B"}


def test_a_tree_that_ends_nowhere_shows_its_last_message(tmp_path: Path) -> None:
    mapping = {"root": node(None), "u": node("root", "user", "Hi")}
    chat = read(tmp_path, {"mapping": mapping, "current_node": "root"}).chat
    assert texts(chat) == ["Hi"]


def test_a_long_branch_is_read(tmp_path: Path) -> None:
    mapping = {str(n): node(str(n - 1), "user", str(n)) for n in range(5000, 0, -1)}
    file = read(tmp_path, {"mapping": mapping, "current_node": "5000"})
    assert texts(file.chat) == [str(n) for n in range(1, 5001)]


def test_a_system_message_with_many_answers_stands_once(tmp_path: Path) -> None:
    answers = {f"a{n}": node("s", "user", str(n)) for n in range(3)}
    mapping = {"s": node(None, "system", "Be red."), **answers}
    chat = read(tmp_path, {"mapping": mapping, "current_node": "a1"}).chat
    assert [each.text for each in chat.messages] == ["Be red.", "0", "1", "2"]
    assert texts(chat) == ["Be red.", "1"]


# Files in a row


LINE = {"name": "Jane", "is_user": True, "mes": "Hi"}
HEAD = {"user_name": "Jane", "character_name": "Ember", "chat_metadata": {}}


def test_two_chats_in_one_file_are_branches(tmp_path: Path) -> None:
    other = {**HEAD, "chat_metadata": {"x": 1}}
    lines = [HEAD, LINE, {**LINE, "mes": "A"}, other, {**LINE, "mes": "B"}]
    file = read(tmp_path, "\n".join(map(json.dumps, lines)))
    assert [each.parent for each in file.chat.messages] == [None, 0, None]
    assert texts(file.chat) == ["Hi", "A"]
    assert file.omissions.describe() == (
        "The file contains 2 conversations. Each is a branch of this chat."
    )
    assert file.chat.extra == {"sillytavern": HEAD, "sillytavern_heads": [other]}


@pytest.mark.parametrize(
    "text",
    [
        "{0}{1}{2}",
        "{0}\n{1}{2}",
        "{0},\n{1},\n{2}",
        "{0}\n\n{1} {2}\n",
        "{3}\n{4}\n{5}",
    ],
)
def test_objects_need_no_lines_of_their_own(tmp_path: Path, text: str) -> None:
    lines = [HEAD, {**LINE, "mes": 'A "{', "x": [{}]}, LINE]
    flat = [json.dumps(each) for each in lines]
    file = read(tmp_path, text.format(*flat, *[json.dumps(each, indent=2) for each in lines]))
    assert texts(file.chat) == ['A "{', "Hi"]
    assert file.omissions.describe() == ""


@pytest.mark.parametrize("text", ['{"a": "' + '\\"' * 100_000, "{}" * 3 + "x", "{}}{" * 3])
def test_what_is_no_row_of_objects_is_damaged(tmp_path: Path, text: str) -> None:
    with pytest.raises(ChatFileError):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"gamestarted": True, "prompt": "A cave.", "actions": ["You go."]}, "KoboldAI story"),
        ("PK\x03\x04", "ZIP archive"),
    ],
)
def test_what_can_not_be_read_is_named(tmp_path: Path, content: object, problem: str) -> None:
    with pytest.raises(ChatFileError, match=problem):
        read(tmp_path, content)


KEYS = st.sampled_from(
    [
        *("role", "content", "text", "type", "parts", "versions", "currentlySelected", "msg"),
        *("author", "message", "messages", "mapping", "parent", "current_node", "history"),
        *("candidates", "turns", "data", "image", "source", "images", "disabled", "created_at"),
        *("internal", "metadata", "chats", "system", "mes", "swipes", "extra", "chunks", "a"),
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["user", "assistant", "a", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_any_values_are_a_chat_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: object
) -> None:
    folder = tmp_path_factory.mktemp("values")
    try:
        chat = read(folder, json.dumps(content)).chat
    except ChatFileError as error:
        assert error.problem and error.remedy
    else:
        assert chat.leaf is not None and chat.path()
        to_json(chat)
        to_jsonl(chat)


def test_an_object_of_many_keys_takes_little_time(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    wide = {f"key {number}": number for number in range(50_000)}
    for content in (wide, [{**wide, "role": "user", "content": "Hi"}]):
        path.write_text(json.dumps(content))
        assert_fast(lambda: read_or_refuse(path))


def read_or_refuse(path: Path) -> None:
    with suppress(ChatFileError):
        read_chat(path)


def test_what_all_versions_share_is_stored_once(tmp_path: Path) -> None:
    versions = [{"role": "assistant", "content": f"version {number}"} for number in range(50)]
    path = tmp_path / "x.json"
    message = {"versions": versions, "currentlySelected": 1, "name": "Ember", "x": "z" * 1000}
    path.write_text(json.dumps({"messages": [{"role": "user", "content": "Hi"}, message]}))
    chat = read_chat(path).chat
    assert sum("zzz" in str(each.extra) for each in chat.messages) == 1
    assert all(each.speaker == "Ember" for each in chat.messages[1:])
