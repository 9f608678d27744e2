"""Importing and exporting chats: nothing is lost, and no file can do harm."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from helpers.cost import MIB, assert_cheap
from helpers.library import add_ember
from refsheet_tui.chats.files import (
    export_chat,
    import_chat,
    read_chat,
    to_json,
    to_jsonl,
    to_markdown,
)
from refsheet_tui.chats.files.portable import PortableChat
from refsheet_tui.chats.library import Library
from refsheet_tui.chats.messages import PortableMessage
from refsheet_tui.errors import ChatFileError
from refsheet_tui.paths import samples_dir
from refsheet_tui.prompting.turns import Role
from refsheet_tui.untrusted import clean_text, one_line

PICTURE = (samples_dir() / "miso.png").read_bytes()
HEAD: dict[str, Any] = {
    "user_name": "Jane",
    "character_name": "Ember",
    "create_date": "2024-01-01@10h00m00s",
    "chat_metadata": {"note_prompt": "x", "tainted": True},
}
SAID: list[dict[str, Any]] = [
    {
        "name": "Ember",
        "is_user": False,
        "is_system": False,
        "send_date": "June 19, 2023 2:20pm",
        "mes": "Hello!",
        "extra": {"api": "x"},
        "swipes": ["Roar!", "Hello!"],
        "swipe_id": 1,
        "swipe_info": [{"a": 1}, {"b": 2}],
    },
    {
        "name": "Jane",
        "is_user": True,
        "send_date": 1687184400000,
        "mes": "Who are\nyou?",
        "extra": {},
    },
    {
        "name": "Ember",
        "is_user": False,
        "send_date": "2023-06-19T14:21:00.000Z",
        "mes": "A dragon.",
        "extra": {},
        "force_avatar": "x.png",
    },
]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path / "library")


def jsonl(*lines: object) -> bytes:
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\r\n" for line in lines)


def read(folder: Path, data: bytes) -> PortableChat:
    path = folder / "chat"
    path.write_bytes(data)
    return read_chat(path).chat


def test_a_chat_of_sillytavern_comes_in_with_its_swipes(tmp_path: Path, library: Library) -> None:
    ember = add_ember(library)
    chat = import_chat(library, read(tmp_path, jsonl(HEAD, *SAID)), ember.version)
    assert chat.leaf is not None
    path = library.tree.path_to(chat.leaf)
    assert [message.text for message in path] == ["Hello!", "Who are\nyou?", "A dragon."]
    assert [message.role for message in path] == ["model", "user", "model"]
    assert len(library.tree.siblings(path[0])) == 2
    assert path[1].created == 1687184400
    assert path[0].created < path[2].created
    assert not path[2].is_unfinished


def test_and_goes_out_as_it_came(tmp_path: Path, library: Library) -> None:
    chat = import_chat(library, read(tmp_path, jsonl(HEAD, *SAID)), None)
    lines = [json.loads(line) for line in to_jsonl(export_chat(library, chat)).splitlines()]
    assert lines[0] == HEAD
    for before, after in zip(SAID, lines[1:], strict=True):
        assert before.items() <= after.items()


def test_a_chat_of_ours_is_one_that_sillytavern_reads(library: Library) -> None:
    chat = library.chats.create_chat(add_ember(library, person="Jane").version)
    first = library.tree.add_message(chat.id, None, "model", "Hi", finish="end_of_turn")
    second = library.tree.add_message(chat.id, None, "model", "Hello", finish="end_of_turn")
    library.tree.add_message(chat.id, second.id, "user", "Who?")
    head, greeting, question = (
        json.loads(line)
        for line in to_jsonl(export_chat(library, library.chats.get_chat(chat.id))).splitlines()
    )
    assert (head["user_name"], head["character_name"]) == ("Jane", "Ember")
    assert (greeting["swipes"], greeting["swipe_id"]) == (["Hi", "Hello"], 1)
    assert greeting["mes"] == "Hello" and greeting["is_user"] is False
    assert question["mes"] == "Who?" and question["name"] == "Jane"
    assert first.id != second.id


TEXT = st.text(max_size=12).map(clean_text)
ROLES: tuple[Role, ...] = ("user", "model")


@st.composite
def drafts(draw: st.DrawFn) -> PortableChat:
    messages: list[PortableMessage] = []
    for place in range(draw(st.integers(0, 8))):
        parents = st.none() | st.integers(0, place - 1) if place else st.none()
        messages.append(
            PortableMessage(
                draw(parents),
                draw(st.sampled_from(ROLES)),
                draw(TEXT),
                draw(st.sampled_from((None, "open", "end_of_turn", "cancelled"))),
                draw(st.floats(0, 2e9)),
                draw(st.dictionaries(TEXT, st.none() | st.integers() | TEXT, max_size=2)),
                draw(st.sampled_from(((), (PICTURE,), (PICTURE, b"other")))),
            )
        )
    leaf = draw(st.sampled_from([None, *range(len(messages))]))
    title = one_line(draw(TEXT)).strip()
    return PortableChat(tuple(messages), leaf, title, note=draw(TEXT), extra={"x": [draw(TEXT)]})


@settings(max_examples=60, deadline=None)
@given(drafts())
def test_in_and_out_and_in_again_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, draft: PortableChat
) -> None:
    folder = tmp_path_factory.mktemp("files")
    assert read(folder, to_json(draft)) == draft
    library = Library.open(folder)
    first = export_chat(library, import_chat(library, draft, None))
    second = export_chat(library, import_chat(library, read(folder, to_json(first)), None))
    assert first == second
    assert first.messages == draft.messages and first.leaf == draft.leaf
    library.close()


def test_lists_of_messages_come_in(tmp_path: Path) -> None:
    image = base64.b64encode(PICTURE).decode()
    messages = [
        {"role": "system", "content": "Be red."},
        {
            "role": "user",
            "content": [
                {"type": "image", "image": f"data:image/png;base64,{image}"},
                {"type": "text", "text": "Who is this?"},
                {"type": "image_url", "image_url": {"url": "https://example.com/x.png"}},
            ],
        },
        {"role": "assistant", "content": [{"type": "text", "text": "A cat."}]},
        {"role": "user", "content": "Sure?"},
    ]
    for content in (messages, {"messages": messages}):
        draft = read(tmp_path, json.dumps(content).encode())
        assert [message.role for message in draft.messages] == ["user", "model", "user"]
        assert draft.messages[0].text == "Be red.\n\nWho is this?"
        assert draft.messages[0].pictures == (PICTURE,)
        assert draft.path() == (0, 1, 2)


def test_a_chat_can_be_read_as_a_page(tmp_path: Path) -> None:
    page = to_markdown(read(tmp_path, jsonl(HEAD, *SAID))).decode()
    assert page.startswith("# Ember\n")
    assert "**Jane:**\n\nWho are  \nyou?" in page
    assert "Roar!" not in page


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "This isn't a RefSheet chat"),
        (b"words", "This isn't a RefSheet chat"),
        (b"{", "it isn't valid JSON"),
        (b"{}", "This isn't a RefSheet chat"),
        (b"[]", "no messages"),
        (b"[1]", "This list doesn't contain messages"),
        (b'[{"role": "root", "content": "x"}]', "has the role “root”"),
        (jsonl(HEAD, {}) + b"{\n", "All messages in the file are damaged .lines 2, 3."),
        (jsonl(HEAD) + b"{", "The only message in the file is damaged .line 2."),
        (b'[{"role": "user",\n "content" "x"}]', "line 2, column 12"),
        (jsonl(HEAD), "The file contains no messages"),
        (b'{"format": "refsheet chat", "version": 99, "messages": []}', "newer version"),
        (b'{"format": "refsheet chat", "version": 1, "leaf": 3, "messages": []}', "damaged"),
        (b'{"format": "refsheet chat", "version": 1, "messages": [{"role": "x"}]}', "damaged"),
        (b"[" * 100_000, "too deeply"),
        (jsonl(HEAD, *[{"mes": "x"}] * 100_001), "too many messages"),
    ],
)
def test_what_is_no_chat_is_told_in_a_sentence(tmp_path: Path, data: bytes, problem: str) -> None:
    with pytest.raises(ChatFileError, match=problem) as caught:
        read(tmp_path, data)
    assert caught.value.remedy.endswith(".")


BOMBS: dict[str, Callable[[], bytes]] = {
    "too large": lambda: b"[" + b" " * (64 * MIB) + b"]",
    "many short lines": lambda: jsonl(HEAD) + b'{"mes":"x"}\n' * 99_000,
    "long lines": lambda: jsonl(HEAD) + (b'{"mes":"' + b"x" * MIB + b'"}\n') * 45,
    "another encoding": lambda: jsonl(HEAD) + (b'{"mes":"\x80' + b"x" * MIB + b'"}\n') * 45,
    "long lines with wide letters": lambda: (
        jsonl(HEAD) + (b'{"mes":"' + "🐉".encode() + b"x" * 7 * MIB + b'"}\n') * 6
    ),
    "many swipes": lambda: (
        jsonl(HEAD) + (b'{"mes":"x","swipes":[' + b'"x",' * 300_000 + b'"x"]}\n') * 4
    ),
    "many swipes of a large text": lambda: (
        jsonl(HEAD) + (b'{"mes":"' + b"x" * MIB + b'","swipes":[' + b'"x",' * 90_000 + b'"x"]}\n')
    ),
    "many messages with a role": lambda: b'{"role":"user","content":"x"}\n' * 50_000,
    "many versions": lambda: (
        b'{"messages":[{"versions":[' + b'{"role":"user","content":"x"},' * 90_000 + b"{}]}]}"
    ),
    "many objects on a line": lambda: b'{"mes":"x"}' * 50_000,
    "many objects": lambda: b"[" + b"{}," * (12 * MIB) + b"{}]",
    "many numbers": lambda: b"[" + b"1," * (20 * MIB) + b"1]",
    "many strings": lambda: b"[" + b'"",' * (12 * MIB) + b'""]',
    "many escapes": lambda: b'["' + b'\\"' * (20 * MIB) + b'"]',
    "many empty lines": lambda: b"\n" * (40 * MIB),
    "empty lines behind a head": lambda: jsonl(HEAD) + b"\n" * (40 * MIB),
    "deep": lambda: jsonl(HEAD, *[{"mes": "x"}] * 9) + b'{"a":' * 100_000,
    "large numbers": lambda: jsonl(HEAD) + b'{"send_date":' + b"9" * MIB + b"}\n",
    "a large picture": lambda: to_json(
        PortableChat((PortableMessage(None, "user", "x", pictures=(bytes(32 * MIB),)),), 0)
    ),
    "own, many messages": lambda: (
        b'{"format":"refsheet chat","version":1,"messages":['
        + b",".join([b'{"role":"user","text":"x"}'] * 90_000)
        + b"]}"
    ),
}


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_little_memory_and_time(tmp_path: Path, name: str) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(BOMBS[name]())
    assert_cheap(
        path,
        "from refsheet_tui.chats.files import read_chat",
        "read_chat(Path(sys.argv[1]))",
    )


@pytest.mark.parametrize(
    "date",
    [
        1e300,
        -1e300,
        10**30,
        -1,
        "9" * 400,
        "June 19, 0001 2:20pm",
        "0001-01-01T00:00:00",
        253_402_300_799_000,
    ],
)
def test_a_time_that_is_none_is_left_out(tmp_path: Path, date: object) -> None:
    draft = read(tmp_path, jsonl(HEAD, {"mes": "Hi", "send_date": date}))
    assert draft.messages[0].created is None
    assert read(tmp_path, to_jsonl(draft)).messages[0].text == "Hi"


def test_half_a_character_harms_nobody(tmp_path: Path, library: Library) -> None:
    """Lone surrogates are replaced: a text with one can't be written to a file or the library."""
    said = [{"mes": "a\ud800b \U0001f409 \\ud800", "name": "\udfff"}, {"mes": None}]
    lines = "\n".join(map(json.dumps, [HEAD, *said])).encode()
    draft = export_chat(library, import_chat(library, read(tmp_path, lines), None))
    assert [each.text for each in draft.messages] == ["a\ufffdb \U0001f409 \\ud800", ""]
    for write in (to_json, to_jsonl, to_markdown):
        write(draft)


