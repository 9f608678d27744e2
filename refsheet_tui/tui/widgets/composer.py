"""Where the person writes."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

from refsheet_tui.i18n import N_
from refsheet_tui.tui.commands import completion


class Composer(TextArea):
    """Grows with its text. Enter sends; ctrl+j, or shift+enter where the terminal can tell it
    apart, begins a new line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", N_("Send"), id="composer.send"),
        # To the end of the line otherwise, where there is a key `end` for that.
        Binding("ctrl+e", "screen.edit", N_("Edit"), id="composer.edit"),
        Binding(
            "ctrl+j,shift+enter", "newline", N_("New line"), key_display="^j", id="composer.newline"
        ),
    ]

    class Sent(Message):
        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, placeholder: str) -> None:
        super().__init__(
            placeholder=placeholder, compact=True, tab_behavior="focus", highlight_cursor_line=False
        )

    async def _on_key(self, event: events.Key) -> None:
        """Enter is a key of ours. It is taken here, in the order of the keys: a binding with
        priority would overtake the letters that were typed before it."""
        actions = {"enter": self.action_send, "shift+enter": self.action_newline}
        if event.key in actions:
            event.stop()
            event.prevent_default()
            actions[event.key]()
        else:
            await super()._on_key(event)

    def on_paste(self, event: events.Paste) -> None:
        """A terminal pastes line feeds as carriage returns."""
        event.text = event.text.replace("\r\n", "\n").replace("\r", "\n")

    def update_suggestion(self) -> None:
        """Commands are completed with the right key."""
        self.suggestion = completion(self.text)

    def give_back(self, text: str) -> None:
        """Put what could not be sent in front of what was typed since."""
        self.text = f"{text}\n{self.text}" if self.text else text
        self.move_cursor(self.document.end)

    def action_send(self) -> None:
        if self.text.strip():
            # Cleared here and not by who hears of it: what is typed meanwhile stays.
            text = self.text
            self.clear()
            self.post_message(self.Sent(text))

    def action_newline(self) -> None:
        self.insert("\n")
