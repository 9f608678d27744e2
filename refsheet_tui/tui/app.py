"""The program on a terminal: wires screens, engine and looks together."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar, cast

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.dom import DOMNode
from textual.reactive import reactive
from textual.screen import Screen
from textual.theme import Theme

from refsheet_tui.characters.library import KeptCharacter
from refsheet_tui.chats.shelf import Chat
from refsheet_tui.config import Config
from refsheet_tui.config_edit import Value
from refsheet_tui.crashes import crash
from refsheet_tui.engine import Engine
from refsheet_tui.errors import ConfigError, RefsheetError
from refsheet_tui.i18n import N_, _, speak
from refsheet_tui.prompting import Language, chosen_language
from refsheet_tui.tui import keys
from refsheet_tui.tui.actions import actions_on
from refsheet_tui.tui.guarded import guarded
from refsheet_tui.tui.messages import ChatChosen, ChatWanted, SettingsWanted, SheetChosen
from refsheet_tui.tui.preferences import Preferences
from refsheet_tui.tui.screens.character import CharacterScreen
from refsheet_tui.tui.screens.chat import ChatScreen
from refsheet_tui.tui.screens.chats import ChatsScreen, Choice
from refsheet_tui.tui.screens.help import HelpScreen
from refsheet_tui.tui.screens.home import HomeScreen
from refsheet_tui.tui.screens.problem import ProblemScreen
from refsheet_tui.tui.screens.settings import SettingsScreen
from refsheet_tui.tui.session import EngineState, Session
from refsheet_tui.tui.themes import DARK, LIGHT
from refsheet_tui.tui.translated import Translated

# Chats that stay as they were left, each in a screen of its own.
_KEPT_OPEN = 8


class RefsheetApp(App[int]):
    """Holds the session and the chats that are open; screens do the rest."""

    TITLE = "RefSheet"
    CSS_PATH = [  # noqa: RUF012 - the base class declares it
        f"styles/{name}.tcss" for name in ("base", "home", "chat", "character", "settings", "dialogs")
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", N_("Quit"), priority=True, id="app.quit"),
        Binding("f1,question_mark", "help", N_("Help"), key_display="f1", id="app.help"),
        Binding("ctrl+l", "chats", N_("Chats"), id="app.chats"),
        Binding("f4", "settings", N_("Settings"), show=False, id="app.settings"),
        Binding("f2", "other_theme", N_("Light or dark"), show=False, id="app.theme"),
    ]

    engine_state: reactive[EngineState] = reactive(EngineState("loading", ""))
    config: reactive[Config] = reactive(Config)

    def __init__(
        self, config: Config, engine: Engine | None = None, config_file: Path | None = None
    ) -> None:
        """`engine` stands in for the engine of this machine; `config_file` is where `config` came
        from, None for the usual place.

        Raises `ConfigError` for an unknown language.
        """
        super().__init__()
        self.preferences = Preferences(config, config_file)
        self.set_reactive(RefsheetApp.config, config)
        self._speaks = chosen_language(config.language, os.environ)
        speak(_written_in(config))
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self._engine = engine
        self._chats: dict[int, ChatScreen] = {}
        self._deleted: list[int] = []
        self._clashes: set[str] = set()
        self.crashed: RefsheetError | None = None

    @property
    def speaks(self) -> Language:
        """What characters speak that are not kept yet."""
        return self._speaks

    def on_mount(self) -> None:
        self._look()
        self.theme_changed_signal.subscribe(self, self._theme_changed)
        self.session = Session(self.preferences.config, self._engine_changed, self._engine)
        self.push_screen(HomeScreen(self._speaks, self.session.library.characters))
        self.run_worker(self._load(), group="load")

    async def on_unmount(self) -> None:
        await self.session.close()

    @guarded
    async def on_chat_wanted(self, message: ChatWanted) -> None:
        """Go on with a chat, or begin one."""
        self._open(*self.session.chat_with(message.character, new=message.new))

    @guarded
    async def on_chat_chosen(self, message: ChatChosen) -> None:
        chat = self.session.library.chats.get(message.chat)
        if chat.version is None:
            self.notify(
                f"It is held with nobody: refsheet chats update {chat.id} --character NAME",
                markup=False,
                timeout=10,
            )
        else:
            self._open(self.session.library.characters.at(chat.version), chat)

    @guarded
    async def on_settings_wanted(self, message: SettingsWanted) -> None:
        await self.change_settings(message.changes)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where something is being filled in, these would take the person away from it."""
        if action == "settings":
            return not isinstance(self.screen, (CharacterScreen, SettingsScreen))
        return action != "chats" or not isinstance(self.screen, SettingsScreen)

    def action_settings(self) -> None:
        """Every setting, from anywhere."""
        self.push_screen(SettingsScreen(self.preferences, self.change_settings))

    def action_chats(self) -> None:
        """Every chat, from anywhere."""

        def chosen(choice: Choice | None) -> None:
            if choice is not None and choice.kind == "chat":
                self.post_message(ChatChosen(choice.number))
            elif choice is not None:
                characters = self.session.library.characters
                self.post_message(ChatWanted(characters.get(choice.number)))

        opened = [chat.number for chat in self._chats.values() if chat in self.screen_stack]
        self.push_screen(ChatsScreen(self.session.library, opened, self._deleted), chosen)

    def _open(self, kept: KeptCharacter, chat: Chat) -> None:
        screen = self._chats.pop(chat.id, None)
        if screen is None:
            screen = ChatScreen(kept, chat, self.session)
            self.install_screen(screen, f"chat-{chat.id}")
        self._chats[chat.id] = screen
        if screen in self.screen_stack:  # a double click asks twice
            return
        if isinstance(self.screen, ChatScreen):
            self.screen.leave()
            self.switch_screen(screen)
        else:
            self.push_screen(screen)
        self._forget_chats(_KEPT_OPEN)

    def _forget_chats(self, most: int) -> None:
        """All of them is on the disk. One whose reply still ends is left to do so."""
        for chat in list(self._chats.values())[: max(0, len(self._chats) - most)]:
            if chat not in self.screen_stack and not chat.replying:
                del self._chats[chat.number]
                self.uninstall_screen(chat)
                chat.remove()

    def on_sheet_chosen(self, message: SheetChosen) -> None:
        look = self.session.look(message.sheet, message.language)
        self.run_worker(look, group="look", exclusive=True)

    def show_problem(self, error: RefsheetError) -> None:
        """Say what happened and what to do, over whatever screen is there."""
        self.push_screen(ProblemScreen(error))

    async def change_settings(self, changes: Mapping[str, Value]) -> bool:
        """Write them down, and let them count at once; whether the model is loaded again for that.
        Raises `ConfigError`, `StorageError`."""
        before = self.preferences.config
        self.preferences.change(changes)
        config = self.preferences.config
        self._look()
        self._speaks = chosen_language(config.language, os.environ)
        loads = self.session.configure(config)
        if loads:
            self.run_worker(self._load(again=True), group="load", exclusive=True)
        if config.screens.language != before.screens.language:
            await self._retranslate()
        self.config = config
        return loads

    async def _retranslate(self) -> None:
        speak(_written_in(self.preferences.config))
        self._forget_chats(0)
        self.session.retell()
        for screen in self.screen_stack:
            if isinstance(screen, Translated):
                await screen.retranslate()

    def _look(self) -> None:
        """As the settings say; what they can't say is told, and left as it was."""
        screens = self.preferences.config.screens
        if screens.theme in self.available_themes:
            self.theme = screens.theme
        else:
            self.theme = DARK.name
            self.notify(
                _("There is no theme {name}: ctrl+p, “Theme” shows those there are.").format(
                    name=screens.theme
                ),
                severity="warning",
                markup=False,
            )
        try:
            keys.check(screens.keys)
        except ConfigError as error:
            self.notify(str(error), severity="warning", markup=False)
        self.set_keymap(screens.keys)

    def handle_bindings_clash(self, clashed_bindings: set[Binding], node: DOMNode) -> None:
        """Told once for each key."""
        new = {binding.key for binding in clashed_bindings} - self._clashes
        self._clashes |= new
        for key in sorted(new):
            self.notify(
                _("screens.keys gives {key} to two things; one has no key now.").format(key=key),
                severity="warning",
                markup=False,
            )

    async def action_quit(self) -> None:
        """Leave at once, whatever the model is doing."""
        for chat in self._chats.values():
            chat.leave()
        self.workers.cancel_all()
        self.exit(0)

    def action_help(self) -> None:
        has_commands = isinstance(self.screen, ChatScreen)
        self.push_screen(HelpScreen(actions_on(self.screen), has_commands=has_commands))

    def action_command_palette(self) -> None:
        if self.use_command_palette and not CommandPalette.is_open(cast("App[object]", self)):
            self.push_screen(CommandPalette(placeholder=_("What to do…"), id="--command-palette"))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """For the command palette."""
        for action in actions_on(screen):
            run = partial(self.run_action, action.name, action.node)
            yield SystemCommand(action.description, " ".join(action.keys), run)
        yield SystemCommand(_("Theme"), _("Choose the colours"), self.action_change_theme)

    def action_other_theme(self) -> None:
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name

    def _theme_changed(self, theme: Theme) -> None:
        """However it was chosen, it is there the next time."""
        if theme.name != self.preferences.config.screens.theme:
            self.post_message(SettingsWanted({"screens.theme": theme.name}))

    async def _load(self, *, again: bool = False) -> None:
        try:
            await (self.session.reload() if again else self.session.ready())
        except RefsheetError as error:
            self.show_problem(error)

    def _engine_changed(self, state: EngineState) -> None:
        self.engine_state = state

    def _handle_exception(self, error: Exception) -> None:
        """Leave in good order instead of printing a traceback over the terminal."""
        if self.crashed is None:
            self.crashed = error if isinstance(error, RefsheetError) else crash(error)
            self._exception = error
            self.exit(1)


def _written_in(config: Config) -> str:
    """What the screens are written in: Chinese for whoever's locale is."""
    if config.screens.language is not None:
        return config.screens.language
    return "zh-Hans" if chosen_language(None, os.environ).is_chinese else "en"


def run(config: Config, config_file: Path | None = None) -> int:
    """Show the screens until the person leaves; the exit code. Raises `RefsheetError` after a
    crash."""
    app = RefsheetApp(config, config_file=config_file)
    code = app.run()
    if app.crashed is not None:
        raise app.crashed
    return code or 0
