"""The composer, in which the user writes messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import TextArea

from refsheet_tui.chats import complete
from refsheet_tui.i18n import N_
from refsheet_tui.tui.dropped_paths import dropped_pictures

# Actions that run in the order of the keys. A binding with priority would run before letters that
# were typed earlier.
_ORDERED_ACTIONS = ("send", "newline")


class Composer(TextArea):
    """A text field that grows with its text.

    Enter sends. Ctrl+J starts a new line, as does Shift+Enter if the terminal reports it. Up
    recalls earlier messages.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", N_("Send"), id="composer.send"),
        # In Textual this key moves to the end of the line, as the key End does.
        Binding(
            "ctrl+e",
            "screen.edit",
            N_("Edit last"),
            tooltip=N_("Edit your last message"),
            id="composer.edit",
        ),
        Binding(
            "ctrl+j,shift+enter", "newline", N_("New line"), key_display="^j", id="composer.newline"
        ),
    ]

    class Sent(Message):
        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Dropped(Message):
        """The user has dropped pictures on the terminal, or pasted their paths."""

        def __init__(self, pictures: list[Path]) -> None:
            super().__init__()
            self.pictures = pictures

    def __init__(
        self,
        placeholder: str,
        get_user_texts: Callable[[], Sequence[str]],
        has_pictures: Callable[[], bool],
    ) -> None:
        """Start with an empty text.

        Args:
            placeholder: Shown while the field is empty.
            get_user_texts: Returns the user's messages, as they would be typed.
            has_pictures: Returns True if pictures can be sent without a text.
        """
        super().__init__(
            placeholder=Content(placeholder),  # as it is, since a name may look like markup
            compact=True,
            tab_behavior="focus",
            highlight_cursor_line=False,
        )
        self._get_user_texts = get_user_texts
        self._recall_index: int | None = None
        self._has_pictures = has_pictures

    async def _on_key(self, event: events.Key) -> None:
        """Handle the composer's own keys before those of the text area."""
        if not event.is_printable:
            active = self.screen.active_bindings.get(event.key)
            if (
                active is not None
                and active.node is self
                and active.binding.action in _ORDERED_ACTIONS
            ):
                event.stop()
                event.prevent_default()
                await self.run_action(active.binding.action)
                return
        await super()._on_key(event)

    def on_paste(self, event: events.Paste) -> None:
        """Attach pasted pictures, or paste text, whose lines end with carriage returns."""
        pictures = dropped_pictures(event.text)
        if pictures:
            event.stop()
            event.prevent_default()
            self.post_message(self.Dropped(pictures))
        else:
            event.text = event.text.replace("\r\n", "\n").replace("\r", "\n")

    def update_suggestion(self) -> None:
        """Suggest the rest of a slash command, which the right key completes."""
        self.suggestion = complete(self.text)

    def set_placeholder(self, text: str) -> None:
        """Change the placeholder, without taking a name in it for markup."""
        self.placeholder = Content(text)

    def prepend(self, text: str) -> None:
        """Insert text that could not be sent before the text that was typed since."""
        self.text = f"{text}\n{self.text}" if self.text else text
        self.move_cursor(self.document.end)

    def action_send(self) -> None:
        if self.text.strip() or self._has_pictures():
            # Cleared before the message is handled, so that text that is typed meanwhile stays.
            text = self.text
            self.clear()
            self.post_message(self.Sent(text))

    def action_newline(self) -> None:
        self.insert("\n")

    def action_cursor_up(self, select: bool = False) -> None:
        """Move up, or recall an earlier message if the cursor is in the first line."""
        if select or self.cursor_location[0] > 0 or not self._recall(-1):
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        at_end = self.cursor_location[0] == self.document.line_count - 1
        if select or not at_end or not self._recall(1):
            super().action_cursor_down(select)

    def _recall(self, step: int) -> bool:
        """Recall an earlier or later message.

        Returns False if there is none, or if the user has typed something else.
        """
        texts = self._get_user_texts()
        index = self._recall_index
        if index is None or not index < len(texts) or self.text != texts[index]:
            index = len(texts)
            if self.text:
                return False
        new_index = index + step
        if not 0 <= new_index <= len(texts) or index == new_index:
            return False
        self._recall_index = new_index if new_index < len(texts) else None
        self.text = texts[new_index] if new_index < len(texts) else ""
        self.move_cursor(self.document.end)
        return True
