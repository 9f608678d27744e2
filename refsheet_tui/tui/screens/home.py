"""The gallery: who there is to talk with."""

from __future__ import annotations

import os
import os.path
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, VerticalScroll
from textual.widgets import Footer, Static

from refsheet_tui import paths
from refsheet_tui.characters.cards import import_card
from refsheet_tui.characters.library import CharacterLibrary, KeptCharacter
from refsheet_tui.characters.profile import Profile
from refsheet_tui.errors import CardError, PictureError
from refsheet_tui.i18n import N_, _
from refsheet_tui.prompting import Language
from refsheet_tui.text import one_line
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.dropped import dropped_paths
from refsheet_tui.tui.gallery import Entry, entries
from refsheet_tui.tui.guarded import guarded
from refsheet_tui.tui.messages import ChatWanted
from refsheet_tui.tui.screens.character import CharacterScreen, Made
from refsheet_tui.tui.translated import Translated
from refsheet_tui.tui.widgets.card import Card
from refsheet_tui.tui.widgets.heading import DemoNotice, Heading


class HomeScreen(Translated[None]):
    # All cards are in view from 80 x 24 on; where they are small, the description of the one in
    # focus stands below them.
    HORIZONTAL_BREAKPOINTS = [(0, "-two"), (60, "-three"), (78, "-four")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", N_("New character"), id="home.new"),
        Binding("e", "edit", N_("Edit"), id="home.edit"),
        Binding("d,delete", "delete", N_("Delete"), key_display="d", id="home.delete"),
        Binding("u", "undelete", N_("Undo"), show=False, id="home.undelete"),
        Binding("slash", "app.chats", N_("Search"), key_display="/", id="home.search"),
        Binding("m", "app.models", N_("Models"), id="home.models"),
        Binding("left", "step(-1, 0)", N_("Choose"), key_display="←↑↓→", id="home.left"),
        Binding("right", "step(1, 0)", N_("Right"), show=False, id="home.right"),
        Binding("up", "step(0, -1)", N_("Up"), show=False, id="home.up"),
        Binding("down", "step(0, 1)", N_("Down"), show=False, id="home.down"),
    ]

    def __init__(self, language: Language, library: CharacterLibrary) -> None:
        """`language` is what characters speak that are not kept yet."""
        super().__init__()
        self._language = language
        self._library = library
        self._entries: list[Entry] = []
        self._deleted: list[KeptCharacter] = []

    def compose(self) -> ComposeResult:
        yield Heading("RefSheet")
        yield DemoNotice()
        with VerticalScroll(can_focus=False):
            yield Grid(id="gallery")
        yield Static(id="about", markup=False)
        yield Footer()

    async def on_screen_resume(self) -> None:
        """Whoever was made, talked with or deleted meanwhile has another place now."""
        await self._show()

    async def _show(self) -> None:
        found = entries(self._library, self._language)
        if found == self._entries:
            return
        self._entries = found
        grid = self.query_one("#gallery", Grid)
        await grid.remove_children()
        await grid.mount_all([*(Card(each.character, each.kept) for each in found), Card(None)])
        self.query(Card).first().focus()

    def on_card_chosen(self, message: Card.Chosen) -> None:
        if message.character is None:
            self.action_new()
        else:
            self.post_message(ChatWanted(message.character))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if isinstance(event.widget, Card):
            self.query_one("#about", Static).update(event.widget.about)

    @guarded
    async def on_paste(self, event: events.Paste) -> None:
        """A card dropped on the gallery is imported; any other picture is a new character."""
        dropped = dropped_paths(event.text)
        if not dropped or not os.path.isfile(paths.typed(dropped[0])):  # noqa: PTH113 - survives impossible names
            return
        path = paths.typed(dropped[0])
        try:
            card = await in_thread(partial(import_card, path, self._language.code))
            await in_thread(card.check_picture)
        except CardError:
            self._begin_new(dropped)
            return
        except PictureError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        if card.picture is None:
            # It says all but what the character looks like.
            self._begin_new([], card.profile)
        else:
            kept = self._library.add_read(card.profile, [card.picture])
            await self._show()
            name = one_line(kept.profile.name or path.name)
            self.notify(_("{name} is here.").format(name=name), markup=False)

    @guarded
    async def action_delete(self) -> None:
        """Its chats stay, and it can be brought back."""
        card = self.focused
        if not isinstance(card, Card) or card.kept is None:
            self.notify(_("Only characters of your own can be deleted."), timeout=3)
            return
        self._library.delete(card.kept.id)
        self._deleted.append(card.kept)
        await self._show()
        name = one_line(card.kept.profile.name)
        words = _("{name} is deleted. u brings it back.").format(name=name)
        self.notify(words, markup=False, timeout=6)

    @guarded
    async def action_undelete(self) -> None:
        if self._deleted:
            self._library.undelete(self._deleted.pop().id)
            await self._show()

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

    def action_edit(self) -> None:
        """A change is a new version: chats that were begun keep the one they have."""
        card = self.focused
        if not isinstance(card, Card) or card.kept is None:
            self.notify(_("Only characters of your own can be changed."), timeout=3)
            return
        kept = card.kept
        pictures = [str(path) for path in self._library.pictures(kept)]

        def changed(made: Made | None) -> None:
            if made is not None:
                self.call_later(self._change, kept.id, made)

        self.app.push_screen(CharacterScreen(kept.profile, pictures, is_new=False), changed)

    @guarded
    async def _change(self, character: int, made: Made) -> None:
        self._library.edit(character, made.profile, made.pictures)
        await self._show()

    @guarded
    async def _begin(self, made: Made) -> None:
        self.post_message(ChatWanted(self._library.add(made.profile, made.pictures)))

    def _begin_new(self, pictures: list[str], known: Profile | None = None) -> None:
        def begun(made: Made | None) -> None:
            if made is not None:
                self.call_later(self._begin, made)

        profile = known or Profile(language=self._language.code)
        self.app.push_screen(CharacterScreen(profile, pictures), begun)
