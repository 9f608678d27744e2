"""The app: connects the screens, the engine and the settings."""

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

from refsheet_tui.config import Config, SettingValue
from refsheet_tui.crash_report import write_crash_report
from refsheet_tui.engine import NOT_INSTRUCTION_TUNED, Engine, ModelInfo
from refsheet_tui.errors import RefsheetError
from refsheet_tui.i18n import N_, _, set_language
from refsheet_tui.prompting import Language, choose_language, choose_screen_language
from refsheet_tui.tui.actions import actions_on, capitalized_key
from refsheet_tui.tui.appearance import Appearance
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.clipboard import copy_by_system
from refsheet_tui.tui.control_chars import ControlCharFilter
from refsheet_tui.tui.dialogs.error import ErrorScreen
from refsheet_tui.tui.dialogs.show_errors import show_errors
from refsheet_tui.tui.garbage import free_memory_regularly
from refsheet_tui.tui.graphics.terminal import Drawing, best_drawing
from refsheet_tui.tui.messages import (
    ChangeSettings,
    DownloadFinished,
    OpenCharacterChat,
    OpenChat,
    PrewarmSheet,
    ShowLorebook,
)
from refsheet_tui.tui.open_chats import OpenChats
from refsheet_tui.tui.preferences import Preferences
from refsheet_tui.tui.screens.home import HomeScreen
from refsheet_tui.tui.session import EngineState, Session
from refsheet_tui.tui.translation.translated_screen import TranslatedScreen

if TYPE_CHECKING:
    # At run time each comes with its first use: the gallery does not wait for them.
    from refsheet_tui.tui.models.downloads import DownloadProgress, DownloadResult
    from refsheet_tui.tui.models.manager import ModelCatalog
    from refsheet_tui.tui.screens.chats import ChatSelection
    from refsheet_tui.tui.widgets.picture_field import PictureField

_CHAT_MODULE = "refsheet_tui.tui.screens.chat"

_CONTROL_CHAR_FILTER = ControlCharFilter()


