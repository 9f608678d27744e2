"""What was said, and what is being said."""

from __future__ import annotations

from rich.console import RenderableType
from rich.markdown import Markdown as RichMarkdown
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Markdown, Static
from textual.widgets.markdown import MarkdownStream


class Bubble(Vertical):
    """One settled message: a name over light text."""

    def __init__(self, name: str, text: str, *, own: bool) -> None:
        super().__init__(classes="-own" if own else "")
        self._name_shown = name
        # The person's words stay as they were typed.
        self._said: RenderableType = Text(text) if own else _formatted(text)

    def compose(self) -> ComposeResult:
        yield Static(Text(self._name_shown), classes="bubble-name")
        yield Static(self._said, classes="bubble-text")


class ReplyBubble(Vertical):
    """A reply while it is written. `settle` makes it light: Markdown widgets are heavy."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name_shown = name
        self.text = ""
        self._markdown = Markdown(open_links=False, classes="bubble-text")
        self._stream: MarkdownStream | None = None

    def compose(self) -> ComposeResult:
        yield Static(Text(self._name_shown), classes="bubble-name")
        yield self._markdown

    async def write(self, piece: str) -> None:
        self.text += piece
        if self._stream is None:
            self._stream = Markdown.get_stream(self._markdown)
        await self._stream.write(_hard_breaks(piece))

    async def settle(self) -> None:
        if self._stream is not None:
            await self._stream.stop()
        settled = Static(_formatted(self.text), classes="bubble-text")
        await self.mount(settled, after=self._markdown)
        await self._markdown.remove()


class Note(Static):
    """Something the program has to say between the messages."""

    def __init__(self, text: str) -> None:
        super().__init__(Text(text))


def _formatted(text: str) -> RichMarkdown:
    return RichMarkdown(_hard_breaks(text), hyperlinks=False)


def _hard_breaks(text: str) -> str:
    """A line break is meant as one: a poem is not a paragraph."""
    return text.replace("\n", "  \n")
