"""A dialog that asks before something is done."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from refsheet_tui.i18n import N_
from refsheet_tui.tui.translation.translated_screen import TranslatedScreen
from refsheet_tui.untrusted import clean_text


class ConfirmScreen(TranslatedScreen[bool], ModalScreen[bool]):
    """A dialog whose result is True if the user said yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "no", N_("Close"), id="question.close"),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(
        self, question: str, details: str, *, yes: str, no: str, is_risky: bool = False
    ) -> None:
        """Ask `question`, with `yes` and `no` as the labels of the buttons.

        If `is_risky`, Enter means no.
        """
        super().__init__()
        self._question = question
        self._details = details
        self._button_labels = (yes, no)
        self._is_risky = is_risky

    def compose(self) -> ComposeResult:
        yes, no = self._button_labels
        with Vertical(id="question"):
            yield Static(Text(clean_text(self._question)), id="question-what")
            yield Static(Text(clean_text(self._details)), id="question-details")
            with Horizontal(id="question-buttons"):
                yield Button(yes, variant="error" if self._is_risky else "primary", id="yes")
                yield Button(no, id="no")

    def on_mount(self) -> None:
        self.query_one("#no" if self._is_risky else "#yes", Button).focus()

    def on_button_pressed(self, message: Button.Pressed) -> None:
        self.dismiss(message.button.id == "yes")

    def action_no(self) -> None:
        self.dismiss(False)
