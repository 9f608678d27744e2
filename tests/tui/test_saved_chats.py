"""Chats on the screens are saved."""

from __future__ import annotations

from pathlib import Path

from textual import events
from textual.widgets import Input, OptionList, Static

from helpers.saved_chats import (
    add_long_chat,
    add_speaker,
    saved_messages,
    send_and_wait,
    tile_names,
)
from helpers.screens import (
    ENDLESS,
    GREEDY,
    chat_of,
    notifications,
    open_first_chat,
    replies,
    until,
    user_message_count,
    wait_until_ready,
)
from refsheet_tui.chats.library import Library
from refsheet_tui.prompting import Role
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.dialogs.error import ErrorScreen
from refsheet_tui.tui.screens.chat import ChatScreen
from refsheet_tui.tui.screens.chats import ChatsScreen
from refsheet_tui.tui.screens.home import HomeScreen
from refsheet_tui.tui.widgets.chat_message import ChatNotice, MessageWidget
from refsheet_tui.tui.widgets.composer import Composer
from refsheet_tui.tui.widgets.gallery_tiles import CharacterTile
from refsheet_tui.tui.widgets.history import EarlierNotice


async def test_a_chat_is_there_again_after_the_program_ended() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await send_and_wait(pilot, app, "What are you?")
        before = replies(app)
    assert [each.text for each in saved_messages() if each.role == "model"] == before
    again = RefsheetApp(GREEDY)
    async with again.run_test() as pilot:
        await until(pilot, lambda: bool(again.screen.query(CharacterTile)))
        assert tile_names(again)[0] == "Ember" and tile_names(again).count("Ember") == 1
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(again.screen, ChatScreen))
        await until(pilot, lambda: replies(again) == before)
        assert user_message_count(again) == 1
        await send_and_wait(pilot, again, "Hi")
    assert len(saved_messages()) == 5


async def test_what_was_typed_and_not_sent_is_there_again() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await pilot.press(*"half a sen")
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
    again = RefsheetApp(GREEDY)
    async with again.run_test() as pilot:
        await until(pilot, lambda: bool(again.screen.query(CharacterTile)))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(again.screen, ChatScreen))
        await until(pilot, lambda: again.screen.query_one(Composer).text == "half a sen")


async def test_swiping_goes_through_greetings_and_replies() -> None:
    add_speaker("Roar!", "Hello!")
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app.screen.query(CharacterTile)))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        await until(pilot, lambda: replies(app) == ["Roar!"])
        title = app.screen.query_one(".bubble-name", Static)
        assert "‹1/2›" in str(title.render())
        await pilot.press("alt+right")
        await until(pilot, lambda: replies(app) == ["Hello!"])
        await pilot.press("alt+left")
        await until(pilot, lambda: replies(app) == ["Roar!"])
        await pilot.press("alt+right", "alt+right")
        await until(pilot, lambda: not chat_of(app).replying and "dragon" in replies(app)[0])
        assert "‹3/3›" in str(app.screen.query_one(".bubble-name", Static).render())


async def test_another_reply_stands_beside_the_last() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        first = saved_messages()
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(replies(app)) == 1 and not chat_of(app).replying)
        await until(pilot, lambda: saved_messages() != first)
        await pilot.press("alt+left")
        await until(pilot, lambda: saved_messages() == first)


async def test_a_new_chat_leaves_the_old_one() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await send_and_wait(pilot, app, "What are you?")
        old = app.screen
        await pilot.press("ctrl+n")
        await until(pilot, lambda: app.screen is not old and isinstance(app.screen, ChatScreen))
        await until(pilot, lambda: len(replies(app)) == 1 and not chat_of(app).replying)
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, ChatsScreen))
        listed = app.screen.query_one(OptionList)
        assert listed.option_count == 2
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.screen is old)


async def test_everything_that_was_said_is_found() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await send_and_wait(pilot, app, "你喜欢蓝色的鲸鱼吗")
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, ChatsScreen))
        app.screen.query_one(Input).value = "鲸鱼"
        listed = app.screen.query_one(OptionList)
        await until(pilot, lambda: listed.option_count == 1)
        app.screen.query_one(Input).value = "nowhere at all"
        await until(pilot, lambda: listed.option_count == 0)
        app.screen.query_one(Input).value = ""
        await until(pilot, lambda: listed.option_count == 1)
        await pilot.press("ctrl+d")
        await until(pilot, lambda: listed.option_count == 0)
        await pilot.press("alt+z")
        await until(pilot, lambda: listed.option_count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))


async def test_a_long_chat_opens_at_its_end_and_shows_more_when_asked() -> None:
    add_long_chat(50)
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app.screen.query(CharacterTile)))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        await until(pilot, lambda: len(replies(app)) == 10)
        assert app.screen.query(EarlierNotice)
        await pilot.press("ctrl+up")
        await until(pilot, lambda: len(replies(app)) == 20)
        await pilot.press("ctrl+up")
        await until(pilot, lambda: len(replies(app)) == 25 and not app.screen.query(EarlierNotice))
        assert replies(app)[0] == "turn 0"


