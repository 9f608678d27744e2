"""The widgets of a chat's messages."""

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

from refsheet_tui.i18n import N_, _
from refsheet_tui.tui.widgets.code_blocks import code_blocks
from refsheet_tui.tui.widgets.portrait import Portrait
from refsheet_tui.tui.widgets.prose import Prose

MessageAction = Literal["copy", "code", "edit", "again", "branch", "delete"]


class MessageWidget(Vertical, can_focus=True):
    """One message: a name above its text.

    The actions on a message work while it has the focus, which a click or Shift+Tab gives it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "request('copy')", N_("Copy"), id="message.copy"),
        Binding("k", "request('code')", N_("Copy code"), show=False, id="message.code"),
        Binding("e", "request('edit')", N_("Edit"), id="message.edit"),
        Binding("r", "request('again')", N_("Regenerate from here"), id="message.again"),
        Binding("b", "request('branch')", N_("Branch from here"), id="message.branch"),
        Binding(
            "d,delete", "request('delete')", N_("Delete"), key_display="d", id="message.delete"
        ),
        Binding("up", "step(-1)", N_("Previous message"), show=False, id="message.up"),
        Binding("down", "step(1)", N_("Next message"), show=False, id="message.down"),
    ]

    class ActionRequested(Message):
        """The user wants to do something with a message."""

        def __init__(self, widget: MessageWidget, action: MessageAction) -> None:
            super().__init__()
            self.widget = widget
            self.action = action

    class FocusMoved(Message):
        """The user moves to the previous (-1) or next (1) message."""

        def __init__(self, widget: MessageWidget, step: int) -> None:
            super().__init__()
            self.widget = widget
            self.step = step

    def __init__(self, name: str, text: str, *, message: int, swipe_mark: str) -> None:
        """Show a message.

        Args:
            name: Who wrote it.
            text: Its text.
            message: Its number; 0 if it is not saved yet.
            swipe_mark: A mark such as ‹2/3›, shown next to the name; empty if there are no swipes.
        """
        super().__init__()
        self.message = message
        self.text = text
        self.speaker = ""
        self._author = name
        self._swipe_mark = swipe_mark
        self.is_hidden = False
        self._code_index = 0
        self._title = Static(classes="bubble-name")
        self._show_title()

    def next_code(self) -> str:
        """Return the first code block of the message, and the next one on each further call.

        Empty if there is none.
        """
        blocks = code_blocks(self.text)
        self._code_index += 1
        return blocks[(self._code_index - 1) % len(blocks)] if blocks else ""

    def set_name(self, name: str) -> None:
        """Change the name of who wrote it."""
        self._author = name
        self._show_title()

    def set_speaker(self, name: str) -> None:
        """Name who wrote it, where that isn't the usual name of the side."""
        self.speaker = name
        self.set_name(name)

    def mark_hidden(self) -> None:
        """Dim the message, and say that the model doesn't see it."""
        self.is_hidden = True
        self.add_class("-hidden")
        self._show_title()

    def _show_title(self) -> None:
        note = _("hidden from the model") if self.is_hidden else ""
        self._title.update(_title_text(self._author, self._swipe_mark, note))

    def action_request(self, action: MessageAction) -> None:
        if self.message:
            self.post_message(self.ActionRequested(self, action))

    def action_step(self, step: int) -> None:
        self.post_message(self.FocusMoved(self, step))


class UserMessage(MessageWidget):
    """A message of the user."""

    def __init__(
        self,
        name: str,
        text: str,
        *,
        message: int = 0,
        swipe_mark: str = "",
        pictures: Sequence[Path] = (),
    ) -> None:
        super().__init__(name, text, message=message, swipe_mark=swipe_mark)
        self._pictures = pictures
        self.add_class("-own")

    def compose(self) -> ComposeResult:
        yield self._title
        for path in self._pictures:
            yield Portrait(path, classes="bubble-picture")
        # The user's text is shown as it was typed, not as Markdown.
        if self.text:
            yield Static(Text(self.text), classes="bubble-text")


class ReplyMessage(MessageWidget):
    """A reply of the model, which may still be growing."""

    def __init__(
        self, name: str, text: str = "", *, message: int = 0, swipe_mark: str = ""
    ) -> None:
        """Show a reply. It starts without `text` if it is yet to be written."""
        super().__init__(name, text, message=message, swipe_mark=swipe_mark)
        self._prose = Prose(text, classes="bubble-text")

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._prose

    def append(self, piece: str) -> None:
        """Add a piece of the reply."""
        self.text += piece
        self._prose.update(self.text)

    def finish(self, message: int, swipe_mark: str) -> None:
        """End the growing reply, which is saved now, and show its swipe mark."""
        self.message = message
        self._swipe_mark = swipe_mark
        self._show_title()
        self._prose.finish()


class ChatNotice(Static):
    """A notice of the program between the messages."""

    def __init__(self, text: str) -> None:
        super().__init__(Text(text))


def _title_text(name: str, *marks: str) -> Text:
    return Text.assemble(name, *(("  " + mark, "dim") for mark in marks if mark))
