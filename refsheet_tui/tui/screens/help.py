"""A dialog with the keys and slash commands of the screen below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from refsheet_tui.chats import COMMANDS
from refsheet_tui.i18n import N_, _
from refsheet_tui.tui.actions import Action
from refsheet_tui.tui.translation.translated_screen import TranslatedScreen


class HelpScreen(TranslatedScreen[None], ModalScreen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,f1,question_mark", "dismiss", N_("Close"), id="help.close")
    ]

    def __init__(self, actions: Sequence[Action], *, has_commands: bool) -> None:
        """List `actions`, and the slash commands if `has_commands`."""
        super().__init__()
        self._actions = actions
        self._has_commands = has_commands

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as box:
            box.border_title = _("Keys and commands")
            box.border_subtitle = _("Esc to close")
            yield Static(self._table())

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        headings = (_("Key"), _("Action"), _("Name in config.yaml"))
        table.add_row(*(Text(heading, "bold") for heading in headings))
        for action in self._actions:
            keys, about = Text(", ".join(action.keys)), Text(action.description)
            table.add_row(keys, about, Text(action.id, "dim"))
        if self._has_commands:
            table.add_row("", "")
            for command in COMMANDS:
                table.add_row(Text(command.usage), _(command.about))
        return table
