"""The sidebar of a chat, and the marker of the oldest message in the context."""

from __future__ import annotations

from textual.widgets import OptionList, Static

from helpers.saved_chats import add_long_chat, add_speaker, send_and_wait
from helpers.screens import GREEDY, chat_of, open_first_chat, replies, say, screen_text, until
from refsheet_tui.chats.library import Library
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.screens.chat import ChatScreen
from refsheet_tui.tui.widgets.chat_message import MessageWidget
from refsheet_tui.tui.widgets.composer import Composer
from refsheet_tui.tui.widgets.history import ContextMarker


async def test_other_chats_with_the_same_character_are_a_click_away() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_first_chat(pilot, app)
        first = chat_of(app).number
        await send_and_wait(pilot, app, "What color are your eyes?")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: chat_of(app).number != first and len(replies(app)) == 1)
        await until(pilot, lambda: not chat_of(app).replying)
        listed = app.screen.query_one("#chat-list", OptionList)
        await until(pilot, lambda: listed.option_count == 2)
        await until(pilot, lambda: "What color are" in screen_text(app))
        await pilot.click(listed, offset=(5, 1))
        await until(pilot, lambda: chat_of(app).number == first)
        assert len(replies(app)) == 2


async def test_it_is_folded_away_and_back() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_first_chat(pilot, app)
        await until(pilot, lambda: "loves flying kites" in screen_text(app))
        await pilot.press("ctrl+b")
        await until(pilot, lambda: "loves flying kites" not in screen_text(app))
        await pilot.press("ctrl+b")
        await until(pilot, lambda: "loves flying kites" in screen_text(app))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "loves flying kites" not in screen_text(app))


async def test_how_much_the_model_holds_and_how_fast_it_writes() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_first_chat(pilot, app)
        meter = app.screen.query_one("#chat-meter", Static)
        await until(pilot, lambda: "of 2,048 tokens" in str(meter.render()))
        before = str(meter.render())
        await send_and_wait(pilot, app, "What color are your eyes?")
        await until(pilot, lambda: str(meter.render()) != before)
        assert "tokens/s" in str(app.screen.query_one("#chat-speed", Static).render())


async def test_a_mark_stands_where_the_model_s_view_begins() -> None:
    add_long_chat(turns=41)
    app = RefsheetApp(GREEDY.model_copy(update={"context_size": 256}))
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: bool(app.screen.query("CharacterTile")))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen) and bool(replies(app)))
        # The chat is empty, and the engine reads ahead.
        await until(pilot, lambda: bool(app.screen.query(ContextMarker)))
        meter = app.screen.query_one("#chat-meter", Static)
        await until(pilot, lambda: "of 256" in str(meter.render()))
        children = list(app.screen.query("#said > *"))
        place = children.index(app.screen.query_one(ContextMarker))
        assert isinstance(children[place + 1], MessageWidget)
        assert 0 < place < len(children) - 3


async def test_what_was_said_is_said_again_with_up() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await send_and_wait(pilot, app, "one")
        await send_and_wait(pilot, app, "two")
        composer = app.screen.query_one(Composer)
        await pilot.press("up")
        assert composer.text == "two"
        await pilot.press("up")
        assert composer.text == "one"
        await pilot.press("up")
        assert composer.text == "one", "there is nothing before it"
        await pilot.press("down")
        assert composer.text == "two"
        await pilot.press("down")
        assert composer.text == ""
        await pilot.press("x", "up")
        assert composer.text == "x", "what is being typed stays"


async def test_code_alone_is_copied() -> None:
    number = add_speaker("Hi!\n\n```python\nprint(1)\n```\nand\n~~~\ntwo\n~~~")
    assert number
    app = RefsheetApp(GREEDY)
    copied: list[str] = []
    app.copy_to_clipboard = copied.append  # type: ignore[assignment, method-assign]
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app.screen.query("CharacterTile")))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen) and bool(replies(app)))
        app.screen.query_one(MessageWidget).focus()
        await pilot.press("k")
        await until(pilot, lambda: copied == ["print(1)"])
        await pilot.press("k")
        await until(pilot, lambda: copied == ["print(1)", "two"])
        await pilot.press("k")
        await until(pilot, lambda: copied[2:] == ["print(1)"])


async def test_another_reply_in_the_middle() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await send_and_wait(pilot, app, "What color are your eyes?")
        await send_and_wait(pilot, app, "What are you wearing?")
        list(app.screen.query(MessageWidget))[2].focus()
        await pilot.press("r")
        await until(pilot, lambda: len(replies(app)) == 2 and not chat_of(app).replying)
        assert "‹2/2›" in screen_text(app)
        await pilot.press("alt+left")
        await until(pilot, lambda: len(replies(app)) == 3)


async def test_a_search_leads_to_the_message() -> None:
    add_long_chat(turns=121)
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: bool(app.screen.query("CharacterTile")))
        await pilot.press("slash", *"turn 53")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen))
        await until(
            pilot, lambda: isinstance(app.focused, MessageWidget) and app.focused.text == "turn 53"
        )


async def test_the_title_is_in_the_list() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_first_chat(pilot, app)
        await say(pilot, "/title Kites [b]")
        await until(pilot, lambda: "Kites [b]" in screen_text(app))
        library = Library.open()
        assert library.chats.latest_chats(1)[0].title == "Kites [b]"
        library.close()