class RefsheetApp(App[int]):
    """The app. It owns the session and the open chats; the screens do the rest."""

    TITLE = "RefSheet"
    CSS_PATH = [  # noqa: RUF012 - the base class declares it
        f"styles/{name}.tcss"
        for name in ("base", "home", "chat", "character", "models", "settings", "dialogs")
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", N_("Quit"), priority=True, id="app.quit"),
        Binding("f1,question_mark", "help", N_("Help"), key_display="F1", id="app.help"),
        Binding("ctrl+l", "chats", N_("Chats"), id="app.chats"),
        Binding("f3", "models", N_("Models"), show=False, id="app.models"),
        Binding("f4", "settings", N_("Settings"), show=False, id="app.settings"),
        Binding("f2", "other_theme", N_("Toggle light/dark theme"), show=False, id="app.theme"),
    ]

    engine_state: reactive[EngineState] = reactive(EngineState("loading", ""))
    drawing: reactive[Drawing] = reactive[Drawing]("blocks")
    download: reactive[DownloadProgress | None] = reactive(None)
    config: reactive[Config] = reactive(Config)

    def __init__(
        self,
        config: Config,
        engine: Engine | None = None,
        config_file: Path | None = None,
        best_drawing: Drawing = "blocks",
        *,
        show_welcome: bool = False,
    ) -> None:
        """Prepare the app.

        Args:
            config: The settings to start with.
            engine: The engine; None means a `LocalEngine`.
            config_file: The file that `config` was read from; None means the usual place.
            best_drawing: The best way of drawing pictures that the terminal supports.
            show_welcome: Ask which model to use, if the user has never chosen one.

        Raises:
            ConfigError: The language in `config` is unknown.
        """
        super().__init__()
        self.preferences = Preferences(config, config_file)
        self.set_reactive(RefsheetApp.config, config)
        self._character_language = choose_language(config.language, os.environ)
        set_language(choose_screen_language(config.screens.language, os.environ))
        self._engine = engine
        self._appearance = Appearance(self, best_drawing, self._set_drawing)
        self._shows_welcome = show_welcome
        self._chats = OpenChats(self, lambda: self.session)
        self._deleted_chats: list[int] = []
        self._last_model: ModelInfo | None = None
        self.crash: RefsheetError | None = None

    @property
    def character_language(self) -> Language:
        """The language of samples and new characters."""
        return self._character_language

    @cached_property
    def models(self) -> ModelCatalog:
        """All models, and the current download."""
        from refsheet_tui.tui.models.downloads import Downloads
        from refsheet_tui.tui.models.manager import ModelCatalog

        downloads = Downloads(self._on_download_progress, self._on_download_end)
        return ModelCatalog(self.preferences, downloads)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy `text`, from a message or a field.

        In a browser it goes to the clipboard of the page, which may be on another machine.
        """
        self.run_worker(self._copy(text), group="copy")

    async def _copy(self, text: str) -> None:
        if self.is_web or not await copy_by_system(text):
            super().copy_to_clipboard(text)

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), _CONTROL_CHAR_FILTER]

    def on_mount(self) -> None:
        self._appearance.apply(self.preferences.config.screens)
        self.theme_changed_signal.subscribe(self, self._on_theme_change)
        free_memory_regularly(self)
        self.session = Session(self.preferences.config, self._on_engine_state, self._engine)
        self.push_screen(HomeScreen(self._character_language, self.session.library.characters))
        if notice := self.session.library.database.recovery_notice:
            self.notify(notice, severity="warning", markup=False, timeout=60)
        self.call_after_refresh(self._start_loading)

    async def on_unmount(self) -> None:
        if "models" in vars(self):
            await self.models.downloads.close()
        if "session" in vars(self):  # not if the library can't be opened
            await self.session.close()

    @show_errors
    async def on_open_character_chat(self, message: OpenCharacterChat) -> None:
        """Open the latest chat with a character, or a new one."""
        if message.character is None:
            self._chats.open(None, self.session.plain_chat(new=message.new))
        else:
            self._chats.open(*self.session.chat_with(message.character, new=message.new))

    @show_errors
    async def on_open_chat(self, message: OpenChat) -> None:
        chat = self.session.library.chats.get_chat(message.chat)
        characters = self.session.library.characters
        character = (
            characters.get_version(chat.character_version)
            if chat.character_version is not None
            else None
        )
        self._chats.open(character, chat)
        if message.message is not None:
            self._chats.show_message(chat.id, message.message)

    @show_errors
    async def on_change_settings(self, message: ChangeSettings) -> None:
        await self.change_settings(message.changes)

    def on_picture_field_browse_requested(self, message: PictureField.BrowseRequested) -> None:
        from refsheet_tui.tui.path_suggester import nearest_folder
        from refsheet_tui.tui.screens.browse import BrowseScreen

        def set_path(path: Path | None) -> None:
            if path is not None:
                message.field.set_path(path)

        self.push_screen(BrowseScreen(nearest_folder(message.field.text)), set_path)

    @show_errors
    async def on_download_finished(self, message: DownloadFinished) -> None:
        changes, notice = self.models.on_download_finished(message.result)
        if changes:
            await self.change_settings(changes)
        self.notify(notice, markup=False, timeout=8)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the actions that would leave a form."""
        if action in ("chats", "settings", "models"):
            return not self.screen.has_class("-form")
        return True

    def action_models(self) -> None:
        """Open the models screen."""
        from refsheet_tui.tui.screens.models import ModelsScreen

        if not isinstance(self.screen, ModelsScreen):
            self.push_screen(ModelsScreen(self.models))

    def action_settings(self) -> None:
        """Open the settings."""
        from refsheet_tui.tui.screens.settings import SettingsScreen

        self.push_screen(SettingsScreen(self.preferences, self.change_settings))

    def action_chats(self) -> None:
        """Open the list of all chats."""
        from refsheet_tui.tui.screens.chats import ChatsScreen

        def open_selection(selection: ChatSelection | None) -> None:
            if selection is not None and selection.kind == "chat":
                self.post_message(OpenChat(selection.number, selection.message))
            elif selection is not None:
                characters = self.session.library.characters
                self.post_message(OpenCharacterChat(characters.get_character(selection.number)))

        screen = ChatsScreen(self.session.library, self._chats.on_screen, self._deleted_chats)
        self.push_screen(screen, open_selection)

    @work(group="look", exclusive=True)
    async def on_prewarm_sheet(self, message: PrewarmSheet) -> None:
        await self.session.prewarm_sheet(message.sheet, message.language)

    def on_show_lorebook(self, message: ShowLorebook) -> None:
        from refsheet_tui.tui.screens.lorebook import LorebookScreen

        self.push_screen(LorebookScreen(message.profile, self.session))

    def show_error(self, error: RefsheetError) -> None:
        """Show an error in a dialog over the current screen."""
        self.push_screen(ErrorScreen(error))

    async def change_settings(self, changes: Mapping[str, SettingValue]) -> bool:
        """Save settings and apply them at once.

        Returns True if the model is loaded again because of them. Raises `ConfigError`,
        `StorageError`.
        """
        previous = self.preferences.config
        self.preferences.change(changes)
        config = self.preferences.config
        if config.model != previous.model:
            from refsheet_tui.weights import remember_model  # reads the catalog's modules

            remember_model(previous)
        self._appearance.apply(self.preferences.config.screens)
        self._character_language = choose_language(config.language, os.environ)
        for screen in self.screen_stack:
            if isinstance(screen, HomeScreen):
                await screen.set_language(self._character_language)
        # If a model could not be loaded, choosing it again is another try.
        is_retry = "model" in changes and self.engine_state.availability == "failed"
        reloads = self.session.configure(config) or is_retry
        if reloads:
            self.run_worker(self._load(reload=True), group="load", exclusive=True)
        if config.screens.language != previous.screens.language:
            await self._retranslate()
        self.config = config
        return reloads

    async def _retranslate(self) -> None:
        set_language(choose_screen_language(self.preferences.config.screens.language, os.environ))
        self.session.retranslate()
        for screen in [*self.screen_stack, *self._chats.in_background]:
            if isinstance(screen, TranslatedScreen):
                await screen.retranslate()

    def handle_bindings_clash(self, clashed_bindings: set[Binding], node: DOMNode) -> None:
        self._appearance.warn_about_clashes(clashed_bindings)

    def get_key_display(self, binding: Binding) -> str:
        return capitalized_key(super().get_key_display(binding))

    async def action_quit(self) -> None:
        """Quit at once, whatever the model is doing.

        Keys that were pressed before still wait for their field, and are processed first.
        """
        (self.focused or self).call_later(self._quit)

    def _quit(self) -> None:
        self._chats.leave_all()
        self.workers.cancel_all()
        self._leave(0)

    def action_help(self) -> None:
        from refsheet_tui.tui.screens.help import HelpScreen

        has_commands = self.screen in self._chats
        self.push_screen(HelpScreen(actions_on(self.screen), has_commands=has_commands))

    def action_command_palette(self) -> None:
        if self.use_command_palette and not CommandPalette.is_open(cast("App[object]", self)):
            self.push_screen(
                CommandPalette(placeholder=_("Search commands…"), id="--command-palette")
            )

    def search_themes(self) -> None:
        self.push_screen(CommandPalette([ThemeProvider], placeholder=_("Choose theme…")))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Yield the commands of the command palette."""
        for action in actions_on(screen):
            run = partial(self.run_action, action.name, action.node)
            yield SystemCommand(action.description, " ".join(action.keys), run)
        yield SystemCommand(_("Theme"), _("Choose a theme"), self.action_change_theme)

    def action_other_theme(self) -> None:
        self.theme = self._appearance.other_theme()

    def _on_theme_change(self, theme: Theme) -> None:
        """Save a theme that the user has chosen."""
        if self._appearance.is_user_choice(theme.name):
            self.post_message(ChangeSettings({"screens.theme": theme.name}))

    def _start_loading(self) -> None:
        self.run_worker(self._load(), group="load")
        if self._shows_welcome:
            self.run_worker(self._ask_for_model(), group="welcome")
        # Imported while the user looks at the gallery, so that the first chat opens at once. Not in
        # a thread: two threads that import can wait for each other.
        self.call_later(import_module, _CHAT_MODULE)

    async def _ask_for_model(self) -> None:
        from refsheet_tui.tui.models.manager import is_first_start
        from refsheet_tui.tui.screens.welcome import WelcomeScreen

        settings = (self.preferences.config, self.preferences.file)
        if await in_thread(partial(is_first_start, *settings)):
            self.push_screen(WelcomeScreen(self.models))

    async def _load(self, *, reload: bool = False) -> None:
        try:
            await (self.session.reload() if reload else self.session.ready())
        except RefsheetError as error:
            self.show_error(error)

    def _on_engine_state(self, state: EngineState) -> None:
        self.engine_state = state
        previous, self._last_model = self._last_model, state.info or self._last_model
        if state.info is None or state.info == previous:
            return
        warnings = [self.session.load_notice]
        if not state.info.is_instruction_tuned:
            warnings.append(_(NOT_INSTRUCTION_TUNED).format(model=state.info.name))
        for warning in filter(None, warnings):
            self.notify(warning, severity="warning", markup=False, timeout=15)

    def _set_drawing(self, drawing: Drawing) -> None:
        self.drawing = drawing

    def _on_download_progress(self, progress: DownloadProgress | None) -> None:
        self.download = progress

    def _on_download_end(self, result: DownloadResult) -> None:
        self.post_message(DownloadFinished(result))

    def _handle_exception(self, error: Exception) -> None:
        """Quit in order, instead of printing a traceback over the terminal."""
        if self.crash is None:
            self.crash = error if isinstance(error, RefsheetError) else write_crash_report(error)
            self._exception = error
            self._leave(1)

    def _leave(self, exit_code: int) -> None:
        self.exit(exit_code)
        # Delete the pictures that the terminal stores while it still reads.
        self.drawing = "off"


def run(config: Config, config_file: Path | None = None) -> int:
    """Show the interface until the user quits, and return the exit code.

    Raises `RefsheetError` after a crash.
    """
    # Asked now, because Textual reads everything that the terminal answers once it runs.
    drawing = best_drawing(os.environ) if config.screens.pictures == "auto" else "blocks"
    app = RefsheetApp(config, None, config_file, drawing, show_welcome=True)
    exit_code = app.run()
    if app.crash is not None:
        raise app.crash
    return exit_code or 0
