"""A dialog that shows an error and what to do about it."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from refsheet_tui.errors import RefsheetError
from refsheet_tui.i18n import N_, _
from refsheet_tui.tui.translation.translated_screen import TranslatedScreen
from refsheet_tui.untrusted import clean_text


class ErrorScreen(TranslatedScreen[None], ModalScreen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "dismiss", N_("Close"), id="problem.close")
    ]

    def __init__(self, error: RefsheetError) -> None:
        super().__init__()
        self._error = error

    def compose(self) -> ComposeResult:
        with Vertical(id="problem"):
            yield Static(Text(clean_text(self._error.problem)), id="problem-what")
            yield Static(Text(clean_text(self._error.remedy)), id="problem-remedy")
            yield Button(_("OK"), variant="primary")

    def on_button_pressed(self) -> None:
        self.dismiss()
