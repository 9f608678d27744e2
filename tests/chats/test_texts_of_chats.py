"""The texts of imported chats: readable on the screen, and exported as they came in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from refsheet_tui.chats import Branch
from refsheet_tui.chats.files import (
    PortableChat,
    export_chat,
    import_chat,
    read_chat,
    to_json,
    to_jsonl,
)
from refsheet_tui.chats.library import Library

HEAD: dict[str, Any] = {"user_name": "Jane", "character_name": "Ember", "chat_metadata": {}}


def line(text: object, **values: object) -> dict[str, Any]:
    return {"name": "Ember", "is_user": False, "is_system": False, "mes": text, **values}


def read(folder: Path, *lines: object) -> PortableChat:
    path = folder / "chat.jsonl"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in (HEAD, *lines)))
    return read_chat(path).chat


def exported(chat: PortableChat) -> list[dict[str, Any]]:
    return [json.loads(each) for each in to_jsonl(chat).splitlines()][1:]


def through_library(folder: Path, chat: PortableChat) -> list[dict[str, Any]]:
    library = Library.open(folder / "library")
    saved = import_chat(library, chat, None)
    lines = exported(export_chat(library, library.chats.get_chat(saved.id)))
    library.close()
    return lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("\x1b[31mred\x07", "[31mred"),
        ("nul\0l", "null"),
        ("a\u202eb", "ab"),
        (None, ""),
        ("", ""),
        ("  hi \n", "  hi \n"),
        ("â€œHiâ€\x9d", "“Hi”"),
        ("â€œHiâ€\u009d cafÃ©", "“Hi” café"),
        ("Don\u0092t use \u0093smart\u0094 quotes \u0085", "Don’t use “smart” quotes …"),
        ("Ÿ \u0080", "Ÿ €"),
        ("CAFÉ…", "CAFÉ…"),
        ({"text": "hi\0"}, "hi"),
        ([{"type": "text", "text": "hi"}], "hi"),
        (["a", "b"], "a\nb"),
        ({"mes": "hi"}, "hi"),
        ({"mes": {"x": 1}}, ""),
        (12, "12"),
        (True, "true"),
    ],
)
@pytest.mark.parametrize("is_swipe", [False, True])
def test_a_text_is_shown_clean_and_exported_as_it_came(
    tmp_path: Path, text: object, shown: str, is_swipe: bool
) -> None:
    said = line(text)
    if is_swipe:
        said |= {"mes": text if shown else "x", "swipes": [text, "x"], "swipe_id": int(not shown)}
    chat = read(tmp_path, said)
    assert chat.messages[0].text == shown
    (out,) = through_library(tmp_path, chat)
    assert out == {**out, **said}
    again = json.loads(to_json(chat))["messages"][0]
    assert again["text"] == shown


@pytest.mark.parametrize("is_user", [True, False, "true", "false", 1, 0, None])
def test_the_side_is_exported_as_it_came(tmp_path: Path, is_user: object) -> None:
    chat = read(tmp_path, line("Hi", is_user=is_user))
    assert chat.messages[0].role == ("user" if is_user in (True, "true") else "model")
    assert through_library(tmp_path, chat)[0]["is_user"] == is_user


@pytest.mark.parametrize(
    ("text", "swipes"), [("l", ["l ", " l"]), (" l", ["l ", " l"]), ("l\r\n", ["x", "l\n"])]
)
def test_spaces_make_no_other_swipe(tmp_path: Path, text: str, swipes: list[str]) -> None:
    said = line(text, swipes=swipes)
    chat = read(tmp_path, said)
    assert len(chat.messages) == 2
    out = through_library(tmp_path, chat)[0]
    assert (out["mes"], out["swipes"]) == (text, swipes)


def test_a_text_that_was_changed_is_exported_changed(tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library")
    saved = import_chat(library, read(tmp_path, line("a\r\nb")), None)
    branch = Branch(library.tree, saved.id, saved.leaf)
    last = branch.last_message
    assert last is not None
    library.tree.update_message(last.id, "a\nb and on", "end_of_turn")
    assert exported(export_chat(library, saved))[0]["mes"] == "a\nb and on"
    branch.replace(last, "c")
    out = exported(export_chat(library, library.chats.get_chat(saved.id)))[0]
    assert (out["mes"], out["swipes"]) == ("c", ["a\nb and on", "c"])
    library.close()


def test_a_cleaned_message_of_a_list_keeps_its_text(tmp_path: Path) -> None:
    path = tmp_path / "chat.json"
    path.write_text(json.dumps([{"role": "user", "content": "a\x1bb"}]))
    chat = read_chat(path).chat
    assert (chat.messages[0].text, chat.messages[0].extra) == ("ab", {"original": "a\x1bb"})


@pytest.mark.parametrize("byte", [b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d"])
def test_a_byte_without_a_meaning_harms_no_other(tmp_path: Path, byte: bytes) -> None:
    path = tmp_path / "chat.jsonl"
    path.write_bytes(b'{"mes": "\x93Don\x92t\x94' + byte + b'"}\n{"mes": "x"}\n')
    assert read_chat(path).chat.messages[0].text == "“Don’t”"


def test_a_chat_is_titled_with_the_swipe_that_it_shows(tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library")
    said = {**line("U2", swipes=["U1", "U2"], swipe_id=1), "is_user": True}
    saved = import_chat(library, read(tmp_path, said), None)
    assert saved.title == "U2"
    library.close()
