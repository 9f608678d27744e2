"""The places of the gallery: characters, and doors to other things."""

from __future__ import annotations

from time import time
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from refsheet_tui.characters.library import KeptCharacter
from refsheet_tui.i18n import N_, _
from refsheet_tui.tui.gallery import Entry
from refsheet_tui.tui.relative_time import ago
from refsheet_tui.tui.widgets.portrait import Portrait
from refsheet_tui.untrusted import one_line


class Tile(Vertical, can_focus=True):
    """One place of the gallery. Enter or a click chooses it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "choose", N_("Chat"), id="home.open")
    ]

    class Chosen(Message):
        def __init__(self, tile: Tile) -> None:
            super().__init__()
            self.tile = tile

    about = ""
    """What it is, in one line."""

    def on_click(self) -> None:
        self.action_choose()

    def action_choose(self) -> None:
        self.post_message(self.Chosen(self))


class Card(Tile):
    """A picture over a name and a line of description."""

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self.entry = entry
        self.about = entry.description

    @property
    def kept(self) -> KeptCharacter | None:
        """Where it is one of the person's own."""
        return self.entry.kept

    def compose(self) -> ComposeResult:
        entry = self.entry
        used = ago(entry.used, time()) if entry.used is not None else _("sample")
        yield Portrait(entry.sheet)
        yield Static(Text(one_line(entry.name)), classes="card-name")
        yield Static(Text(f"{entry.language} · {used}"), classes="card-used")
        yield Static(Text(entry.description), classes="card-description")


class Door(Tile):
    """The way to something that is no character: `sign` over `words`."""

    def __init__(self, sign: str, words: str, about: str, *, id: str) -> None:
        super().__init__(id=id)
        self._sign = sign
        self._words = words
        self.about = about

    def compose(self) -> ComposeResult:
        yield Static(Text(f"{self._sign}\n\n{self._words}"), classes="card-new")