def test_a_number_that_could_not_be_written_again_is_none(tmp_path: Path) -> None:
    with pytest.raises(ChatFileError, match="damaged"):
        read(tmp_path, jsonl(HEAD) + b'{"mes": "Hi", "see": 6999e999}')


def test_an_end_that_is_none_is_a_usual_one(tmp_path: Path) -> None:
    content = {
        "format": "refsheet chat",
        "version": 1,
        "messages": [{"role": "model", "text": "x", "finish": "\ud800"}],
    }
    assert read(tmp_path, json.dumps(content).encode()).messages[0].finish == "end_of_turn"


def test_a_picture_that_is_gone_does_not_keep_a_chat_from_going_out(library: Library) -> None:
    picture = samples_dir() / "miso.png"
    chat = library.chats.create_chat(None)
    said = library.tree.add_message(chat.id, None, "user", "Look!", pictures=[picture])
    library.tree.picture_path(said.pictures[0]).unlink()
    draft = export_chat(library, library.chats.get_chat(chat.id))
    assert [each.text for each in draft.messages] == ["Look!"]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_damage_is_a_chat_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = data.draw(st.sampled_from(WHOLE))
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(0, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    try:
        draft = read(tmp_path_factory.mktemp("damage"), bytes(changed))
    except ChatFileError as error:
        assert error.problem and error.remedy
    else:
        assert all(message.text == clean_text(message.text) for message in draft.messages)
        assert draft.path() is not None


MESSAGES = (
    PortableMessage(None, "model", "Hi", "end_of_turn", 1.0),
    PortableMessage(0, "user", "Hello", None, 2.0, {"x": 1}, (b"picture",)),
)
WHOLE = (
    jsonl(HEAD, *SAID),
    to_json(PortableChat(MESSAGES, 1, "A chat")),
    json.dumps([{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]).encode(),
)
