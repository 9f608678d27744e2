"""Messages that are hidden from the model stand in a chat, and change nothing that it reads."""

from __future__ import annotations

import pytest

from helpers.conversations import demo_vision, unsaved_branch
from refsheet_tui.chats import Branch, Conversation
from refsheet_tui.chats.turns import text_of
from refsheet_tui.engine import GenerationSettings, LocalEngine
from refsheet_tui.errors import UsageError
from refsheet_tui.prompting import Role, Turn

OPENING = Turn("user", ("You are Ember.",))


def add(branch: Branch, role: Role, text: str, **extra: object) -> None:
    finish = "end_of_turn" if role == "model" else None
    message = branch.tree.add_message(
        branch.chat, branch.leaf, role, text, finish=finish, extra=extra
    )
    branch.move_to(message.id)


def texts(branch: Branch) -> list[str]:
    return [message.text for message in branch.path]


def conversation(branch: Branch, opening: Turn | None = OPENING) -> Conversation:
    return Conversation(LocalEngine(), GenerationSettings(), demo_vision(), branch, opening)


@pytest.fixture
def branch() -> Branch:
    """Return a chat with hidden messages between and behind the others."""
    branch = unsaved_branch()
    add(branch, "model", "Hello.")
    add(branch, "user", "Who are you?")
    add(branch, "model", "hidden 1", hidden=True)
    add(branch, "model", "A dragon.")
    add(branch, "user", "hidden 2", hidden=True)
    add(branch, "model", "hidden 3", hidden=True)
    return branch


def test_the_last_reply_is_one_that_the_model_knows(branch: Branch) -> None:
    assert branch.ends_with_reply and branch.last_message is not None
    assert branch.last_message.text == "A dragon."


def test_a_reply_is_regenerated_behind_the_hidden_messages_before_it(branch: Branch) -> None:
    branch.remove_last_reply()
    assert texts(branch) == ["Hello.", "Who are you?", "hidden 1"]
    branch.add_reply("A bird.")
    assert branch.swipe(-1)
    assert texts(branch)[3:] == ["A dragon.", "hidden 2", "hidden 3"]
    assert branch.swipe(1)
    assert texts(branch)[3:] == ["A bird."]


def test_the_only_reply_is_regenerated_at_the_beginning() -> None:
    branch = unsaved_branch()
    add(branch, "user", "hidden", hidden=True)
    add(branch, "model", "Hello.")
    branch.remove_last_reply()
    assert texts(branch) == ["hidden"]
    branch.remove_last_reply()
    assert texts(branch) == ["hidden"]


def test_a_continued_reply_stays_before_the_hidden_messages(branch: Branch) -> None:
    last = branch.last_message
    assert last is not None
    number = branch.save_reply("A dragon, and red.", "end_of_turn", last.id, branch.leaf)
    branch.end_reply(number)
    assert texts(branch)[3:] == ["A dragon, and red.", "hidden 2", "hidden 3"]


@pytest.mark.parametrize("role", ["user", "model"])
def test_an_edited_message_stays_hidden_and_keeps_its_speaker(role: Role) -> None:
    branch = unsaved_branch()
    add(branch, role, "SECRET", hidden=True, speaker="Ada")
    edited = conversation(branch).edit(branch.path[0], "SECRETS")
    assert (edited.text, edited.is_hidden, edited.speaker) == ("SECRETS", True, "Ada")
    assert branch.tree.get_message(edited.id).is_hidden
    assert [text_of(turn) for turn in conversation(branch).turns] == ["You are Ember."]


def test_only_a_message_that_the_model_is_told_is_the_last_one_to_edit(branch: Branch) -> None:
    last = branch.last_user_message
    assert last is not None and last.text == "Who are you?"


@pytest.mark.parametrize("opening", [None, OPENING])
async def test_the_user_is_told_when_there_is_nothing_to_answer(opening: Turn | None) -> None:
    branch = unsaved_branch()
    if opening is not None:
        add(branch, "model", "Hello.")
    add(branch, "user", "SECRET", hidden=True)
    leaf = branch.leaf
    with pytest.raises(UsageError, match="no message to answer"):
        await anext(conversation(branch, opening).reply())
    assert branch.leaf == leaf


def test_only_a_side_with_several_speakers_is_named() -> None:
    branch = unsaved_branch()
    add(branch, "user", "Hi.", speaker="Jane")
    add(branch, "model", "I am Ada.", speaker="Ada")
    add(branch, "model", "I am Bo.", speaker="Bo")
    add(branch, "user", "And who else?")
    add(branch, "model", "A new reply.")
    assert [text_of(turn) for turn in conversation(branch).turns] == [
        "You are Ember.\nHi.",
        "Ada: I am Ada.\nBo: I am Bo.",
        "And who else?",
        "A new reply.",
    ]
