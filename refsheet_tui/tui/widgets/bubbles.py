"""What was said, and what is being said."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from refsheet_tui.i18n import N_
from refsheet_tui.tui.widgets.code_blocks import code_blocks
from refsheet_tui.tui.widgets.portrait import Portrait
from refsheet_tui.tui.widgets.prose import Prose

What = Literal["copy", "code", "edit", "again", "branch", "delete"]


class Said(Vertical, can_focus=True):
    """One message: a name over light text. What can be done with it is done while it has the
    focus, which a click or shift+tab gives it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "want('copy')", N_("Copy"), id="message.copy"),
        Binding("k", "want('code')", N_("Copy code"), show=False, id="message.code"),
        Binding("e", "want('edit')", N_("Edit"), id="message.edit"),
        Binding("r", "want('again')", N_("Another reply here"), id="message.again"),
        Binding("b", "want('branch')", N_("Go on from here"), id="message.branch"),
        Binding("d,delete", "want('delete')", N_("Delete"), key_display="d", id="message.delete"),
        Binding("up", "step(-1)", N_("The message before"), show=False, id="message.up"),
        Binding("down", "step(1)", N_("The next message"), show=False, id="message.down"),
    ]

    class Wanted(Message):
        """The person wants something done with a message."""

        def __init__(self, said: Said, what: What) -> None:
            super().__init__()
            self.said = said
            self.what = what

    class Stepped(Message):
        """The person looks at the message before (-1) or after (1)."""

        def __init__(self, said: Said, step: int) -> None:
            super().__init__()
            self.said = said
            self.step = step

    def __init__(self, name: str, text: str, *, message: int, place: str) -> None:
        """`message` is its number, 0 for one that is not kept yet; `place` stands beside the
        name."""
        super().__init__()
        self.message = message
        self.text = text
        self._who = name
        self._place = place
        self._code = 0
        self._title = Static(_titled(name, place), classes="bubble-name")

    def next_code(self) -> str:
        """The first block of code in it, the next one each time after that; empty where there is
        none."""
        blocks = code_blocks(self.text)
        self._code += 1
        return blocks[(self._code - 1) % len(blocks)] if blocks else ""

    def rename(self, name: str) -> None:
        """The one who said it."""
        self._who = name
        self._title.update(_titled(name, self._place))

    def action_want(self, what: What) -> None:
        if self.message:
            self.post_message(self.Wanted(self, what))

    def action_step(self, step: int) -> None:
        self.post_message(self.Stepped(self, step))


class Bubble(Said):
    """What the person said."""

    def __init__(
        self,
        name: str,
        text: str,
        *,
        message: int = 0,
        place: str = "",
        pictures: Sequence[Path] = (),
    ) -> None:
        super().__init__(name, text, message=message, place=place)
        self._pictures = pictures
        self.add_class("-own")

    def compose(self) -> ComposeResult:
        yield self._title
        for path in self._pictures:
            yield Portrait(path, classes="bubble-picture")
        # The person's words stay as they were typed.
        if self.text:
            yield Static(Text(self.text), classes="bubble-text")


class ReplyBubble(Said):
    """What the character said, or is saying."""

    def __init__(self, name: str, text: str = "", *, message: int = 0, place: str = "") -> None:
        """Without `text` it is still to be written."""
        super().__init__(name, text, message=message, place=place)
        self._prose = Prose(text, classes="bubble-text")

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._prose

    def write(self, piece: str) -> None:
        self.text += piece
        self._prose.update(self.text)

    def settle(self, message: int, place: str) -> None:
        """It is the message of this number now, and its place beside others is shown."""
        self.message = message
        self._place = place
        self._title.update(_titled(self._who, place))
        self._prose.finish()


class Note(Static):
    """Something the program has to say between the messages."""

    def __init__(self, text: str) -> None:
        super().__init__(Text(text))


def _titled(name: str, place: str) -> Text:
    return Text.assemble(name, ("  " + place if place else "", "dim"))
