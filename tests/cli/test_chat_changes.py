"""Changes to saved chats without talking in them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from helpers.command import refsheet
from helpers.library_command import TALK, add, chats, messages, read


def create_chat(home: Path) -> None:
    add(home, "Ember", "--greeting", "Roar!", "--description", "A red dragon.")
    done = refsheet(home, "talk", "Ember", "--save", *TALK, stdin=b"Hi\n")
    assert done.code == 0, done.err


def test_a_chat_is_renamed_and_takes_its_first_words_again(tmp_path: Path) -> None:
    create_chat(tmp_path)
    refsheet(tmp_path, "chats", "rename", "1", "First\x1b meeting\x9d")
    assert chats(tmp_path)[0]["title"] == "First meeting"
    refsheet(tmp_path, "chats", "rename", "1", "")
    assert chats(tmp_path)[0]["title"] == "Hi"


def test_a_message_is_deleted_and_comes_back(tmp_path: Path) -> None:
    create_chat(tmp_path)
    messages_text = messages(tmp_path)[2]["text"].split()[0]
    assert read(tmp_path, "chats", "search", messages_text)["matches"] != []
    done = refsheet(tmp_path, "chats", "delete", "1", "--message", "2")
    assert "refsheet chats delete 1 --message 2 --undo" in done.out
    assert [each["text"] for each in messages(tmp_path)] == ["Roar!"]
    refsheet(tmp_path, "chats", "delete", "1", "--message", "2", "--undo")
    assert len(messages(tmp_path)) == 3
    refsheet(tmp_path, "chats", "delete", "1", "--message", "2")
    gone = refsheet(tmp_path, "chats", "goto", "1", "3")
    assert gone.code == 1 and "refsheet chats delete 1 --message 3 --undo" in gone.problem
    assert read(tmp_path, "chats", "search", messages_text)["matches"] == []
    refsheet(tmp_path, "chats", "delete", "1", "--message", "3", "--undo")
    assert len(messages(tmp_path)) == 3
    other = refsheet(tmp_path, "chats", "delete", "1", "--message", "44")
    assert other.code == 1 and "This message doesn't exist" in other.problem


def test_all_of_a_chat_is_shown_with_what_it_answers(tmp_path: Path) -> None:
    create_chat(tmp_path)
    refsheet(tmp_path, "talk", "--chat", "1", *TALK, stdin=b"/again\n")
    shown = refsheet(tmp_path, "chats", "show", "1", "--all").out
    assert "* [1] Ember: Roar!" in shown
    assert "* [2, answers 1] You: Hi" in shown
    assert "  [3, answers 2] Ember:" in shown and "* [4, answers 2] Ember:" in shown


def test_a_chat_moves_to_the_character_s_new_version_only_on_request(tmp_path: Path) -> None:
    create_chat(tmp_path)
    refsheet(tmp_path, "characters", "edit", "Ember", "--description", "A green dragon.")
    dump = ("talk", "--chat", "1", "--dump-prompt")
    assert "red" in refsheet(tmp_path, *dump).out
    done = refsheet(tmp_path, "chats", "update", "1")
    assert "green" in refsheet(tmp_path, *dump).out
    undo = done.out.split("refsheet ")[-1].split()
    refsheet(tmp_path, *undo)
    assert "red" in refsheet(tmp_path, *dump).out
    again = refsheet(tmp_path, "chats", "update", "1", "--version", "1")
    assert "already" in again.out


def test_what_can_be_taken_back_is_not_gone_at_the_next_start(tmp_path: Path) -> None:
    create_chat(tmp_path)
    refsheet(tmp_path, "characters", "edit", "Ember", "--description", "A green dragon.")
    connection = sqlite3.connect(tmp_path / "data" / "library.db")
    connection.execute("UPDATE character_versions SET created = 1.0")
    connection.commit()
    connection.close()
    refsheet(tmp_path, "chats", "update", "1")
    assert refsheet(tmp_path, "chats", "update", "1", "--version", "1").code == 0
    assert refsheet(tmp_path, "characters", "edit", "Ember", "--undo").code == 0


def test_what_was_deleted_together_comes_back_together(tmp_path: Path) -> None:
    """Messages that were deleted together are restored together, one after the other."""
    create_chat(tmp_path)
    refsheet(tmp_path, "talk", "--chat", "1", *TALK, stdin=b"/again\n")
    everything = len(messages(tmp_path, 1, "--all"))
    for message in ("4", "2"):
        refsheet(tmp_path, "chats", "delete", "1", "--message", message)
    assert len(messages(tmp_path, 1, "--all")) == 1
    for message in ("4", "2"):
        refsheet(tmp_path, "chats", "delete", "1", "--message", message, "--undo")
    assert len(messages(tmp_path, 1, "--all")) == everything


def test_a_chat_is_never_moved_to_somebody_else(tmp_path: Path) -> None:
    create_chat(tmp_path)
    add(tmp_path, "Other")
    done = refsheet(tmp_path, "chats", "update", "1", "--version", "2")
    assert done.code == 1 and "another character" in done.problem


def test_a_note_of_a_chat_is_shown_and_told(tmp_path: Path) -> None:
    create_chat(tmp_path)
    refsheet(tmp_path, "chats", "note", "1", "Be brief.")
    assert refsheet(tmp_path, "chats", "note", "1").out == "Be brief.\n"
    refsheet(tmp_path, "talk", "--chat", "1", *TALK, stdin=b"Well?\n")
    assert messages(tmp_path)[-2]["asides"] == ["Be brief."]
    assert read(tmp_path, "chats", "list")["chats"][0]["id"] == 1
