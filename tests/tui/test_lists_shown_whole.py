"""Lists of chats and results of a search show every letter of their texts."""

from __future__ import annotations

from hypothesis import given, strategies as st
from rich.text import Text
from textual.app import App, ComposeResult
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from helpers.markdown_texts import many_examples, markdown_texts, words_of
from refsheet_tui.chats import Chat, MessageMatch
from refsheet_tui.storage import SearchQuery
from refsheet_tui.tui.screens.chats import _message_option
from refsheet_tui.tui.widgets.chat_sidebar import _option
from refsheet_tui.untrusted import one_line

_TIME_COLUMNS = 18


def chat_titled(title: str) -> Chat:
    return Chat(1, None, title, title, None, "", "", 0.0, 0.0, {})


def found(text: str, words: str) -> MessageMatch:
    return MessageMatch(1, 1, SearchQuery(words).make_excerpt(text), 0.0)


def plain(option: Option) -> str:
    assert isinstance(option.prompt, Text)
    return option.prompt.plain


@many_examples()
@given(text=markdown_texts())
def test_an_entry_has_every_letter(text: str) -> None:
    title = one_line(text).strip()
    assert plain(_option(chat_titled(title), is_current=False)).endswith(title or "…")
    short = text[:40]
    assert words_of(plain(_message_option(found(short, short[:3])))[_TIME_COLUMNS:]) == words_of(
        short
    )


class ListApp(App[None]):
    """An app with a list that shows its entries as the screens do."""

    def __init__(self, options: list[Option]) -> None:
        super().__init__()
        self._options = options

    def compose(self) -> ComposeResult:
        yield OptionList(*self._options, markup=False)


@many_examples(8)
@given(titles=st.lists(markdown_texts().map(lambda text: one_line(text)[:40]), min_size=1))
async def test_a_list_draws_every_letter(titles: list[str]) -> None:
    options = [_message_option(found(title, "")) for title in titles]
    for index, option in enumerate(options):
        option._id = str(index)
    app = ListApp(options[:20])
    async with app.run_test(size=(140, 50)) as pilot:
        await pilot.pause()
        lines = app.screen._compositor.render_strips(app.size)
        shown = "".join(words_of(line.text) for line in lines)
    wanted = "".join(words_of(plain(option)) for option in options[:20])
    assert shown == wanted
