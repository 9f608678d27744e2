"""The gallery: who there is to talk with."""

from __future__ import annotations

import os
import os.path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Static

from refsheet_tui import paths
from refsheet_tui.characters import Character, samples
from refsheet_tui.prompting import Language
from refsheet_tui.tui.dropped import dropped_paths
from refsheet_tui.tui.messages import ChatWanted
from refsheet_tui.tui.screens.new_character import NewCharacterScreen
from refsheet_tui.tui.widgets.card import Card
from refsheet_tui.tui.widgets.heading import DemoNotice, Heading


class HomeScreen(Screen[None]):
    # All cards are in view from 80 x 24 on; where they are small, the description of the one in
    # focus stands below them.
    HORIZONTAL_BREAKPOINTS = [(0, "-two"), (60, "-three"), (78, "-four")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "New character"),
        Binding("left", "step(-1, 0)", "Choose", key_display="←↑↓→"),
        Binding("right", "step(1, 0)", "Right", show=False),
        Binding("up", "step(0, -1)", "Up", show=False),
        Binding("down", "step(0, 1)", "Down", show=False),
    ]

    def __init__(self, language: Language) -> None:
        """`language` is what characters speak."""
        super().__init__()
        self._language = language

    def compose(self) -> ComposeResult:
        yield Heading("RefSheet")
        yield DemoNotice()
        with VerticalScroll(can_focus=False), Grid(id="gallery"):
            for sample in samples():
                yield Card(sample.character(self._language))
            yield Card(None)
        yield Static(id="about", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        self.query(Card).first().focus()

    def on_card_chosen(self, message: Card.Chosen) -> None:
        if message.character is None:
            self.action_new()
        else:
            self.post_message(ChatWanted(message.character))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if isinstance(event.widget, Card):
            self.query_one("#about", Static).update(event.widget.about)

    def on_paste(self, event: events.Paste) -> None:
        """A picture dropped on the gallery is a new character."""
        dropped = dropped_paths(event.text)
        if dropped and os.path.isfile(paths.typed(dropped[0])):  # noqa: PTH113 - survives impossible names
            self._begin_new(dropped)

    def action_new(self) -> None:
        self._begin_new([])

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

    def _begin_new(self, pictures: list[str]) -> None:
        def begun(character: Character | None) -> None:
            if character is not None:
                self.post_message(ChatWanted(character))

        self.app.push_screen(NewCharacterScreen(self._language, pictures), begun)
