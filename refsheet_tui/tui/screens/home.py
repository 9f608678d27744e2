"""The home screen: the gallery of characters."""

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
from refsheet_tui.characters import CharacterStore, Profile, SavedCharacter, read_pictures
from refsheet_tui.errors import CardError, PictureError
from refsheet_tui.i18n import N_, _, join_sentences
from refsheet_tui.prompting import Language
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.dialogs.show_errors import show_errors
from refsheet_tui.tui.dropped_paths import dropped_paths
from refsheet_tui.tui.gallery import GalleryEntry, gallery_entries
from refsheet_tui.tui.messages import OpenCharacterChat
from refsheet_tui.tui.translation.translated_screen import TranslatedScreen
from refsheet_tui.tui.widgets.footer import KeyLine
from refsheet_tui.tui.widgets.gallery_tiles import ActionTile, CharacterTile, GalleryTile
from refsheet_tui.tui.widgets.heading import DemoNotice, Heading
from refsheet_tui.tui.widgets.scroll_area import ScrollArea
from refsheet_tui.untrusted import one_line

if TYPE_CHECKING:
    from refsheet_tui.tui.screens.character import CharacterForm


class HomeScreen(TranslatedScreen[None]):
    # From 80 x 24 on, all tiles are visible. If they are small, the description of the focused one
    # is below them.
    HORIZONTAL_BREAKPOINTS = [(0, "-two"), (60, "-three"), (78, "-four")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", N_("New"), tooltip=N_("New character"), id="home.new"),
        Binding("a", "ask", N_("Assistant"), id="home.ask"),
        Binding("e", "edit", N_("Edit"), id="home.edit"),
        Binding("c", "duplicate", N_("Duplicate"), show=False, id="home.duplicate"),
        Binding("i", "import", N_("Import"), id="home.import"),
        Binding("x", "export", N_("Export"), id="home.export"),
        Binding("d,delete", "delete", N_("Delete"), key_display="D", id="home.delete"),
        Binding("u", "undelete", N_("Undo"), show=False, id="home.undelete"),
        Binding("slash", "app.chats", N_("Search"), key_display="/", id="home.search"),
        Binding("f3,m", "app.models", N_("Models"), key_display="F3", id="home.models"),
        Binding("left", "step(-1, 0)", N_("Left"), show=False, id="home.left"),
        Binding("right", "step(1, 0)", N_("Right"), show=False, id="home.right"),
        Binding("up", "step(0, -1)", N_("Up"), show=False, id="home.up"),
        Binding("down", "step(0, 1)", N_("Down"), show=False, id="home.down"),
    ]

    def __init__(self, language: Language, library: CharacterStore) -> None:
        """Show the characters of `library`, and the samples, which speak `language`."""
        super().__init__()
        self._language = language
        self._library = library
        self._entries: list[GalleryEntry] = []
        self._deleted: list[SavedCharacter] = []

    def compose(self) -> ComposeResult:
        yield Heading("RefSheet")
        yield DemoNotice()
        with ScrollArea():
            yield Grid(id="gallery")
        yield Static(id="about", markup=False)
        yield KeyLine()

    async def on_screen_resume(self) -> None:
        """Update the gallery, whose characters may have changed."""
        await self._show()

    async def set_language(self, language: Language) -> None:
        """Let the samples speak `language`."""
        self._language = language
        await self._show()

    async def retranslate(self) -> None:
        tiles = list(self.query(GalleryTile))
        at = tiles.index(self.focused) if self.focused in tiles else 0
        self._entries = []
        await super().retranslate()
        await self._show()
        self.query(GalleryTile)[at].focus()

    async def _show(self) -> None:
        found = gallery_entries(self._library, self._language)
        grid = self.query_one("#gallery", Grid)
        if found == self._entries and grid.children:
            return
        self._entries = found
        new = ActionTile(
            "+",
            _("New character"),
            _("Create a character of your own and chat with them."),
            id="new-door",
        )
        words = _("Ask the model anything, with or without pictures.")
        assistant = ActionTile("✦", _("Assistant"), words, id="assistant-door")
        async with self.batch():  # so that no empty gallery is drawn
            await grid.remove_children()
            await grid.mount_all([*map(CharacterTile, found), new, assistant])
        if self.is_current:
            self.query(GalleryTile).first().focus()

    def on_gallery_tile_selected(self, message: GalleryTile.Selected) -> None:
        tile = message.tile
        if isinstance(tile, CharacterTile):
            self.post_message(OpenCharacterChat(tile.entry.character))
        elif tile.id == "new-door":
            self.action_new()
        else:
            self.action_ask()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if isinstance(event.widget, GalleryTile):
            # There is none while the screen is built again in another language.
            for about in self.query("#about").results(Static):
                about.update(event.widget.about)

    @show_errors
    async def on_paste(self, event: events.Paste) -> None:
        """Import dropped cards, and make a new character from other dropped pictures."""
        event.stop()  # otherwise a form that opens meanwhile would get it, too
        files = [paths.expand_user(path) for path in dropped_paths(event.text)]
        if not files or not all(map(paths.is_file, files)):
            return
        pictures = [file for file in files if not await self._import(file)]
        if pictures:
            self._begin_new([str(file) for file in pictures])

    async def _import(self, file: Path) -> bool:
        """Import `file`, or tell the user what is wrong with its picture.

        Returns False if it is not a card.
        """
        from refsheet_tui.characters import import_card

        try:
            card = await in_thread(partial(import_card, file, self._language.code))
        except CardError:
            return False
        if card.picture is None:
            # Only the picture is missing, so the user can add it in the form.
            self._begin_new([], card.profile)
            return True
        try:
            await in_thread(card.check_picture)
        except PictureError as error:
            self.notify(str(error), severity="error", markup=False)
            return True
        kept = self._library.add_character_from_bytes(card.profile, [card.picture])
        await self._show()
        words = _("Imported {name}.").format(name=one_line(kept.profile.name or file.name))
        if card.is_newer_version:
            notice = _("The card uses a newer format, so some of it may be missing.")
            words = join_sentences(words, notice)
        self.notify(words, markup=False)
        return True

    def action_import(self) -> None:
        """Ask for the path of a card, and import it."""
        from refsheet_tui.characters import import_card
        from refsheet_tui.tui.dialogs.path_prompt import PathScreen

        def check(typed: str) -> None:
            import_card(paths.expand_user(typed), self._language.code)

        def imported(typed: str | None) -> None:
            if typed is not None:
                self.call_later(self._import_typed, typed)

        question = _("Import a character card (.png, .json, .yaml, .charx):")
        self.app.push_screen(PathScreen(question, "", check), imported)

    @show_errors
    async def _import_typed(self, typed: str) -> None:
        await self._import(paths.expand_user(typed))

    def action_export(self) -> None:
        """Export the focused character as a card."""
        from refsheet_tui.characters import write_card
        from refsheet_tui.tui.dialogs.path_prompt import PathScreen

        kept = self._own_character(_("Sample characters can't be exported."))
        if kept is None:
            return
        sheet = next(iter(self._library.picture_paths(kept)), None)
        if sheet is None:
            self.notify(
                _("This character has no picture. Edit the character to add one."), severity="error"
            )
            return

        def write(typed: str) -> None:
            advice = _("Choose another name.")
            write_card(kept.profile, sheet, paths.expand_user(typed), advice=advice)

        def written(typed: str | None) -> None:
            if typed is not None:
                words = _("Exported to {file}.").format(file=one_line(typed))
                self.notify(words, markup=False)

        name = "".join(each if each.isalnum() else "-" for each in kept.profile.name) or "card"
        question = _("Export card as (.png or .json):")
        self.app.push_screen(PathScreen(question, f"~/{name}.png", write), written)

    @show_errors
    async def action_duplicate(self) -> None:
        """Duplicate the focused character."""
        kept = self._own_character(_("Sample characters can't be duplicated."))
        if kept is not None:
            name = _("{name} (copy)").format(name=kept.profile.name)
            self._library.duplicate_character(kept, name)
            await self._show()

    @show_errors
    async def action_delete(self) -> None:
        """Delete the focused character but not its chats. This can be undone."""
        kept = self._own_character(_("Sample characters can't be deleted."))
        if kept is None:
            return
        self._library.delete_character(kept.id)
        self._deleted.append(kept)
        await self._show()
        words = _("{name} deleted. Press U to undo.")
        self.notify(words.format(name=one_line(kept.profile.name)), markup=False, timeout=6)

    @show_errors
    async def action_undelete(self) -> None:
        if self._deleted:
            self._library.undelete_character(self._deleted[-1].id)
            self._deleted.pop()
            await self._show()

    def action_new(self) -> None:
        self._begin_new([])

    def action_ask(self) -> None:
        """Open the chat with the assistant."""
        self.post_message(OpenCharacterChat(None))

    def action_step(self, across: int, down: int) -> None:
        """Focus the nearest tile in a direction."""
        cards = list(self.query(GalleryTile))
        here = self.focused if isinstance(self.focused, GalleryTile) else cards[0]
        x, y = here.region.center

        def distance(card: GalleryTile) -> float | None:
            right, below = card.region.center[0] - x, card.region.center[1] - y
            ahead, aside = (right * across, below) if across else (below * down, right)
            return ahead + 4 * abs(aside) if ahead > 0 else None

        reachable = [(far, card) for card in cards if (far := distance(card)) is not None]
        if reachable:
            min(reachable, key=lambda each: each[0])[1].focus()

    def action_edit(self) -> None:
        """Edit the focused character. This makes a new version; existing chats keep the old one."""
        from refsheet_tui.tui.screens.character import CharacterScreen

        kept = self._own_character(_("Sample characters can't be edited."))
        if kept is None:
            return
        pictures = [str(path) for path in self._library.picture_paths(kept)]

        async def change(made: CharacterForm) -> SavedCharacter:
            data = await in_thread(partial(read_pictures, made.pictures))
            return self._library.edit_character_from_bytes(kept.id, made.profile, data)

        self.app.push_screen(CharacterScreen(kept.profile, pictures, change, is_new=False))

    def _own_character(self, otherwise: str) -> SavedCharacter | None:
        """Return the focused character if it is the user's own, else show `otherwise`."""
        card = self.focused
        if isinstance(card, CharacterTile) and card.saved is not None:
            return card.saved
        self.notify(otherwise, timeout=3)
        return None

    def _begin_new(self, pictures: list[str], known: Profile | None = None) -> None:
        from refsheet_tui.tui.screens.character import CharacterScreen

        async def keep(made: CharacterForm) -> SavedCharacter:
            data = await in_thread(partial(read_pictures, made.pictures))
            return self._library.add_character_from_bytes(made.profile, data)

        def begun(kept: SavedCharacter | None) -> None:
            if kept is not None:
                self.post_message(OpenCharacterChat(kept))

        profile = known or Profile(language=self._language.code)
        self.app.push_screen(CharacterScreen(profile, pictures, keep), begun)
