"""A dialog that asks for a path."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from refsheet_tui.errors import RefsheetError
from refsheet_tui.i18n import N_, _
from refsheet_tui.tui.dropped_paths import dropped_paths
from refsheet_tui.tui.translation.translated_screen import TranslatedScreen
from refsheet_tui.tui.widgets.picture_field import PathInput
from refsheet_tui.untrusted import clean_text


class PathScreen(TranslatedScreen[str | None], ModalScreen[str | None]):
    """A dialog whose result is a path that `on_submit` accepted, or None if the user cancels."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", N_("Close"), id="ask.close")
    ]

    def __init__(self, question: str, value: str, on_submit: Callable[[str], None]) -> None:
        """Ask `question`, with `value` in the field.

        `on_submit` is called with the path. If it raises `RefsheetError`, the dialog shows the
        error and stays open.
        """
        super().__init__()
        self._question = question
        self._value = value
        self._on_submit = on_submit

    def compose(self) -> ComposeResult:
        with Vertical(id="ask"):
            yield Static(self._question, markup=False)
            yield PathInput(self._value)
            yield Static(classes="field-problem", markup=False)
            with Horizontal(id="ask-buttons"):
                yield Button(_("OK"), variant="primary", id="ok")
                yield Button(_("Cancel"), id="cancel")

    def on_button_pressed(self, message: Button.Pressed) -> None:
        self._submit() if message.button.id == "ok" else self.dismiss(None)

    def on_input_submitted(self) -> None:
        self._submit()

    def action_close(self) -> None:
        self.dismiss(None)

    def _submit(self) -> None:
        typed_paths = dropped_paths(self.query_one(Input).value)
        if not typed_paths:
            text = _("Enter a path.")
            self.query_one(".field-problem", Static).update(text)
            return
        try:
            self._on_submit(typed_paths[0])
        except RefsheetError as error:
            self.query_one(".field-problem", Static).update(clean_text(str(error)))
        else:
            self.dismiss(typed_paths[0])
