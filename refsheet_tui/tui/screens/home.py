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
from refsheet_tui.characters import (
    CharacterStore,
    Profile,
    SavedCharacter,
    read_pictures,
)
from refsheet_tui.errors import CardError, NoCardError, PictureError, RefsheetError
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

_MAX_FILE_NAME = 60  # characters, which fit into 255 bytes in any language


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
        Binding("m", "app.models", N_("Models"), id="home.models"),
        Binding("left", "step(-1, 0)", N_("Left"), show=False, id="home.left"),
        Binding("right", "step(1, 0)", N_("Right"), show=False, id="home.right"),
        Binding("up", "step(0, -1)", N_("Up"), show=False, id="home.up"),
        Binding("down", "step(0, 1)", N_("Down"), show=False, id="home.down"),
    ]

    def __init__(self, language: Language, store: CharacterStore) -> None:
        """Show the characters of `store`, and the samples, which speak `language`."""
        super().__init__()
        self._language = language
        self._store = store
        self._entries: list[GalleryEntry] = []
        self._deleted_characters: list[SavedCharacter] = []

    def compose(self) -> ComposeResult:
        yield Heading("RefSheet")
        yield DemoNotice()
        with ScrollArea():
            yield Grid(id="gallery")
        yield Static(id="about", markup=False)
        yield KeyLine()

    async def on_screen_resume(self) -> None:
        """Update the gallery, whose characters may have changed."""
        await self._show_gallery()

    async def set_language(self, language: Language) -> None:
        """Let the samples speak `language`."""
        self._language = language
        await self._show_gallery()

    async def retranslate(self) -> None:
        tiles = list(self.query(GalleryTile))
        index = tiles.index(self.focused) if self.focused in tiles else 0
        self._entries = []
        await super().retranslate()
        await self._show_gallery()
        self.query(GalleryTile)[index].focus()

    async def _show_gallery(self) -> None:
        entries = gallery_entries(self._store, self._language)
        grid = self.query_one("#gallery", Grid)
        if entries == self._entries and grid.children:
            return
        self._entries = entries
        new_tile = ActionTile(
            "+",
            _("New character"),
            _("Create a character of your own and chat with them."),
            id="new-door",
        )
        description = _("Ask the model anything, with or without pictures.")
        assistant_tile = ActionTile("✦", _("Assistant"), description, id="assistant-door")
        async with self.batch():  # so that no empty gallery is drawn
            await grid.remove_children()
            await grid.mount_all([*map(CharacterTile, entries), new_tile, assistant_tile])
        tiles = self.query(GalleryTile)
        if self.is_current and tiles:  # there are none while the program ends
            tiles.first().focus()

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
                about.update(event.widget.description)

    @show_errors
    async def on_paste(self, event: events.Paste) -> None:
        """Import dropped cards, and make a new character from dropped plain pictures."""
        event.stop()  # otherwise a form that opens meanwhile would get it, too
        files = [paths.expand_user(path) for path in dropped_paths(event.text)]
        if not files or not all(map(paths.is_file, files)):
            return
        pictures = [str(file) for file in files if await self._is_plain_picture(file)]
        if pictures:
            self._open_new_form(pictures)

    async def _is_plain_picture(self, file: Path) -> bool:
        """Return True if `file` is a picture without a card. Import it if it is a card.

        The user is told what is wrong with a file that is neither.
        """
        from refsheet_tui.pictures import open_picture

        try:
            await self._import_card(file)
        except NoCardError:
            try:
                await in_thread(partial(open_picture, file))
            except PictureError as error:
                self._notify_error(error)
                return False
            return True
        except (CardError, PictureError) as error:
            self._notify_error(error)
        return False

    def _notify_error(self, error: RefsheetError) -> None:
        self.notify(str(error), severity="error", markup=False, timeout=8)

    async def _import_card(self, file: Path) -> None:
        """Import a card. Raises `CardError`, `PictureError`, `StorageError`."""
        from refsheet_tui.characters import import_card

        card = await in_thread(partial(import_card, file, self._language.code))
        if card.notice:
            self.notify(card.notice, severity="warning", markup=False)
        if card.picture is None:
            # Only the picture is missing, so the user can add it in the form.
            self._open_new_form([], card.profile)
            return
        ground_notice = await in_thread(card.check_picture)
        character = self._store.add_character_from_bytes(card.profile, [card.picture])
        await self._show_gallery()
        text = _("Imported {name}.").format(name=one_line(character.profile.name or file.name))
        if card.is_newer_version:
            notice = _("The card uses a newer format, so some of it may be missing.")
            text = join_sentences(text, notice)
        if ground_notice is not None:
            text = join_sentences(text, ground_notice)
        if card.detected_language is not None:
            notice = _("Language: {language}. To change it, edit the character.")
            text = join_sentences(text, notice.format(language=card.detected_language.native))
        self.notify(text, markup=False)

    def action_import(self) -> None:
        """Ask for the path of a card, and import it."""
        from refsheet_tui.characters import import_card
        from refsheet_tui.tui.dialogs.path_prompt import PathScreen

        def check(path: str) -> None:
            import_card(paths.expand_user(path), self._language.code).check_picture()

        def import_path(path: str | None) -> None:
            if path is not None:
                self.call_later(self._import_path, path)

        question = _("Import a character card (.png, .json, .yaml, .charx, .byaf):")
        self.app.push_screen(PathScreen(question, "", check), import_path)

    @show_errors
    async def _import_path(self, path: str) -> None:
        await self._import_card(paths.expand_user(path))

    def action_export(self) -> None:
        """Export the focused character as a card."""
        from refsheet_tui.characters import write_card
        from refsheet_tui.tui.dialogs.path_prompt import PathScreen

        character = self._own_character(_("Sample characters can't be exported."))
        if character is None:
            return
        sheet = next(iter(self._store.picture_paths(character)), None)
        if sheet is None:
            self.notify(
                _("This character has no picture. Edit the character to add one."), severity="error"
            )
            return

        def write(path: str) -> None:
            advice = _("Choose another name.")
            write_card(character.profile, sheet, paths.expand_user(path), advice=advice)

        def notify(path: str | None) -> None:
            if path is not None:
                text = _("Exported to {file}.").format(file=one_line(path))
                self.notify(text, markup=False)

        letters = character.profile.name[:_MAX_FILE_NAME]
        name = "".join(char if char.isalnum() else "-" for char in letters) or "card"
        question = _("Export card as (.png or .json):")
        self.app.push_screen(PathScreen(question, f"~/{name}.png", write), notify)

    @show_errors
    async def action_duplicate(self) -> None:
        """Duplicate the focused character."""
        character = self._own_character(_("Sample characters can't be duplicated."))
        if character is not None:
            name = _("{name} (copy)").format(name=character.profile.name)
            self._store.duplicate_character(character, name)
            await self._show_gallery()

    @show_errors
    async def action_delete(self) -> None:
        """Delete the focused character but not its chats. This can be undone."""
        character = self._own_character(_("Sample characters can't be deleted."))
        if character is None:
            return
        self._store.delete_character(character.id)
        self._deleted_characters.append(character)
        await self._show_gallery()
        text = _("{name} deleted. Press U to undo.")
        self.notify(text.format(name=one_line(character.profile.name)), markup=False, timeout=6)

    @show_errors
    async def action_undelete(self) -> None:
        if self._deleted_characters:
            self._store.undelete_character(self._deleted_characters[-1].id)
            self._deleted_characters.pop()
            await self._show_gallery()

    def action_new(self) -> None:
        self._open_new_form([])

    def action_ask(self) -> None:
        """Open the chat with the assistant."""
        self.post_message(OpenCharacterChat(None))

    def action_step(self, dx: int, dy: int) -> None:
        """Focus the nearest tile in a direction."""
        tiles = list(self.query(GalleryTile))
        focused = self.focused if isinstance(self.focused, GalleryTile) else tiles[0]
        x, y = focused.region.center

        def distance_to(tile: GalleryTile) -> float | None:
            right, below = tile.region.center[0] - x, tile.region.center[1] - y
            ahead, aside = (right * dx, below) if dx else (below * dy, right)
            return ahead + 4 * abs(aside) if ahead > 0 else None

        reachable = [
            (distance, tile) for tile in tiles if (distance := distance_to(tile)) is not None
        ]
        if reachable:
            min(reachable, key=lambda each: each[0])[1].focus()

    def action_edit(self) -> None:
        """Edit the focused character. This makes a new version; existing chats keep the old one."""
        from refsheet_tui.tui.screens.character import CharacterScreen

        character = self._own_character(_("Sample characters can't be edited."))
        if character is None:
            return
        pictures = [str(path) for path in self._store.picture_paths(character)]

        async def save(form: CharacterForm) -> SavedCharacter:
            data = await in_thread(partial(read_pictures, form.pictures))
            return self._store.edit_character_from_bytes(character.id, form.profile, data)

        self.app.push_screen(CharacterScreen(character.profile, pictures, save, is_new=False))

    def _own_character(self, notice: str) -> SavedCharacter | None:
        """Return the focused character if it is the user's own, else show `notice`."""
        tile = self.focused
        if isinstance(tile, CharacterTile) and tile.saved is not None:
            return tile.saved
        self.notify(notice, timeout=3)
        return None

    def _open_new_form(self, pictures: list[str], profile: Profile | None = None) -> None:
        from refsheet_tui.tui.screens.character import CharacterScreen

        async def save(form: CharacterForm) -> SavedCharacter:
            data = await in_thread(partial(read_pictures, form.pictures))
            return self._store.add_character_from_bytes(form.profile, data)

        def open_chat(character: SavedCharacter | None) -> None:
            if character is not None:
                self.post_message(OpenCharacterChat(character))

        profile = profile or Profile(language=self._language.code)
        self.app.push_screen(CharacterScreen(profile, pictures, save), open_chat)
