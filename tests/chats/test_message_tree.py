"""The message tree: nothing is overwritten, and the user can return to every message."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from helpers.library import add_ember, saved_picture_names
from refsheet_tui.chats.library import Library
from refsheet_tui.chats.messages import Message
from refsheet_tui.errors import NotFoundError
from refsheet_tui.paths import samples_dir


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path)


def texts(library: Library, leaf: int | None) -> list[str]:
    assert leaf is not None
    return [message.text for message in library.tree.path_to(leaf)]


def a_chat(library: Library) -> tuple[int, Message, Message, Message]:
    """Add a chat of three messages, and return its number, greeting, question and answer."""
    chat = library.chats.create_chat(add_ember(library).version).id
    greeting = library.tree.add_message(chat, None, "model", "Hello!", finish="end_of_turn")
    question = library.tree.add_message(chat, greeting.id, "user", "Who are you?")
    answer = library.tree.add_message(chat, question.id, "model", "A dragon.", finish="end_of_turn")
    return chat, greeting, question, answer


def test_a_chat_ends_with_what_was_said_last(library: Library) -> None:
    chat, _, _, answer = a_chat(library)
    assert library.chats.get_chat(chat).leaf == answer.id
    assert texts(library, answer.id) == ["Hello!", "Who are you?", "A dragon."]
    assert library.tree.get_message(answer.id) == answer


def test_another_answer_is_beside_the_first(library: Library) -> None:
    chat, _, question, first = a_chat(library)
    second = library.tree.add_message(chat, question.id, "model", "Ember.", finish="end_of_turn")
    assert library.tree.siblings(first) == library.tree.siblings(second) == (first.id, second.id)
    assert library.chats.get_chat(chat).leaf == second.id
    library.tree.select_newest_leaf(first)
    assert library.chats.get_chat(chat).leaf == first.id


def test_an_edited_question_keeps_what_was_answered_before(library: Library) -> None:
    chat, greeting, question, answer = a_chat(library)
    edited = library.tree.add_message(chat, greeting.id, "user", "What are you?")
    new = library.tree.add_message(chat, edited.id, "model", "Red.", finish="end_of_turn")
    assert texts(library, new.id) == ["Hello!", "What are you?", "Red."]
    assert library.tree.select_newest_leaf(question).id == answer.id


def test_greetings_are_siblings_too(library: Library) -> None:
    chat, greeting, _, answer = a_chat(library)
    other = library.tree.add_message(chat, None, "model", "Hi!", finish="end_of_turn")
    assert library.tree.siblings(greeting) == (greeting.id, other.id)
    assert library.tree.select_newest_leaf(greeting).id == answer.id


def test_what_was_deleted_can_be_brought_back(library: Library) -> None:
    chat, greeting, question, answer = a_chat(library)
    assert library.tree.delete_message(question) == library.tree.get_message(greeting.id)
    assert library.chats.get_chat(chat).leaf == greeting.id
    assert library.tree.undelete_message(question).id == answer.id
    assert texts(library, library.chats.get_chat(chat).leaf) == [
        "Hello!",
        "Who are you?",
        "A dragon.",
    ]


def test_what_is_deleted_elsewhere_leaves_the_end_alone(library: Library) -> None:
    chat, _, question, first = a_chat(library)
    second = library.tree.add_message(chat, question.id, "model", "Ember.", finish="end_of_turn")
    assert library.tree.delete_message(first) == second
    assert library.chats.get_chat(chat).leaf == second.id


def test_a_deleted_answer_gives_way_to_the_one_beside_it(library: Library) -> None:
    chat, _, question, first = a_chat(library)
    second = library.tree.add_message(chat, question.id, "model", "Ember.", finish="end_of_turn")
    assert library.tree.delete_message(second) == first
    assert library.tree.siblings(first) == (first.id,)
    assert library.chats.get_chat(chat).leaf == first.id


def test_what_stays_deleted_is_gone_for_good_with_all_that_came_of_it(library: Library) -> None:
    chat, greeting, question, answer = a_chat(library)
    library.tree.delete_message(question)
    library.chats.purge_deleted(0)
    for gone in (question, answer):
        with pytest.raises(NotFoundError):
            library.tree.get_message(gone.id)
    assert texts(library, library.chats.get_chat(chat).leaf) == [greeting.text]


def test_a_reply_that_was_cut_off_says_so(library: Library) -> None:
    chat, _, question, _ = a_chat(library)
    reply = library.tree.add_message(chat, question.id, "model", "", finish="open")
    library.tree.update_message(reply.id, "A dra")
    assert library.tree.get_message(reply.id).is_unfinished
    library.tree.update_message(reply.id, "A dragon.", "end_of_turn")
    assert not library.tree.get_message(reply.id).is_unfinished
    assert not library.tree.get_message(question.id).is_unfinished


def test_pictures_of_a_message_stay_with_it(library: Library) -> None:
    chat = library.chats.create_chat(None).id
    pictures = [samples_dir() / "ember.png", samples_dir() / "miso.png"]
    said = library.tree.add_message(chat, None, "user", "Look!", pictures=pictures)
    (found,) = library.tree.path_to(said.id)
    assert found.pictures == said.pictures
    kept = [library.tree.picture_path(sha256).read_bytes() for sha256 in found.pictures]
    assert kept == [picture.read_bytes() for picture in pictures]
    library.chats.delete_chat(chat)
    library.chats.purge_deleted(0)
    assert saved_picture_names(library) == set()


def test_a_chat_is_called_by_what_the_person_said_first(library: Library) -> None:
    chat = library.chats.create_chat(None).id
    greeting = library.tree.add_message(chat, None, "model", "", finish="open")
    library.tree.update_message(greeting.id, "Hello\nthere", "end_of_turn")
    assert library.chats.get_chat(chat).title == "Hello there"
    first = library.tree.add_message(chat, greeting.id, "user", "Who are you?")
    library.tree.add_message(chat, first.id, "user", "Really?")
    assert library.chats.get_chat(chat).title == "Who are you?"
    library.chats.rename_chat(chat, " First\tmeeting ")
    assert library.chats.get_chat(chat).title == "First meeting"
    library.chats.rename_chat(chat, "")
    assert library.chats.get_chat(chat).title == "Who are you?"


def test_chats_are_listed_by_last_use_and_by_character(library: Library) -> None:
    ember, other = add_ember(library), add_ember(library, name="Other")
    chats = [library.chats.create_chat(each.version) for each in (ember, other, ember)]
    library.tree.add_message(chats[0].id, None, "user", "Hello")
    assert [chat.id for chat in library.chats.latest_chats()] == [
        chats[0].id,
        chats[2].id,
        chats[1].id,
    ]
    assert [chat.id for chat in library.chats.latest_chats(1)] == [chats[0].id]
    assert [chat.id for chat in library.chats.latest_chats(character=other.id)] == [chats[1].id]
    library.chats.delete_chat(chats[0].id)
    assert [chat.id for chat in library.chats.latest_chats()] == [chats[2].id, chats[1].id]
    library.chats.undelete_chat(chats[0].id)
    assert len(list(library.chats.latest_chats())) == 3


def test_drafts_and_notes_stay(library: Library) -> None:
    chat = library.chats.create_chat(None).id
    library.chats.save_draft(chat, "Dear Em")
    library.chats.set_note(chat, "Be short.")
    assert (library.chats.get_chat(chat).draft, library.chats.get_chat(chat).note) == (
        "Dear Em",
        "Be short.",
    )


def test_a_chat_of_thousands_of_messages_can_be_walked_and_removed(library: Library) -> None:
    """The tree is deeper than SQLite's limit for triggers that call each other."""
    chat = library.chats.create_chat(None).id
    with library.database.transaction() as connection:
        connection.executemany(
            "INSERT INTO messages (id, chat, parent, role, text, created)"
            " VALUES (?, ?, ?, 'user', ?, 0)",
            [(n, chat, n - 1 or None, f"message {n}") for n in range(1, 5001)],
        )
    assert len(library.tree.path_to(5000)) == 5000
    assert library.tree.select_newest_leaf(library.tree.get_message(1)).id == 5000
    library.chats.delete_chat(chat)
    library.chats.purge_deleted(0)
    assert library.database.fetch_row("SELECT count(*) FROM messages") == (0,)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(("answer", "beside", "back", "delete")), st.integers(0))))
def test_whatever_is_done_the_chat_ends_somewhere_that_is_there(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    library = Library.open(tmp_path_factory.mktemp("tree"))
    chat = library.chats.create_chat(None).id
    said: list[Message] = []
    for step, which in steps:
        leaf = library.chats.get_chat(chat).leaf
        chosen = said[which % len(said)] if said else None
        if step == "answer" or chosen is None:
            said.append(library.tree.add_message(chat, leaf, "user", f"{len(said)}"))
        elif step == "beside":
            said.append(library.tree.add_message(chat, chosen.parent, "user", f"{len(said)}"))
        elif step == "back":
            library.tree.undelete_message(chosen)
        else:
            library.tree.delete_message(chosen)
        leaf = library.chats.get_chat(chat).leaf
        if leaf is not None:
            path = library.tree.path_to(leaf)
            assert path[-1].id == leaf and path[0].parent is None
            seen = ", ".join(str(each.id) for each in path)
            deleted = f"SELECT id FROM messages WHERE deleted NOT NULL AND id IN ({seen})"
            assert library.database.fetch_rows(deleted) == []
    assert library.database.fetch_row("PRAGMA integrity_check") == ("ok",)
    library.database.close()
