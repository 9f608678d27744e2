"""What is said on the screens is kept, and everything that can be done with it is done there."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import pytest
from screens import ENDLESS, GREEDY, chat_of, open_first_chat, ready, replies, said, say, until
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Select, Static, TextArea

from refsheet_tui.characters.cards import json_card, png_card
from refsheet_tui.characters.profile import Profile
from refsheet_tui.chats.library import Library
from refsheet_tui.chats.messages import Message
from refsheet_tui.engine import Event, GenerationSettings, LocalEngine
from refsheet_tui.errors import EngineError
from refsheet_tui.paths import samples_dir
from refsheet_tui.prompting import Prompt
from refsheet_tui.prompting.turns import Role
from refsheet_tui.tui import clipboard
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.screens.character import CharacterScreen
from refsheet_tui.tui.screens.chat import ChatScreen
from refsheet_tui.tui.screens.chats import ChatsScreen
from refsheet_tui.tui.screens.home import HomeScreen
from refsheet_tui.tui.screens.problem import ProblemScreen
from refsheet_tui.tui.widgets.bubbles import Bubble, Note, ReplyBubble, Said
from refsheet_tui.tui.widgets.card import Card
from refsheet_tui.tui.widgets.composer import Composer
from refsheet_tui.tui.widgets.history import Earlier


def kept() -> list[Message]:
    """What the library holds of the chat that was used last."""
    library = Library.open()
    try:
        (chat, *_) = library.chats.latest(1)
        return list(library.tree.path(chat.leaf)) if chat.leaf is not None else []
    finally:
        library.close()


def add_speaker(*greetings: str) -> int:
    """A character whose greetings are written."""
    library = Library.open()
    try:
        first, *others = greetings
        profile = Profile(name="Roary", greeting=first, alternate_greetings=tuple(others))
        return library.characters.add(profile, [samples_dir() / "ember.png"]).id
    finally:
        library.close()


def add_long_chat(turns: int) -> None:
    """With somebody who begins it."""
    number = add_speaker("Roar!")
    library = Library.open()
    chat = library.chats.begin(library.characters.get(number).version)
    parent = None
    for turn in range(turns):
        role: Role = "user" if turn % 2 else "model"
        finish = None if turn % 2 else "end_of_turn"
        parent = library.tree.add(chat.id, parent, role, f"turn {turn}", finish=finish).id
    library.close()


async def answered(pilot: Pilot[int], app: RefsheetApp, text: str) -> None:
    before = len(replies(app))
    await say(pilot, text)
    await until(pilot, lambda: len(replies(app)) > before and not chat_of(app).replying)


def names(app: RefsheetApp) -> list[str]:
    return [
        str(card.query_one(".card-name", Static).render())
        for card in app.screen.query(Card)
        if card.query(".card-name")
    ]


async def test_a_chat_is_there_again_after_the_program_ended() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await answered(pilot, app, "What are you?")
        before = replies(app)
    assert [each.text for each in kept() if each.role == "model"] == before
    again = RefsheetApp(GREEDY)
    async with again.run_test() as pilot:
        await until(pilot, lambda: bool(again.screen.query(Card)))
        assert names(again)[0] == "Ember" and names(again).count("Ember") == 1
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(again.screen, ChatScreen))
        await until(pilot, lambda: replies(again) == before)
        assert said(again) == 1
        await answered(pilot, again, "Hi")
    assert len(kept()) == 5


async def test_what_was_typed_and_not_sent_is_there_again() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await pilot.press(*"half a sen")
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
    again = RefsheetApp(GREEDY)
    async with again.run_test() as pilot:
        await until(pilot, lambda: bool(again.screen.query(Card)))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(again.screen, ChatScreen))
        await until(pilot, lambda: again.screen.query_one(Composer).text == "half a sen")


async def test_swiping_goes_through_greetings_and_replies() -> None:
    add_speaker("Roar!", "Hello!")
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app.screen.query(Card)))
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
        first = kept()
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(replies(app)) == 1 and not chat_of(app).replying)
        await until(pilot, lambda: kept() != first)
        await pilot.press("alt+left")
        await until(pilot, lambda: kept() == first)


async def test_what_one_said_can_be_said_differently() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await answered(pilot, app, "What are you?")
        await pilot.press("ctrl+e")
        composer = app.screen.query_one(Composer)
        await until(pilot, lambda: composer.text == "What are you?")
        composer.text = "What color are your eyes?"
        await pilot.press("enter")
        await until(pilot, lambda: "yellow" in replies(app)[-1] and not chat_of(app).replying)
        assert (len(replies(app)), said(app)) == (2, 1)
    assert [each.text for each in kept()][1] == "What color are your eyes?"


async def test_an_edit_that_is_left_changes_nothing() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await answered(pilot, app, "What are you?")
        before = kept()
        await pilot.press("ctrl+e")
        await until(pilot, lambda: bool(app.screen.query_one(Composer).text))
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen.query_one(Composer).text)
    assert kept() == before


async def test_a_message_is_deleted_and_comes_back() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await answered(pilot, app, "What are you?")
        before = kept()
        app.screen.query_one(Bubble).focus()
        await pilot.press("d")
        await until(pilot, lambda: (len(replies(app)), said(app)) == (1, 0))
        await pilot.press("alt+z")
        await until(pilot, lambda: (len(replies(app)), said(app)) == (2, 1))
    assert kept() == before


async def test_a_branch_begins_at_any_message() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await answered(pilot, app, "What are you?")
        app.screen.query(ReplyBubble).first().focus()
        await pilot.press("b")
        await until(pilot, lambda: said(app) == 0)
        await answered(pilot, app, "Hello")
    library = Library.open()
    assert len(library.tree.all_of(library.chats.latest(1)[0].id)) == 5
    library.close()


async def test_a_reply_of_the_characters_is_rewritten() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        app.screen.query(ReplyBubble).first().focus()
        await pilot.press("e")
        composer = app.screen.query_one(Composer)
        await until(pilot, lambda: bool(composer.text))
        composer.text = "Roar!"
        await pilot.press("enter")
        await until(pilot, lambda: replies(app) == ["Roar!"])
    assert [each.text for each in kept()] == ["Roar!"]


async def test_a_message_is_copied_as_it_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    monkeypatch.setenv("SSH_CONNECTION", "x")
    monkeypatch.setattr(RefsheetApp, "copy_to_clipboard", lambda _, text: copied.append(text))
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        app.screen.query(ReplyBubble).first().focus()
        await pilot.press("c")
        await until(pilot, lambda: copied == replies(app))


async def test_the_system_s_own_clipboard_is_tried_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    program = tmp_path / "wl-copy"
    program.write_text(f"#!/bin/sh\n/bin/cat > {tmp_path}/copied\n")
    program.chmod(0o755)
    await clipboard.copy(RefsheetApp(GREEDY), "Käse 🐉")
    assert (tmp_path / "copied").read_text(encoding="utf-8") == "Käse 🐉"


async def test_a_new_chat_leaves_the_old_one() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await answered(pilot, app, "What are you?")
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
        await answered(pilot, app, "你喜欢蓝色的鲸鱼吗")
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


async def test_a_character_is_deleted_and_comes_back() -> None:
    add_speaker("Roar!")
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await until(pilot, lambda: len(app.screen.query(Card)) == 8)
        await pilot.press("d")
        await until(pilot, lambda: len(app.screen.query(Card)) == 7)
        await pilot.press("d")
        assert len(app.screen.query(Card)) == 7, "samples stay"
        await pilot.press("u")
        await until(pilot, lambda: len(app.screen.query(Card)) == 8)
        assert names(app)[0] == "Roary"


async def test_a_long_chat_opens_at_its_end_and_shows_more_when_asked() -> None:
    add_long_chat(100)
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app.screen.query(Card)))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        await until(pilot, lambda: len(replies(app)) == 20)
        assert app.screen.query(Earlier)
        await pilot.press("ctrl+up")
        await until(pilot, lambda: len(replies(app)) == 40)
        await pilot.press("ctrl+up")
        await until(pilot, lambda: len(replies(app)) == 50 and not app.screen.query(Earlier))
        assert replies(app)[0] == "turn 0"


async def test_what_a_killed_program_left_is_finished() -> None:
    number = add_speaker("Roar!")
    library = Library.open()
    chat = library.chats.begin(library.characters.get(number).version)
    library.tree.add(chat.id, None, "model", "Hi there! I'm a", finish="open")
    library.close()
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app.screen.query(Card)))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        await until(pilot, lambda: kept()[0].finish == "end_of_turn")
        await until(pilot, lambda: not chat_of(app).replying)
        assert replies(app)[0].startswith("Hi there! I'm a") and "dragon" in replies(app)[0]


async def test_a_stopped_reply_goes_on_when_asked() -> None:
    app = RefsheetApp(ENDLESS)
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: bool(replies(app)) and len(replies(app)[0]) > 20)
        await pilot.press("escape")
        await until(pilot, lambda: not chat_of(app).replying)
        stopped = replies(app)[0].rstrip()
        assert not app.screen.query(Note)
        await pilot.press("ctrl+g")
        await until(pilot, lambda: len(replies(app)[0]) > len(stopped) + 20)
        assert replies(app)[0].startswith(stopped)
        await pilot.press("escape")
        await until(pilot, lambda: not chat_of(app).replying)
        assert len(kept()) == 1


async def test_a_character_is_changed_and_its_chat_stays_as_it_was() -> None:
    number = add_speaker("Roar!")
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: bool(app.screen.query(Card)))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen) and replies(app) == ["Roar!"])
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        app.screen.query_one("#name", Input).value = "Emmy"
        app.screen.query_one("#language", Select).value = "other"
        app.screen.query_one("#other-language", Input).value = "Latin"
        app.screen.query_one("#tags", Input).value = "red, dragon"
        app.screen.query_one("#greeting", TextArea).text = "Salve!"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await until(pilot, lambda: names(app)[0] == "Emmy")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen) and replies(app) == ["Roar!"])
        await pilot.press("ctrl+n")
        await until(pilot, lambda: replies(app) == ["Salve!"])
    library = Library.open()
    profile = library.characters.get(number).profile
    assert (profile.language, profile.tags) == ("Latin", ("red", "dragon"))
    library.close()


async def test_a_card_dropped_on_the_gallery_is_imported(tmp_path: Path) -> None:
    card = tmp_path / "card.png"
    card.write_bytes(png_card(Profile(name="Ash", greeting="Caw!"), samples_dir() / "miso.png"))
    bare = tmp_path / "bare.json"
    bare.write_bytes(json_card(Profile(name="Soot", description="Black.")))
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: bool(app.screen.query(Card)))
        app.screen.post_message(Paste(str(card)))
        await until(pilot, lambda: names(app)[0] == "Ash")
        app.screen.post_message(Paste(str(bare)))
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        assert app.screen.query_one("#name", Input).value == "Soot"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.screen, ChatsScreen))
        app.screen.query_one(Input).value = "ash"
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen) and replies(app) == ["Caw!"])


async def test_nothing_else_is_done_while_a_message_is_edited() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await answered(pilot, app, "What are you?")
        before = kept()
        app.screen.query_one(Composer).text = "half a sen"
        await pilot.press("ctrl+e")
        composer = app.screen.query_one(Composer)
        await until(pilot, lambda: composer.text == "What are you?")
        app.screen.query(ReplyBubble).first().focus()
        await pilot.press("b", "ctrl+r", "alt+left", "d")
        assert (len(replies(app)), said(app)) == (2, 1) and not chat_of(app).replying
        await pilot.press("escape")
        await until(pilot, lambda: composer.text == "half a sen")
    assert kept() == before


class FailsWhenTold(LocalEngine):
    """Its next reply fails before its first word."""

    fails = False

    async def generate(
        self, prompt: Prompt, settings: GenerationSettings
    ) -> AsyncGenerator[Event, None]:
        if self.fails:
            raise EngineError("It is out of order.", "Try again.")
        async with aclosing(super().generate(prompt, settings)) as events:
            async for event in events:
                yield event


async def test_a_reply_that_fails_after_a_branch_leaves_the_branch() -> None:
    engine = FailsWhenTold()
    app = RefsheetApp(GREEDY, engine)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await answered(pilot, app, "What are you?")
        app.screen.query(ReplyBubble).first().focus()
        await pilot.press("b")
        await until(pilot, lambda: said(app) == 0)
        engine.fails = True
        await say(pilot, "Hello")
        composer = app.screen.query_one(Composer)
        await until(pilot, lambda: composer.text == "Hello" and not chat_of(app).replying)
        assert (len(replies(app)), said(app)) == (1, 0)
        engine.fails = False
        await pilot.press("enter")
        await until(pilot, lambda: len(replies(app)) == 2 and not chat_of(app).replying)
    assert [each.text for each in kept()][1:2] == ["Hello"] and len(kept()) == 3


async def test_an_edit_that_fails_can_be_sent_again_in_its_place() -> None:
    engine = FailsWhenTold()
    app = RefsheetApp(GREEDY, engine)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await answered(pilot, app, "What are you?")
        await pilot.press("ctrl+e")
        composer = app.screen.query_one(Composer)
        await until(pilot, lambda: bool(composer.text))
        composer.text = "What color are you?"
        engine.fails = True
        await pilot.press("enter")
        await until(pilot, lambda: composer.text == "What color are you?")
        await until(pilot, lambda: not chat_of(app).replying)
        engine.fails = False
        await pilot.press("enter")
        await until(pilot, lambda: "red" in replies(app)[-1] and not chat_of(app).replying)
        assert (len(replies(app)), said(app)) == (2, 1)
    assert len(kept()) == 3


async def test_earlier_messages_come_once_however_long_the_chat_grew() -> None:
    add_long_chat(45)
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app.screen.query(Card)))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen) and len(replies(app)) == 20)
        await answered(pilot, app, "Hi")
        await pilot.press("ctrl+up")
        await until(pilot, lambda: not app.screen.query(Earlier))
        shown = [each.message for each in app.screen.query(Said)]
    assert shown == [each.id for each in kept()]


async def test_what_begins_with_a_slash_can_be_said_again() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await answered(pilot, app, "//hello")
        await pilot.press("ctrl+e")
        composer = app.screen.query_one(Composer)
        await until(pilot, lambda: composer.text == "//hello")


async def test_what_is_typed_when_one_leaves_at_once_is_kept() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await pilot.press(*"wait", "ctrl+q")
    library = Library.open()
    assert library.chats.latest(1)[0].draft == "wait"
    library.close()


async def test_a_chat_that_is_open_is_not_deleted() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, ChatsScreen))
        await pilot.press("ctrl+d")
        assert app.screen.query_one(OptionList).option_count == 1


async def test_a_character_that_lost_its_sheet_is_told_in_a_dialog() -> None:
    number = add_speaker("Roar!")
    library = Library.open()
    library.chats.begin(library.characters.get(number).version)
    with library.database.writing() as connection:
        connection.execute("DELETE FROM version_pictures")
    library.close()
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await until(pilot, lambda: len(app.screen.query(Card)) == 8)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ProblemScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
