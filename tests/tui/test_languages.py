"""The screens in the user's language, and text of any language on them."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual.command import CommandPalette
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from helpers.frozen_screens import Writer
from helpers.saved_chats import send_and_wait
from helpers.screens import (
    GREEDY,
    chat_of,
    open_first_chat,
    replies,
    screen_text,
    until,
    wait_until_ready,
)
from refsheet_tui.characters.profile import Profile
from refsheet_tui.chats.library import Library
from refsheet_tui.config import ScreenConfig
from refsheet_tui.paths import samples_dir
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.screens.character import CharacterScreen
from refsheet_tui.tui.screens.chat import ChatScreen
from refsheet_tui.tui.screens.chats import ChatsScreen
from refsheet_tui.tui.screens.help import HelpScreen
from refsheet_tui.tui.screens.home import HomeScreen
from refsheet_tui.tui.widgets.attachments import AttachmentTag
from refsheet_tui.tui.widgets.composer import Composer
from refsheet_tui.tui.widgets.gallery_tiles import CharacterTile

CHINESE = GREEDY.model_copy(update={"screens": ScreenConfig(language="zh-Hans"), "language": "en"})
# Wide letters, a composed emoji, combining marks, and text that is written from right to left.
MANY = "尼莫 👩‍👩‍👧 e\u0301a\u0308 مرحبا שלום"


async def gallery(pilot: Pilot[int], app: RefsheetApp) -> None:
    await until(pilot, lambda: bool(app.screen.query(CharacterTile)))
    await pilot.pause()


async def says(pilot: Pilot[int], app: RefsheetApp, words: str) -> None:
    await until(pilot, lambda: words in screen_text(app))


async def switch(app: RefsheetApp, language: str) -> None:
    await app.change_settings({"screens.language": language})


async def test_the_gallery_and_its_keys_are_chinese() -> None:
    app = RefsheetApp(CHINESE)
    async with app.run_test(size=(120, 40)) as pilot:
        await gallery(pilot, app)
        for words in ("新建角色", "助手", "退出", "新建", "导入", "帮助", "命令面板"):
            await says(pilot, app, words)
        assert "Quit" not in screen_text(app)
        assert "palette" not in screen_text(app)


async def test_help_and_the_command_palette_are_chinese() -> None:
    app = RefsheetApp(CHINESE)
    async with app.run_test(size=(120, 50)) as pilot:
        await gallery(pilot, app)
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await until(
            pilot, lambda: "按键和命令" in screen_text(app) and "切换明暗" in screen_text(app)
        )
        await pilot.press("escape", "ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await until(pilot, lambda: "搜索命令…" in screen_text(app) and "主题" in screen_text(app))


async def test_a_chat_is_chinese() -> None:
    app = RefsheetApp(CHINESE)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_first_chat(pilot, app)
        await send_and_wait(pilot, app, "Hi!")
        for words in ("对 Ember 说…", "聊天记录", "上下文", "停止", "重新生成", "你"):
            await says(pilot, app, words)
        await pilot.press("f1")
        await until(pilot, lambda: "/note 文字" in screen_text(app))


@pytest.mark.parametrize(("locale", "words"), [("zh_CN.UTF-8", "退出"), ("C.UTF-8", "Quit")])
async def test_the_locale_chooses(locale: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", locale)
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await gallery(pilot, app)
        await says(pilot, app, words)


async def test_the_gallery_changes_its_language_and_back() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait_until_ready(pilot, app)
        await gallery(pilot, app)
        await pilot.press("right")
        for language, words in (("zh-Hans", "退出"), ("en", "Quit")):
            await switch(app, language)
            await says(pilot, app, words)
            assert len(app.screen.query(CharacterTile)) == 6
            assert app.focused is list(app.screen.query(CharacterTile))[1]


async def test_a_chat_changes_its_language_and_keeps_what_was_typed() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_first_chat(pilot, app)
        await send_and_wait(pilot, app, "Hi!")
        chat, composer = chat_of(app), app.screen.query_one(Composer)
        await until(pilot, lambda: "You" in screen_text(app) and "tokens/s" in screen_text(app))
        chat._attachments.add(samples_dir() / "miso.png")
        await pilot.press(*"half a wo")
        said = replies(app)
        for language, words in (
            ("zh-Hans", ("聊天记录", "上下文", "token/秒", "停止")),
            ("en", ("Chats", "Context", "tokens/s", "Stop")),
        ):
            await switch(app, language)
            for each in words:
                await says(pilot, app, each)
            assert chat_of(app) is chat
            assert composer.text == "half a wo" and app.focused is composer
            assert replies(app) == said
            assert len(app.screen.query(AttachmentTag)) == 1
        await pilot.press(*"rd")
        assert composer.text == "half a word"


async def test_a_reply_goes_on_through_a_change_of_language() -> None:
    app = RefsheetApp(GREEDY, Writer("Once upon a time", ends=False))
    async with app.run_test(size=(120, 40)) as pilot:
        await gallery(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen) and bool(replies(app)))
        await switch(app, "zh-Hans")
        await until(pilot, lambda: "对 Ember 说…" in screen_text(app))
        assert chat_of(app).replying
        assert replies(app) == ["Once upon a time"]
        await pilot.press("escape")
        await until(pilot, lambda: not chat_of(app).replying)
        await until(pilot, lambda: "已停止" in screen_text(app))


async def test_a_form_keeps_its_fields() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await gallery(pilot, app)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        name = app.screen.query_one("#name", Input)
        name.focus()
        await pilot.press(*"Nemo")
        await switch(app, "zh-Hans")
        await until(pilot, lambda: "设定图" in screen_text(app))
        again = app.screen.query_one("#name", Input)
        assert again is not name and again.value == "Nemo"
        assert app.focused is again


async def test_a_search_goes_on_in_another_language() -> None:
    app = RefsheetApp(GREEDY)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_first_chat(pilot, app)
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, ChatsScreen))
        await switch(app, "zh-Hans")
        await until(pilot, lambda: "删除聊天" in screen_text(app))
        assert app.screen.query_one(OptionList).option_count == 1


def assert_it_fits(app: RefsheetApp) -> None:
    """Check that every line is exactly as wide as the screen."""
    width, height = app.size
    strips = app.screen._compositor.render_strips(app.size)
    assert len(strips) == height
    for strip in strips:
        assert sum(cell_len(segment.text) for segment in strip) == width, strip.text


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_words_of_any_language_fit(size: tuple[int, int]) -> None:
    library = Library.open()
    profile = Profile(name=MANY, description=MANY * 4, greeting=f"{MANY}\n\n" * 3 + MANY * 9)
    library.characters.add_character(profile, [samples_dir() / "coral.png"])
    library.close()
    app = RefsheetApp(CHINESE, Writer(f"**{MANY}**\n\n- {MANY * 6}\n"))
    async with app.run_test(size=size) as pilot:
        await gallery(pilot, app)
        assert "尼莫" in screen_text(app)
        assert_it_fits(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChatScreen) and bool(replies(app)))
        await pilot.pause()
        assert_it_fits(app)
        app.screen.query_one(Composer).insert(MANY)
        await pilot.press("enter")
        await until(pilot, lambda: len(replies(app)) == 2 and not chat_of(app).replying)
        app.screen.query_one(Composer).insert(MANY * 5)
        await pilot.pause()
        assert_it_fits(app)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        await pilot.pause()
        assert_it_fits(app)


async def test_the_cursor_stands_behind_wide_letters() -> None:
    app = RefsheetApp(CHINESE)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_first_chat(pilot, app)
        composer = app.screen.query_one(Composer)
        begin = composer.cursor_screen_offset
        await pilot.press("你", "好", "a")
        assert composer.text == "你好a"
        await until(pilot, lambda: composer.cursor_screen_offset == begin + Offset(5, 0))
        await pilot.press("left", "left", "backspace")
        assert composer.text == "好a"
        await until(pilot, lambda: composer.cursor_screen_offset == begin)
