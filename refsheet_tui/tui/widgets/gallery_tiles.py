"""The tiles of the gallery, for characters and for actions."""

from __future__ import annotations

from time import time
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from refsheet_tui.characters import SavedCharacter
from refsheet_tui.i18n import N_, _
from refsheet_tui.tui.gallery import GalleryEntry
from refsheet_tui.tui.relative_time import relative_time
from refsheet_tui.tui.widgets.portrait import Portrait
from refsheet_tui.untrusted import one_line


class GalleryTile(Vertical, can_focus=True):
    """A tile of the gallery. Enter or a click chooses it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "select", N_("Chat"), id="home.open")
    ]

    class Selected(Message):
        def __init__(self, tile: GalleryTile) -> None:
            super().__init__()
            self.tile = tile

    description = ""
    """A description of the tile in one line."""

    def on_click(self) -> None:
        self.action_select()

    def action_select(self) -> None:
        self.post_message(self.Selected(self))


class CharacterTile(GalleryTile):
    """A character's picture, name and description."""

    def __init__(self, entry: GalleryEntry) -> None:
        super().__init__()
        self.entry = entry
        self.description = entry.description

    @property
    def saved(self) -> SavedCharacter | None:
        """The character if it is one of the user's own, else None."""
        return self.entry.saved

    def compose(self) -> ComposeResult:
        entry = self.entry
        time_text = (
            relative_time(entry.last_used, time()) if entry.last_used is not None else _("Sample")
        )
        yield Portrait(entry.sheet)
        yield Static(Text(one_line(entry.name)), classes="card-name")
        yield Static(Text(f"{entry.language} · {time_text}"), classes="card-used")
        yield Static(Text(entry.description), classes="card-description")


class ActionTile(GalleryTile):
    """A tile for an action, which shows `icon` above `caption`."""

    def __init__(self, icon: str, caption: str, description: str, *, id: str) -> None:
        super().__init__(id=id)
        self._icon = icon
        self._caption = caption
        self.description = description

    def compose(self) -> ComposeResult:
        yield Static(Text(f"{self._icon}\n\n{self._caption}"), classes="card-new")
