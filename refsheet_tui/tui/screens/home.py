"""The gallery: who there is to talk with."""

from __future__ import annotations

import os
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import ItemGrid, VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer

from refsheet_tui.characters import Character, samples
from refsheet_tui.prompting import default_language, language
from refsheet_tui.tui.messages import ChatWanted
from refsheet_tui.tui.screens.new_character import NewCharacterScreen
from refsheet_tui.tui.widgets.card import Card
from refsheet_tui.tui.widgets.heading import DemoNotice, Heading


class HomeScreen(Screen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "New character"),
        Binding("left", "step(-1, 0)", "Choose", key_display="←↑↓→"),
        Binding("right", "step(1, 0)", "Right", show=False),
        Binding("up", "step(0, -1)", "Up", show=False),
        Binding("down", "step(0, 1)", "Down", show=False),
    ]

    def __init__(self, code: str | None) -> None:
        """`code` is the language that characters speak; None: chosen by the locale."""
        super().__init__()
        self._language = language(code) if code else default_language(os.environ.get("LANG"))

    def compose(self) -> ComposeResult:
        yield Heading("RefSheet")
        yield DemoNotice()
        with VerticalScroll(can_focus=False), ItemGrid(min_column_width=24, id="gallery"):
            for sample in samples():
                yield Card(sample.character(self._language))
            yield Card(None)
        yield Footer()

    def on_mount(self) -> None:
        self.query(Card).first().focus()

    def on_card_chosen(self, message: Card.Chosen) -> None:
        if message.character is None:
            self.action_new()
        else:
            self.post_message(ChatWanted(message.character))

    def action_new(self) -> None:
        def begun(character: Character | None) -> None:
            if character is not None:
                self.post_message(ChatWanted(character))

        self.app.push_screen(NewCharacterScreen(self._language), begun)

    def action_step(self, across: int, down: int) -> None:
        """Focus the nearest card in a direction."""
        cards = list(self.query(Card))
        here = self.focused if isinstance(self.focused, Card) else cards[0]
        x, y = here.region.center

        def distance(card: Card) -> float | None:
            right, below = card.region.center[0] - x, card.region.center[1] - y
            ahead, aside = (right * across, below) if across else (below * down, right)
            return ahead + 4 * abs(aside) if ahead > 0 else None

        reachable = [(far, card) for card in cards if (far := distance(card)) is not None]
        if reachable:
            min(reachable, key=lambda each: each[0])[1].focus()