async def test_what_a_killed_program_left_is_finished() -> None:
    number = add_speaker("Roar!")
    library = Library.open()
    chat = library.chats.create_chat(library.characters.get_character(number).version)
    library.tree.add_message(chat.id, None, "model", "Hi there! I'm a", finish="open")
    library.close()
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app.screen.query(CharacterTile)))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        await until(pilot, lambda: saved_messages()[0].finish == "end_of_turn")
        await until(pilot, lambda: not chat_of(app).replying)
        assert replies(app)[0].startswith("Hi there! I'm a") and "dragon" in replies(app)[0]


async def test_a_stopped_reply_goes_on_when_asked() -> None:
    app = RefsheetApp(ENDLESS)
    async with app.run_test() as pilot:
        await wait_until_ready(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: bool(replies(app)) and len(replies(app)[0]) > 20)
        await pilot.press("escape")
        await until(pilot, lambda: not chat_of(app).replying)
        stopped = replies(app)[0].rstrip()
        assert not app.screen.query(ChatNotice)
        await pilot.press("ctrl+g")
        await until(pilot, lambda: len(replies(app)[0]) > len(stopped) + 20)
        assert replies(app)[0].startswith(stopped)
        await pilot.press("escape")
        await until(pilot, lambda: not chat_of(app).replying)
        assert len(saved_messages()) == 1


async def test_earlier_messages_come_once_however_long_the_chat_grew() -> None:
    add_long_chat(25)
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app.screen.query(CharacterTile)))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen) and len(replies(app)) == 10)
        await send_and_wait(pilot, app, "Hi")
        await pilot.press("ctrl+up")
        await until(pilot, lambda: not app.screen.query(EarlierNotice))
        shown = [each.message for each in app.screen.query(MessageWidget)]
    assert shown == [each.id for each in saved_messages()]


async def test_what_is_typed_when_one_leaves_at_once_is_kept() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await pilot.press(*"wait", "ctrl+q")
    library = Library.open()
    assert library.chats.latest_chats(1)[0].draft == "wait"
    library.close()


async def test_a_chat_that_is_open_is_not_deleted() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, ChatsScreen))
        await pilot.press("ctrl+d")
        assert app.screen.query_one(OptionList).option_count == 1


async def test_hidden_messages_and_speakers_are_marked() -> None:
    number = add_speaker("Roar!")
    library = Library.open()
    chat = library.chats.create_chat(library.characters.get_character(number).version)
    parent = None
    for role, text, extra in (
        ("model", "I am Ada.", {"speaker": "Ada"}),
        ("model", "I am Bo.", {"speaker": "Bo"}),
        ("user", "Hello both.", {"speaker": "Jane"}),
        ("user", "Our secret.", {"speaker": "Jane", "hidden": True}),
        ("model", "Hi.", {}),
    ):
        side: Role = "user" if role == "user" else "model"
        parent = library.tree.add_message(
            chat.id, parent, side, text, finish="end_of_turn", extra=extra
        ).id
    library.close()
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app.screen.query(CharacterTile)))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        await until(pilot, lambda: len(app.screen.query(MessageWidget)) == 5)
        bubbles = list(app.screen.query(MessageWidget))
        titles = [str(bubble.query_one(".bubble-name", Static).render()) for bubble in bubbles]
        assert titles == ["Ada", "Bo", "You", "You  hidden from the model", "Roary"]
        assert [bubble.has_class("-hidden") for bubble in bubbles] == [False] * 3 + [True, False]
        assert "secret" not in str(chat_of(app).conversation_turns)
        bubbles[3].focus()
        await pilot.press("e", "!", "enter")  # nobody answers a message that the model isn't told
        await until(pilot, lambda: len(app.screen.query(MessageWidget)) == 4)
        edited = app.screen.query(MessageWidget).last()
        assert edited.has_class("-hidden") and edited.text == "!Our secret."
        assert not chat_of(app).replying
        await pilot.press("/", *"edit", "enter")
        assert app.screen.query_one(Composer).text == "Hello both."


async def test_a_chat_file_that_is_dropped_on_the_list_comes_in(tmp_path: Path) -> None:
    path = tmp_path / "a chat.jsonl"
    path.write_text('{"user_name": "Jane", "character_name": "X"}\n{"mes": "Hi."}\n{"mes": "cu')
    other = tmp_path / "notes.txt"
    other.write_text("words")
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app.screen.query(CharacterTile)))
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, ChatsScreen))
        search, listed = app.screen.query_one(Input), app.screen.query_one(OptionList)
        search.post_message(events.Paste(f"'{path}'"))
        await until(pilot, lambda: listed.option_count == 1)
        assert notifications(app).endswith(
            "Chat imported. Press Enter to open it. 1 damaged line was left out: line 3."
        )
        search.post_message(events.Paste("some words"))
        await until(pilot, lambda: search.value == "some words")
        search.post_message(events.Paste(str(other)))
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
        assert str(other) in str(app.screen.query_one("#problem-what", Static).render())
    assert [each.text for each in saved_messages()] == ["Hi."]
