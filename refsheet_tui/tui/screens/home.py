"""The gallery: who there is to talk with."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid
from textual.widgets import Static

from refsheet_tui import paths
from refsheet_tui.characters.library import CharacterLibrary, KeptCharacter, read_pictures
from refsheet_tui.characters.profile import Profile
from refsheet_tui.errors import CardError, PictureError
from refsheet_tui.i18n import N_, _
from refsheet_tui.prompting import Language
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.dialogs.guarded import guarded
from refsheet_tui.tui.dropped_paths import dropped_paths
from refsheet_tui.tui.gallery import Entry, entries
from refsheet_tui.tui.messages import ChatWanted
from refsheet_tui.tui.translation.translated_screen import Translated
from refsheet_tui.tui.widgets.card import Card, Door, Tile
from refsheet_tui.tui.widgets.footer import KeyLine
from refsheet_tui.tui.widgets.heading import DemoNotice, Heading
from refsheet_tui.tui.widgets.scrolled import Scrolled
from refsheet_tui.untrusted import one_line

if TYPE_CHECKING:
    from refsheet_tui.tui.screens.character import Made


class HomeScreen(Translated[None]):
    # All cards are in view from 80 x 24 on; where they are small, the description of the one in
    # focus stands below them.
    HORIZONTAL_BREAKPOINTS = [(0, "-two"), (60, "-three"), (78, "-four")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", N_("New"), id="home.new"),
        Binding("a", "ask", N_("Assistant"), id="home.ask"),
        Binding("e", "edit", N_("Edit"), id="home.edit"),
        Binding("c", "duplicate", N_("Duplicate"), show=False, id="home.duplicate"),
        Binding("i", "import", N_("Import"), id="home.import"),
        Binding("x", "export", N_("Export"), id="home.export"),
        Binding("d,delete", "delete", N_("Delete"), key_display="d", id="home.delete"),
        Binding("u", "undelete", N_("Undo"), show=False, id="home.undelete"),
        Binding("slash", "app.chats", N_("Search"), key_display="/", id="home.search"),
        Binding("m", "app.models", N_("Models"), id="home.models"),
        Binding("left", "step(-1, 0)", N_("Left"), show=False, id="home.left"),
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
        with Scrolled():
            yield Grid(id="gallery")
        yield Static(id="about", markup=False)
        yield KeyLine()

    async def on_screen_resume(self) -> None:
        """Whoever was made, talked with or deleted meanwhile has another place now."""
        await self._show()

    async def speak(self, language: Language) -> None:
        """The samples speak it from now on."""
        self._language = language
        await self._show()

    async def retranslate(self) -> None:
        tiles = list(self.query(Tile))
        at = tiles.index(self.focused) if self.focused in tiles else 0
        self._entries = []
        await super().retranslate()
        await self._show()
        self.query(Tile)[at].focus()

    async def _show(self) -> None:
        found = entries(self._library, self._language)
        grid = self.query_one("#gallery", Grid)
        if found == self._entries and grid.children:
            return
        self._entries = found
        new = Door("+", _("New character"), _("Talk with a character of yours."), id="new-door")
        words = _("Ask the model anything, with pictures or without.")
        assistant = Door("✦", _("Assistant"), words, id="assistant-door")
        async with self.batch():  # an empty gallery is never seen
            await grid.remove_children()
            await grid.mount_all([*map(Card, found), new, assistant])
        if self.is_current:
            self.query(Tile).first().focus()

    def on_tile_chosen(self, message: Tile.Chosen) -> None:
        tile = message.tile
        if isinstance(tile, Card):
            self.post_message(ChatWanted(tile.entry.who))
        elif tile.id == "new-door":
            self.action_new()
        else:
            self.action_ask()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if isinstance(event.widget, Tile):
            # None while the screen is made anew in another language.
            for about in self.query("#about").results(Static):
                about.update(event.widget.about)

    @guarded
    async def on_paste(self, event: events.Paste) -> None:
        """Cards dropped on the gallery are imported; other pictures are a new character."""
        event.stop()  # a form that opens meanwhile is not to have it, too
        files = [paths.typed(path) for path in dropped_paths(event.text)]
        if not files or not all(map(paths.is_file, files)):
            return
        pictures = [file for file in files if not await self._import(file)]
        if pictures:
            self._begin_new([str(file) for file in pictures])

    async def _import(self, file: Path) -> bool:
        """Whether it is a card; what is wrong with its picture is told."""
        from refsheet_tui.characters.cards import import_card

        try:
            card = await in_thread(partial(import_card, file, self._language.code))
        except CardError:
            return False
        if card.picture is None:
            # It says all but what the character looks like.
            self._begin_new([], card.profile)
            return True
        try:
            await in_thread(card.check_picture)
        except PictureError as error:
            self.notify(str(error), severity="error", markup=False)
            return True
        kept = self._library.add_read(card.profile, [card.picture])
        await self._show()
        words = _("{name} is here.").format(name=one_line(kept.profile.name or file.name))
        if card.is_newer:
            words += " " + _("Its card is of a newer version: some of it may be missing.")
        self.notify(words, markup=False)
        return True

    def action_import(self) -> None:
        """A card that lies in a file."""
        from refsheet_tui.characters.cards import import_card
        from refsheet_tui.tui.dialogs.path_prompt import AskPathScreen

        def check(typed: str) -> None:
            import_card(paths.typed(typed), self._language.code)

        def imported(typed: str | None) -> None:
            if typed is not None:
                self.call_later(self._import_typed, typed)

        question = _("A Tavern card to import (.png, .json, .yaml, .charx):")
        self.app.push_screen(AskPathScreen(question, "", check), imported)

    @guarded
    async def _import_typed(self, typed: str) -> None:
        await self._import(paths.typed(typed))

    def action_export(self) -> None:
        """As a card that other programs read."""
        from refsheet_tui.characters.cards import write_card
        from refsheet_tui.tui.dialogs.path_prompt import AskPathScreen

        kept = self._own(_("Only characters of your own can be exported."))
        if kept is None:
            return
        sheet = next(iter(self._library.pictures(kept)), None)
        if sheet is None:
            self.notify(_("It has lost its picture: edit it first."), severity="error")
            return

        def write(typed: str) -> None:
            advice = _("Give another name.")
            write_card(kept.profile, sheet, paths.typed(typed), advice=advice)

        def written(typed: str | None) -> None:
            if typed is not None:
                words = _("Written to {file}.").format(file=one_line(typed))
                self.notify(words, markup=False)

        name = "".join(each if each.isalnum() else "-" for each in kept.profile.name) or "card"
        question = _("Write its card to (.png or .json):")
        self.app.push_screen(AskPathScreen(question, f"~/{name}.png", write), written)

    @guarded
    async def action_duplicate(self) -> None:
        """To try a change, and keep what there is."""
        kept = self._own(_("Only characters of your own can be duplicated."))
        if kept is not None:
            name = _("{name} (copy)").format(name=kept.profile.name)
            self._library.duplicate(kept, name)
            await self._show()

    @guarded
    async def action_delete(self) -> None:
        """Its chats stay, and it can be brought back."""
        kept = self._own(_("Only characters of your own can be deleted."))
        if kept is None:
            return
        self._library.delete(kept.id)
        self._deleted.append(kept)
        await self._show()
        words = _("{name} is deleted. u brings it back.")
        self.notify(words.format(name=one_line(kept.profile.name)), markup=False, timeout=6)

    @guarded
    async def action_undelete(self) -> None:
        if self._deleted:
            self._library.undelete(self._deleted[-1].id)
            self._deleted.pop()
            await self._show()

    def action_new(self) -> None:
        self._begin_new([])

    def action_ask(self) -> None:
        """The model itself, as nobody's character."""
        self.post_message(ChatWanted(None))

    def action_step(self, across: int, down: int) -> None:
        """Focus the nearest card in a direction."""
        cards = list(self.query(Tile))
        here = self.focused if isinstance(self.focused, Tile) else cards[0]
        x, y = here.region.center

        def distance(card: Tile) -> float | None:
            right, below = card.region.center[0] - x, card.region.center[1] - y
            ahead, aside = (right * across, below) if across else (below * down, right)
            return ahead + 4 * abs(aside) if ahead > 0 else None

        reachable = [(far, card) for card in cards if (far := distance(card)) is not None]
        if reachable:
            min(reachable, key=lambda each: each[0])[1].focus()

    def action_edit(self) -> None:
        """A change is a new version: chats that were begun keep the one they have."""
        from refsheet_tui.tui.screens.character import CharacterScreen

        kept = self._own(_("Only characters of your own can be changed."))
        if kept is None:
            return
        pictures = [str(path) for path in self._library.pictures(kept)]

        async def change(made: Made) -> KeptCharacter:
            data = await in_thread(partial(read_pictures, made.pictures))
            return self._library.edit_read(kept.id, made.profile, data)

        self.app.push_screen(CharacterScreen(kept.profile, pictures, change, is_new=False))

    def _own(self, otherwise: str) -> KeptCharacter | None:
        """The one in focus, where it is the person's own; else that is told."""
        card = self.focused
        if isinstance(card, Card) and card.kept is not None:
            return card.kept
        self.notify(otherwise, timeout=3)
        return None

    def _begin_new(self, pictures: list[str], known: Profile | None = None) -> None:
        from refsheet_tui.tui.screens.character import CharacterScreen

        async def keep(made: Made) -> KeptCharacter:
            data = await in_thread(partial(read_pictures, made.pictures))
            return self._library.add_read(made.profile, data)

        def begun(kept: KeptCharacter | None) -> None:
            if kept is not None:
                self.post_message(ChatWanted(kept))

        profile = known or Profile(language=self._language.code)
        self.app.push_screen(CharacterScreen(profile, pictures, keep), begun)
