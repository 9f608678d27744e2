"""The program on a terminal: wires screens, engine and looks together."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.dom import DOMNode
from textual.filter import LineFilter
from textual.reactive import reactive
from textual.screen import Screen
from textual.theme import Theme, ThemeProvider

from refsheet_tui.config import Config, Value
from refsheet_tui.crash_report import crash
from refsheet_tui.engine import Engine, ModelInfo
from refsheet_tui.engine.tuning import NOT_TUNED
from refsheet_tui.errors import RefsheetError
from refsheet_tui.i18n import N_, _, speak
from refsheet_tui.prompting import Language, chosen_language, screens_language
from refsheet_tui.tui.actions import actions_on
from refsheet_tui.tui.appearance import Appearance
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.clipboard import copied_by_system
from refsheet_tui.tui.control_chars import Harmless
from refsheet_tui.tui.dialogs.error import ProblemScreen
from refsheet_tui.tui.dialogs.guarded import guarded
from refsheet_tui.tui.graphics.terminal import Drawing, best_drawing
from refsheet_tui.tui.messages import (
    ChatChosen,
    ChatWanted,
    ModelArrived,
    SettingsWanted,
    SheetChosen,
)
from refsheet_tui.tui.open_chats import OpenChats
from refsheet_tui.tui.preferences import Preferences
from refsheet_tui.tui.screens.home import HomeScreen
from refsheet_tui.tui.session import EngineState, Session
from refsheet_tui.tui.translation.translated_screen import Translated

if TYPE_CHECKING:
    # At run time each comes with its first use: the gallery does not wait for them.
    from refsheet_tui.tui.models.downloads import Ended, Transfer
    from refsheet_tui.tui.models.manager import Models
    from refsheet_tui.tui.screens.chats import Choice
    from refsheet_tui.tui.widgets.picture_field import PictureField

_CHAT = "refsheet_tui.tui.screens.chat"

_HARMLESS = Harmless()


class RefsheetApp(App[int]):
    """Holds the session and the chats that are open; screens do the rest."""

    TITLE = "RefSheet"
    CSS_PATH = [  # noqa: RUF012 - the base class declares it
        f"styles/{name}.tcss"
        for name in ("base", "home", "chat", "character", "models", "settings", "dialogs")
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", N_("Quit"), priority=True, id="app.quit"),
        Binding("f1,question_mark", "help", N_("Help"), key_display="f1", id="app.help"),
        Binding("ctrl+l", "chats", N_("Chats"), id="app.chats"),
        Binding("f3", "models", N_("Models"), show=False, id="app.models"),
        Binding("f4", "settings", N_("Settings"), show=False, id="app.settings"),
        Binding("f2", "other_theme", N_("Light or dark"), show=False, id="app.theme"),
    ]

    engine_state: reactive[EngineState] = reactive(EngineState("loading", ""))
    drawing: reactive[Drawing] = reactive[Drawing]("halfcell")
    transfer: reactive[Transfer | None] = reactive(None)
    config: reactive[Config] = reactive(Config)

    def __init__(
        self,
        config: Config,
        engine: Engine | None = None,
        config_file: Path | None = None,
        best_drawing: Drawing = "halfcell",
        *,
        welcomes: bool = False,
    ) -> None:
        """`engine` stands in for the engine of this machine; `config_file` is where `config` came
        from, None for the usual place; `best_drawing` is what the terminal can do; `welcomes`: ask
        which model shall speak, where that was never chosen.

        Raises `ConfigError` for an unknown language.
        """
        super().__init__()
        self.preferences = Preferences(config, config_file)
        self.set_reactive(RefsheetApp.config, config)
        self._speaks = chosen_language(config.language, os.environ)
        speak(screens_language(config.screens.language, os.environ))
        self._engine = engine
        self._appearance = Appearance(self, best_drawing, self._set_drawing)
        self._welcomes = welcomes
        self._chats = OpenChats(self, lambda: self.session)
        self._deleted: list[int] = []
        self._loaded: ModelInfo | None = None
        self.crashed: RefsheetError | None = None

    @property
    def speaks(self) -> Language:
        """What characters speak that are not kept yet."""
        return self._speaks

    @cached_property
    def models(self) -> Models:
        """What there is to choose from, and the download of the moment."""
        from refsheet_tui.tui.models.downloads import Downloads
        from refsheet_tui.tui.models.manager import Models

        downloads = Downloads(self._transfer_changed, self._download_ended)
        return Models(self.preferences, downloads)

    def copy_to_clipboard(self, text: str) -> None:
        """Whatever is copied, from a message or a field. In a browser it is the page's, which may
        be on another machine than this one."""
        self.run_worker(self._copy(text), group="copy")

    async def _copy(self, text: str) -> None:
        if self.is_web or not await copied_by_system(text):
            super().copy_to_clipboard(text)

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), _HARMLESS]

    def on_mount(self) -> None:
        self._appearance.follow(self.preferences.config.screens)
        self.theme_changed_signal.subscribe(self, self._theme_changed)
        self.session = Session(self.preferences.config, self._engine_changed, self._engine)
        self.push_screen(HomeScreen(self._speaks, self.session.library.characters))
        self.call_after_refresh(self._begin_to_load)

    async def on_unmount(self) -> None:
        if "models" in vars(self):
            await self.models.downloads.close()
        await self.session.close()

    @guarded
    async def on_chat_wanted(self, message: ChatWanted) -> None:
        """Go on with a chat, or begin one."""
        if message.character is None:
            self._chats.open(None, self.session.plain_chat(new=message.new))
        else:
            self._chats.open(*self.session.chat_with(message.character, new=message.new))

    @guarded
    async def on_chat_chosen(self, message: ChatChosen) -> None:
        chat = self.session.library.chats.get(message.chat)
        characters = self.session.library.characters
        kept = characters.at(chat.version) if chat.version is not None else None
        self._chats.open(kept, chat)
        if message.message is not None:
            self._chats.find(chat.id, message.message)

    @guarded
    async def on_settings_wanted(self, message: SettingsWanted) -> None:
        await self.change_settings(message.changes)

    def on_picture_field_browse_requested(self, message: PictureField.BrowseRequested) -> None:
        from refsheet_tui.tui.path_suggester import nearest_folder
        from refsheet_tui.tui.screens.browse import BrowseScreen

        def chosen(path: Path | None) -> None:
            if path is not None:
                message.field.take(path)

        self.push_screen(BrowseScreen(nearest_folder(message.field.text)), chosen)

    @guarded
    async def on_model_arrived(self, message: ModelArrived) -> None:
        changes, words = self.models.arrived(message.ended)
        if changes:
            await self.change_settings(changes)
        self.notify(words, markup=False, timeout=8)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where something is being filled in, these would take the person away from it."""
        if action in ("chats", "settings", "models"):
            return not self.screen.has_class("-form")
        return True

    def action_models(self) -> None:
        """From anywhere."""
        from refsheet_tui.tui.screens.models import ModelsScreen

        if not isinstance(self.screen, ModelsScreen):
            self.push_screen(ModelsScreen(self.models))

    def action_settings(self) -> None:
        """Every setting, from anywhere."""
        from refsheet_tui.tui.screens.settings import SettingsScreen

        self.push_screen(SettingsScreen(self.preferences, self.change_settings))

    def action_chats(self) -> None:
        """Every chat, from anywhere."""
        from refsheet_tui.tui.screens.chats import ChatsScreen

        def chosen(choice: Choice | None) -> None:
            if choice is not None and choice.kind == "chat":
                self.post_message(ChatChosen(choice.number, choice.message))
            elif choice is not None:
                characters = self.session.library.characters
                self.post_message(ChatWanted(characters.get(choice.number)))

        opened = self._chats.on_screen
        self.push_screen(ChatsScreen(self.session.library, opened, self._deleted), chosen)

    @work(group="look", exclusive=True)
    async def on_sheet_chosen(self, message: SheetChosen) -> None:
        await self.session.look(message.sheet, message.language)

    def show_problem(self, error: RefsheetError) -> None:
        """Say what happened and what to do, over whatever screen is there."""
        self.push_screen(ProblemScreen(error))

    async def change_settings(self, changes: Mapping[str, Value]) -> bool:
        """Write them down, and let them count at once; whether the model is loaded again for that.
        Raises `ConfigError`, `StorageError`."""
        before = self.preferences.config
        self.preferences.change(changes)
        config = self.preferences.config
        self._appearance.follow(self.preferences.config.screens)
        self._speaks = chosen_language(config.language, os.environ)
        for screen in self.screen_stack:
            if isinstance(screen, HomeScreen):
                await screen.speak(self._speaks)
        # A model that could not be loaded is tried again by whoever chooses it once more.
        is_wanted = "model" in changes and self.engine_state.phase == "failed"
        loads = self.session.configure(config) or is_wanted
        if loads:
            self.run_worker(self._load(again=True), group="load", exclusive=True)
        if config.screens.language != before.screens.language:
            await self._retranslate()
        self.config = config
        return loads

    async def _retranslate(self) -> None:
        speak(screens_language(self.preferences.config.screens.language, os.environ))
        self.session.retell()
        for screen in [*self.screen_stack, *self._chats.behind]:
            if isinstance(screen, Translated):
                await screen.retranslate()

    def handle_bindings_clash(self, clashed_bindings: set[Binding], node: DOMNode) -> None:
        self._appearance.clashed(clashed_bindings)

    async def action_quit(self) -> None:
        """Leave at once, whatever the model is doing; but behind the letters that were typed
        before, which wait for the field that they are for."""
        (self.focused or self).call_later(self._quit)

    def _quit(self) -> None:
        self._chats.leave()
        self.workers.cancel_all()
        self._leave(0)

    def action_help(self) -> None:
        from refsheet_tui.tui.screens.help import HelpScreen

        has_commands = self.screen in self._chats
        self.push_screen(HelpScreen(actions_on(self.screen), has_commands=has_commands))

    def action_command_palette(self) -> None:
        if self.use_command_palette and not CommandPalette.is_open(cast("App[object]", self)):
            self.push_screen(CommandPalette(placeholder=_("What to do…"), id="--command-palette"))

    def search_themes(self) -> None:
        self.push_screen(CommandPalette([ThemeProvider], placeholder=_("Which colours…")))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """For the command palette."""
        for action in actions_on(screen):
            run = partial(self.run_action, action.name, action.node)
            yield SystemCommand(action.description, " ".join(action.keys), run)
        yield SystemCommand(_("Theme"), _("Choose the colours"), self.action_change_theme)

    def action_other_theme(self) -> None:
        self.theme = self._appearance.other()

    def _theme_changed(self, theme: Theme) -> None:
        """However it was chosen, it is there the next time."""
        if self._appearance.is_chosen(theme.name):
            self.post_message(SettingsWanted({"screens.theme": theme.name}))

    def _begin_to_load(self) -> None:
        self.run_worker(self._load(), group="load")
        if self._welcomes:
            self.run_worker(self._welcome(), group="welcome")
        # While the person looks at the gallery: the first chat is not to wait for it. Not in a
        # thread: where two of them import, each can wait for the other.
        self.call_later(import_module, _CHAT)

    async def _welcome(self) -> None:
        from refsheet_tui.tui.models.manager import is_first_start
        from refsheet_tui.tui.screens.welcome import WelcomeScreen

        chosen = (self.preferences.config, self.preferences.file)
        if await in_thread(partial(is_first_start, *chosen)):
            self.push_screen(WelcomeScreen(self.models))

    async def _load(self, *, again: bool = False) -> None:
        try:
            await (self.session.reload() if again else self.session.ready())
        except RefsheetError as error:
            self.show_problem(error)

    def _engine_changed(self, state: EngineState) -> None:
        self.engine_state = state
        before, self._loaded = self._loaded, state.info or self._loaded
        if state.info is not None and state.info != before and not state.info.is_instruction_tuned:
            words = _(NOT_TUNED).format(model=state.info.name)
            self.notify(words, severity="warning", markup=False, timeout=15)

    def _set_drawing(self, drawing: Drawing) -> None:
        self.drawing = drawing

    def _transfer_changed(self, transfer: Transfer | None) -> None:
        self.transfer = transfer

    def _download_ended(self, ended: Ended) -> None:
        self.post_message(ModelArrived(ended))

    def _handle_exception(self, error: Exception) -> None:
        """Leave in good order instead of printing a traceback over the terminal."""
        if self.crashed is None:
            self.crashed = error if isinstance(error, RefsheetError) else crash(error)
            self._exception = error
            self._leave(1)

    def _leave(self, code: int) -> None:
        self.exit(code)
        # What the terminal keeps of pictures is taken back while it still listens.
        self.drawing = "off"


def run(config: Config, config_file: Path | None = None) -> int:
    """Show the screens until the person leaves; the exit code. Raises `RefsheetError` after a
    crash."""
    # Textual reads whatever the terminal says, once it runs.
    best = best_drawing(os.environ) if config.screens.pictures == "auto" else "halfcell"
    app = RefsheetApp(config, None, config_file, best, welcomes=True)
    code = app.run()
    if app.crashed is not None:
        raise app.crashed
    return code or 0
