"""A character in the gallery."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from refsheet_tui.characters import Character
from refsheet_tui.characters.library import KeptCharacter
from refsheet_tui.i18n import N_, _
from refsheet_tui.tui.widgets.portrait import Portrait


class Card(Vertical, can_focus=True):
    """A picture over a name and a line of description. Enter or a click chooses it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "choose", N_("Chat"), id="home.open")
    ]

    class Chosen(Message):
        """`character` None: a new one is wanted."""

        def __init__(self, character: Character | KeptCharacter | None) -> None:
            super().__init__()
            self.character = character

    def __init__(self, character: Character | None, kept: KeptCharacter | None = None) -> None:
        """`kept` where it is one of the person's own, as `character` shows it."""
        super().__init__()
        self._character = character
        self.kept = kept

    @property
    def about(self) -> str:
        """Who this is, in one line."""
        return (
            self._character.description if self._character else _("Talk with a character of yours.")
        )

    def compose(self) -> ComposeResult:
        if self._character is None:
            yield Static("+\n\n" + _("New character"), classes="card-new")
            return
        yield Portrait(self._character.sheet)
        yield Static(Text(self._character.name), classes="card-name")
        yield Static(Text(self._character.description), classes="card-description")

    def on_click(self) -> None:
        self.action_choose()

    def action_choose(self) -> None:
        self.post_message(self.Chosen(self.kept or self._character))
