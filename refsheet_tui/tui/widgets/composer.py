"""Where the person writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import TextArea

from refsheet_tui.i18n import N_
from refsheet_tui.tui.dropped_paths import dropped_pictures
from refsheet_tui.tui.slash_commands import completion

# Done in the order in which keys are pressed: a binding with priority would overtake the letters
# that were typed before it.
_IN_ORDER = ("send", "newline")


class Composer(TextArea):
    """Grows with its text. Enter sends; ctrl+j, or shift+enter where the terminal can tell it
    apart, begins a new line; up brings back what was said before."""

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

    class Dropped(Message):
        """Pictures were dropped on the terminal, or their paths pasted."""

        def __init__(self, pictures: list[Path]) -> None:
            super().__init__()
            self.pictures = pictures

    def __init__(
        self,
        placeholder: str,
        said: Callable[[], Sequence[str]],
        has_pictures: Callable[[], bool],
    ) -> None:
        """`said` is what the person has said so far, as they would type it; `has_pictures`: whether
        there is something to send without a word."""
        super().__init__(
            placeholder=Content(placeholder),  # a name in it is no markup
            compact=True,
            tab_behavior="focus",
            highlight_cursor_line=False,
        )
        self._said = said
        self._recalled: int | None = None
        self._has_pictures = has_pictures

    async def _on_key(self, event: events.Key) -> None:
        """Keys of ours come before the letters and lines of the field."""
        if not event.is_printable:
            active = self.screen.active_bindings.get(event.key)
            if active is not None and active.node is self and active.binding.action in _IN_ORDER:
                event.stop()
                event.prevent_default()
                await self.run_action(active.binding.action)
                return
        await super()._on_key(event)

    def on_paste(self, event: events.Paste) -> None:
        """A terminal pastes line feeds as carriage returns."""
        pictures = dropped_pictures(event.text)
        if pictures:
            event.stop()
            event.prevent_default()
            self.post_message(self.Dropped(pictures))
        else:
            event.text = event.text.replace("\r\n", "\n").replace("\r", "\n")

    def update_suggestion(self) -> None:
        """Commands are completed with the right key."""
        self.suggestion = completion(self.text)

    def invite(self, words: str) -> None:
        """What stands there as long as nothing is typed; a name in it is no markup."""
        self.placeholder = Content(words)

    def give_back(self, text: str) -> None:
        """Put what could not be sent in front of what was typed since."""
        self.text = f"{text}\n{self.text}" if self.text else text
        self.move_cursor(self.document.end)

    def action_send(self) -> None:
        if self.text.strip() or self._has_pictures():
            # Cleared here and not by who hears of it: what is typed meanwhile stays.
            text = self.text
            self.clear()
            self.post_message(self.Sent(text))

    def action_newline(self) -> None:
        self.insert("\n")

    def action_cursor_up(self, select: bool = False) -> None:
        """At its top, what was said before comes back, to be said again or changed."""
        if select or self.cursor_location[0] > 0 or not self._recall(-1):
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        at_end = self.cursor_location[0] == self.document.line_count - 1
        if select or not at_end or not self._recall(1):
            super().action_cursor_down(select)

    def _recall(self, step: int) -> bool:
        """Not where the person has begun to type something else."""
        said = self._said()
        shown = self._recalled
        if shown is None or not shown < len(said) or self.text != said[shown]:
            shown = len(said)
            if self.text:
                return False
        wanted = shown + step
        if not 0 <= wanted <= len(said) or shown == wanted:
            return False
        self._recalled = wanted if wanted < len(said) else None
        self.text = said[wanted] if wanted < len(said) else ""
        self.move_cursor(self.document.end)
        return True
