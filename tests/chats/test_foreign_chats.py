"""Chats as other programs write them: everything comes in, is told right, and goes out again."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from helpers.chat_lines import HEAD, exported, jsonl, read, said, texts, told
from helpers.command import refsheet
from helpers.library_command import messages
from refsheet_tui.chats.files import (
    PortableChat,
    export_chat,
    import_chat,
    to_json,
    to_markdown,
)
from refsheet_tui.chats.library import Library
from refsheet_tui.errors import ChatFileError
from refsheet_tui.untrusted import clean_text

# Hidden messages


def test_hidden_messages_are_kept_and_never_told(tmp_path: Path) -> None:
    lines = [
        said("Ember", "Hello, Jane."),
        said("Jane", "Who are you?"),
        said("Ember", "A dragon."),
        said("Jane", "SECRET of Jane", is_system=True),
        said("Ember", "SECRET of Ember", is_system="true"),
        said("Note", "SECRET note", is_system=False, extra={"type": "comment"}),
        said("Narrator", "Night falls.", extra={"type": "narrator"}),
        said("Jane", "Let us go."),
    ]
    chat = read(tmp_path, jsonl(HEAD, *lines)).chat
    assert texts(chat) == [line["mes"] for line in lines]
    assert [each.is_hidden for each in chat.messages] == [False] * 3 + [True] * 3 + [False] * 2
    assert told(tmp_path, chat) == [
        ("user", ""),
        ("model", "Hello, Jane."),
        ("user", "Who are you?"),
        ("model", "A dragon.\nNight falls."),
        ("user", "Let us go."),
    ]
    assert "**Jane:** *(hidden)*\n\nSECRET of Jane" in to_markdown(chat).decode()
    for before, after in zip(lines, exported(chat)[1:], strict=True):
        assert before.items() <= after.items()


def test_another_swipe_of_a_hidden_message_is_hidden_too(tmp_path: Path) -> None:
    line = said("Jane", "B", is_system=True, swipes=["A", "B"], swipe_id=1)
    chat = read(tmp_path, jsonl(HEAD, line)).chat
    assert all(each.is_hidden and each.speaker == "Jane" for each in chat.messages)
    other = PortableChat(chat.messages, 0, extra=chat.extra)
    assert exported(other)[1].items() >= {**line, "mes": "A", "swipe_id": 0}.items()


# Damaged lines


@pytest.mark.parametrize(
    "bad",
    [
        b'{"name": "Jane", "is_user": true, "mes": "li',
        b'{"name": "Jane", "mes": "x", "extra": {"x": NaN}}',
        b'{"name": "Jane", "mes": "x", "extra": {"x": -Infinity}}',
        b'{"mes": "x", "see": 1e999}',
        b"\xff\xfe\x00",
        b"[]",
        b"{}",
        b'{"mes": "\xc3("}',
        b'{"a":' * 100,
    ],
)
@pytest.mark.parametrize("place", [0, 3, 5])
def test_whole_lines_come_in_although_one_is_damaged(
    tmp_path: Path, bad: bytes, place: int
) -> None:
    lines = [*([HEAD] if place else []), *[said("Jane", f"line {number} ä") for number in range(4)]]
    whole = [json.dumps(line, ensure_ascii=False).encode() for line in lines]
    whole.insert(place, bad)
    for end in (b"\n", b"\r\n", b"\n\r\n"):
        file = read(tmp_path, end.join(whole))
        assert texts(file.chat) == [f"line {number} ä" for number in range(4)]
        number = place * end.count(b"\n") + 1
        assert file.omissions.lines == (number,)
        assert file.omissions.describe() == f"1 damaged line was left out: line {number}."


def test_damaged_lines_are_counted(tmp_path: Path) -> None:
    lines = b"".join(jsonl(said("Jane", "x")) + b"{\n" for _ in range(13))
    notice = read(tmp_path, jsonl(HEAD) + lines).omissions.describe()
    numbers = "3, 5, 7, 9, 11, 13, 15, 17, 19, 21, …"
    assert notice == f"13 damaged lines were left out: lines {numbers}."


def test_the_command_line_says_what_was_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a chat.jsonl"
    path.write_bytes(jsonl(HEAD, said("Ember", "Hi."), said("Jane", "x", is_system=True)) + b"{")
    done = refsheet(tmp_path, "chats", "import", path)
    assert done.code == 0
    assert f"{path}: 1 damaged line was left out: line 4." in done.err
    assert [(each["speaker"], each["hidden"]) for each in messages(tmp_path)] == [
        ("Ember", False),
        ("Jane", True),
    ]
    assert "Jane: [hidden from the model] x" in refsheet(tmp_path, "chats", "show", "1").out


@pytest.mark.parametrize("share", range(10))
@pytest.mark.parametrize("name", ["jsonl", "json", "list", "roles"])
def test_a_file_cut_anywhere_is_a_chat_or_one_sentence(
    tmp_path: Path, share: int, name: str
) -> None:
    lines = jsonl(HEAD, *[said("Jane", f"line {number}") for number in range(10)])
    data = {
        "jsonl": lines,
        "json": to_json(read(tmp_path, lines).chat),
        "list": json.dumps([{"role": "user", "content": "x"}] * 9, indent=1).encode(),
        "roles": jsonl(*[{"role": "user", "content": "x"}] * 9),
    }[name]
    try:
        file = read(tmp_path, data[: len(data) * share // 10])
    except ChatFileError as error:
        assert str(tmp_path / "chat.jsonl") in error.problem
        assert "\n" not in str(error)
    else:
        assert file.chat.messages and file.omissions.lines


# Names and speakers


@pytest.mark.parametrize("name", ["unused", "{{user}}", "", None, 3, " Unused "])
def test_names_come_from_the_messages_where_the_head_has_none(tmp_path: Path, name: object) -> None:
    head = {"chat_metadata": {"integrity": "x"}, "user_name": name, "character_name": name}
    chat = read(tmp_path, jsonl(head, said("Ember", "Hello."), said("Jane", "Hi."))).chat
    assert (chat.character, chat.user_name) == ("Ember", "Jane")
    library = Library.open(tmp_path / "library")
    saved = import_chat(library, chat, None)
    library.tree.add_message(saved.id, saved.leaf, "model", "New", finish="end_of_turn")
    lines = exported(export_chat(library, library.chats.get_chat(saved.id)))
    assert lines[0] == {**lines[0], **head}
    assert [line["name"] for line in lines[1:]] == ["Ember", "Jane", "Ember"]


@pytest.mark.parametrize("heads", [[], [{**HEAD, "user_name": "unused"}]])
@pytest.mark.parametrize("place", [0, 2, 4])
def test_everyone_in_a_group_keeps_their_name(
    tmp_path: Path, heads: list[object], place: int
) -> None:
    lines: list[object] = [
        said("Ada", "I am Ada."),
        said("Bo", "I am Bo."),
        said("Jane", "Hello both."),
        said("Bo", "Bo: Hi."),
    ]
    file = read(tmp_path, jsonl(*lines[:place], *heads, *lines[place:]))
    assert not file.omissions.lines
    assert [each.speaker for each in file.chat.messages] == ["Ada", "Bo", "Jane", "Bo"]
    assert told(tmp_path, file.chat) == [
        ("user", ""),
        ("model", "Ada: I am Ada.\nBo: I am Bo."),
        ("user", "Hello both."),
        ("model", "Bo: Hi."),
    ]
    assert [line["name"] for line in exported(file.chat)[1:]] == ["Ada", "Bo", "Jane", "Bo"]
    page = to_markdown(file.chat).decode()
    assert "**Ada:**\n\nI am Ada." in page and "**Bo:**\n\nI am Bo." in page


def test_one_line_is_a_chat(tmp_path: Path) -> None:
    for data in (jsonl(said("Ada", "Hi.")), json.dumps([said("Ada", "Hi.")]).encode()):
        assert texts(read(tmp_path, data).chat) == ["Hi."]


def test_the_note_of_a_chat_comes_in_and_goes_out(tmp_path: Path) -> None:
    metadata = {"note_prompt": "Be brief.", "note_interval": 4, "note_depth": 2}
    chat = read(tmp_path, jsonl({**HEAD, "chat_metadata": metadata}, said("Ember", "Hi."))).chat
    assert chat.note == "Be brief."
    assert exported(chat)[0]["chat_metadata"] == metadata
    changed = PortableChat(chat.messages, chat.leaf, note="Be loud.", extra=chat.extra)
    assert exported(changed)[0]["chat_metadata"] == {**metadata, "note_prompt": "Be loud."}
    metadata["note_interval"] = 0  # never told
    head = {**HEAD, "chat_metadata": metadata}
    assert read(tmp_path, jsonl(head, said("Ember", "Hi."))).chat.note == ""


# Swipes


@pytest.mark.parametrize(
    ("line", "swipes", "chosen"),
    [
        ({"mes": "C", "swipes": ["A", "B", "C"]}, ["A", "B", "C"], 2),
        ({"mes": "C", "swipes": ["A", "B", "C"], "swipe_id": 7}, ["A", "B", "C"], 2),
        ({"mes": "C", "swipes": ["A", "B", "C"], "swipe_id": -1}, ["A", "B", "C"], 2),
        ({"mes": "C", "swipes": ["A", "B", "C"], "swipe_id": None}, ["A", "B", "C"], 2),
        ({"mes": "C", "swipes": ["A", "B", "C"], "swipe_id": "0"}, ["A", "B", "C"], 2),
        ({"mes": "A", "swipes": ["A", "A"], "swipe_id": "1"}, ["A", "A"], 1),
        ({"mes": "B", "swipes": ["A", "B"], "swipe_id": True}, ["A", "B"], 1),
        ({"mes": "B", "swipes": ["A", "B"], "swipe_id": 1.5}, ["A", "B"], 1),
        ({"mes": "D", "swipes": ["A", "B"], "swipe_id": 1}, ["A", "B", "D"], 2),
        ({"mes": "D", "swipes": ["A", "B"]}, ["A", "B", "D"], 2),
        ({"mes": "B", "swipes": [None, "B"], "swipe_id": 1}, ["", "B"], 1),
        ({"mes": "", "swipes": ["A", "B"], "swipe_id": 1}, ["A", "B"], 1),
        ({"swipes": ["A", "B"], "swipe_id": 1}, ["A", "B"], 1),
        ({"mes": "A", "swipes": []}, ["A"], 0),
        ({"mes": "A", "swipes": None, "swipe_id": 3}, ["A"], 0),
        ({"mes": "A", "swipes": "A"}, ["A"], 0),
        ({"mes": "A", "swipes": {"0": "A"}}, ["A"], 0),
    ],
)
@pytest.mark.parametrize("is_user", [True, False])
def test_all_swipes_are_kept_and_the_shown_one_is_chosen(
    tmp_path: Path, line: dict[str, Any], swipes: list[str], chosen: int, is_user: bool
) -> None:
    chat = read(tmp_path, jsonl(HEAD, {"is_user": is_user, **line}, said("Jane", "Hm."))).chat
    assert [each.text for each in chat.messages] == [*swipes, "Hm."]
    assert chat.path() == (chosen, len(swipes))
    out = exported(chat)[1]
    assert out["mes"] == swipes[chosen]
    if len(swipes) > 1:
        listed = line["swipes"] if len(line["swipes"]) == len(swipes) else swipes
        assert (out["swipes"], out["swipe_id"]) == (listed, chosen)
    else:
        assert line.items() <= out.items()


def test_the_values_of_each_swipe_are_stored_once(tmp_path: Path) -> None:
    infos = [{"send_date": f"2024-01-0{n}T00:00:00Z", "extra": {"r": "x" * 999}} for n in (1, 2, 3)]
    values = {"swipes": ["A", "B", "C"], "swipe_id": 1, "swipe_info": infos, "z": "y" * 5000}
    line = said("Ember", "B", extra={"r": "x" * 999}, send_date="2024-01-02T00:00:00Z", **values)
    data = jsonl(HEAD, line)
    chat = read(tmp_path, data).chat
    assert len(to_json(chat)) < len(data) + 3000
    assert exported(chat)[1] == line
    assert [each.created for each in chat.messages] == [
        datetime.fromisoformat(f"2024-01-0{n}T00:00:00+00:00").timestamp() for n in (1, 2, 3)
    ]
    other = PortableChat(chat.messages, 2, extra=chat.extra)
    assert exported(other)[1] == {**line, **infos[2], "mes": "C", "swipe_id": 2}


@pytest.mark.parametrize(
    "infos", [None, {}, [], "x", [None], [{}, 3], [{}, {}, {}, {}], [{"a": 1}]]
)
def test_odd_information_of_swipes_goes_out_as_it_came(tmp_path: Path, infos: object) -> None:
    line = said("Ember", "B", swipes=["A", "B"], swipe_id=1, swipe_info=infos)
    assert line.items() <= exported(read(tmp_path, jsonl(HEAD, line)).chat)[1].items()


# In, out, and in again

NAMES = st.sampled_from(["Jane", "Ember", "Ada", "unused", "", "{{user}}"])
WORDS = st.text(max_size=9)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)
INFOS = st.fixed_dictionaries({}, optional={"send_date": VALUES, "extra": VALUES, "x": VALUES})
UNKNOWN = {"extra": VALUES, "gen_id": VALUES, "force_avatar": VALUES, "own": VALUES}
LINES = st.fixed_dictionaries(
    {"mes": WORDS | st.none()},
    optional={
        "name": NAMES,
        "is_user": st.booleans(),
        "is_system": st.booleans(),
        "send_date": VALUES | st.just("April 5, 2024 3:14pm"),
        "swipes": st.lists(WORDS | st.none(), max_size=3) | VALUES,
        "swipe_id": st.integers(-2, 4) | VALUES,
        "swipe_info": st.lists(INFOS | VALUES, max_size=4) | VALUES,
        **UNKNOWN,
    },
)
HEADS = st.fixed_dictionaries(
    {"user_name": NAMES},
    optional={
        "character_name": NAMES,
        "create_date": VALUES,
        "chat_metadata": st.fixed_dictionaries({}, optional={"note_prompt": WORDS, "x": VALUES}),
        "own": VALUES,
    },
)


@settings(max_examples=150, deadline=None)
@given(st.none() | HEADS, st.lists(LINES, min_size=1, max_size=4))
def test_in_and_out_and_in_again_is_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    head: dict[str, Any] | None,
    lines: list[dict[str, Any]],
) -> None:
    folder = tmp_path_factory.mktemp("files")
    first = read(folder, jsonl(*([head] if head else []), *lines))
    assert not first.omissions.describe()
    library = Library.open(folder / "library")
    saved = import_chat(library, first.chat, None)
    out = exported(export_chat(library, library.chats.get_chat(saved.id)))
    library.close()
    if head:
        assert head.items() <= out[0].items()
    for before, after in zip(lines, out[1:], strict=True):
        for key in before.keys() & UNKNOWN.keys():
            assert after[key] == before[key]
        listed = before.get("swipes") if isinstance(before.get("swipes"), list) else None
        if not listed or (before["mes"] and clean_text(before["mes"])):
            assert after["mes"] == before["mes"]
        if listed:
            assert after["swipes"][: len(listed)] == listed
    second = read(folder, jsonl(*out))
    assert exported(second.chat) == out
    assert read(folder, jsonl(*exported(second.chat))) == second
    for one, two in zip(first.chat.messages, second.chat.messages, strict=True):
        assert (one.parent, one.role, one.text) == (two.parent, two.role, two.text)
        assert (one.is_hidden, one.finish) == (two.is_hidden, two.finish)
        assert one.speaker in ("", two.speaker)
    assert (first.chat.leaf, first.chat.note) == (second.chat.leaf, second.chat.note)
