"""Messages become turns that alternate."""

from __future__ import annotations

from refsheet_tui.chats.messages import Message
from refsheet_tui.chats.turns import turns_of
from refsheet_tui.pictures import PictureView, PreparedPicture
from refsheet_tui.prompting import ContextNote, Turn
from refsheet_tui.prompting.turns import Role

OPENING = Turn("user", ("You are Ember.",))
VIEW = PictureView(PreparedPicture(1, b"abc", "name"))


def message(role: Role, text: str, notes: tuple[str, ...] = (), picture: bool = False) -> Message:
    pictures = ("name",) if picture else ()
    return Message(1, 1, None, role, text, None, 0.0, {}, pictures, notes)


def turns(*messages: Message, opening: Turn | None = OPENING) -> list[tuple[str, object]]:
    found = turns_of(opening, messages, lambda each: [VIEW] if each.pictures else [])
    return [(turn.role, turn.content) for turn in found]


def test_replies_in_a_row_are_one_turn() -> None:
    found = turns(message("model", "Hi!"), message("model", "How are you?"))
    assert found[1:] == [("model", ("Hi!\nHow are you?",))]


def test_user_messages_in_a_row_are_one_turn_and_notes_come_last() -> None:
    found = turns(
        message("model", "Hi!"),
        message("user", "One", notes=("Be brief.",)),
        message("user", "Two", notes=("Be loud.",)),
    )
    assert found[2:] == [
        ("user", ("One\nTwo", ContextNote("Be brief."), ContextNote("Be loud."))),
    ]


def test_a_picture_stays_before_the_words_it_came_with() -> None:
    found = turns(
        message("model", "Hi!"), message("user", "One"), message("user", "Two", picture=True)
    )
    assert found[2:] == [("user", ("One", VIEW, "Two"))]


def test_a_message_behind_the_opening_is_part_of_it() -> None:
    assert turns(message("user", "Well?")) == [("user", ("You are Ember.\nWell?",))]


def test_a_chat_that_begins_with_a_reply_gets_an_empty_turn_before_it() -> None:
    assert turns(message("model", "Hi!"), opening=None) == [("user", ("",)), ("model", ("Hi!",))]
