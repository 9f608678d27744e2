"""The program on a terminal: wires screens, engine and looks together."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.screen import Screen

from refsheet_tui.characters.library import KeptCharacter
from refsheet_tui.chats.shelf import Chat
from refsheet_tui.config import Config
from refsheet_tui.crashes import crash
from refsheet_tui.engine import Engine
from refsheet_tui.errors import RefsheetError
from refsheet_tui.prompting import chosen_language
from refsheet_tui.tui.actions import actions_on
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.guarded import guarded
from refsheet_tui.tui.messages import ChatChosen, ChatWanted, SheetChosen
from refsheet_tui.tui.screens.home import HomeScreen
from refsheet_tui.tui.screens.problem import ProblemScreen
from refsheet_tui.tui.session import EngineState, Session
from refsheet_tui.tui.themes import DARK, LIGHT

if TYPE_CHECKING:
    # At run time each comes with its first use: the gallery does not wait for them.
    from refsheet_tui.tui.screens.chat import ChatScreen
    from refsheet_tui.tui.screens.chats import Choice

_CHAT = "refsheet_tui.tui.screens.chat"


class RefsheetApp(App[int]):
    """Holds the session and the chats that are open; screens do the rest."""

    TITLE = "RefSheet"
    CSS_PATH = "styles/app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", priority=True),
        Binding("f1,question_mark", "help", "Help", key_display="f1"),
        Binding("ctrl+l", "chats", "Chats"),
        Binding("f2", "other_theme", "Light or dark", show=False),
        Binding("f3", "real_model", "Get a real model", show=False),
    ]

    engine_state: reactive[EngineState] = reactive(EngineState("loading", "loading"))

    def __init__(self, config: Config, engine: Engine | None = None) -> None:
        """`engine` stands in for the engine of this machine.

        Raises `ConfigError` for an unknown language.
        """
        super().__init__()
        self._language = chosen_language(config.language, os.environ)
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name
        self._config = config
        self._engine = engine
        self._chats: dict[int, ChatScreen] = {}
        self._deleted: list[int] = []
        self.crashed: RefsheetError | None = None

    def on_mount(self) -> None:
        self.session = Session(self._config, self._engine_changed, self._engine)
        self.push_screen(HomeScreen(self._language, self.session.library.characters))
        self.call_after_refresh(self._begin_to_load)

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

    def action_chats(self) -> None:
        """Every chat, from anywhere."""
        from refsheet_tui.tui.screens.chats import ChatsScreen

        def chosen(choice: Choice | None) -> None:
            if choice is not None and choice.kind == "chat":
                self.post_message(ChatChosen(choice.number))
            elif choice is not None:
                characters = self.session.library.characters
                self.post_message(ChatWanted(characters.get(choice.number)))

        opened = [chat.number for chat in self._chats.values() if chat in self.screen_stack]
        self.push_screen(ChatsScreen(self.session.library, opened, self._deleted), chosen)

    def _open(self, kept: KeptCharacter, chat: Chat) -> None:
        from refsheet_tui.tui.screens.chat import ChatScreen

        screen = self._chats.get(chat.id)
        if screen is None:
            screen = self._chats[chat.id] = ChatScreen(kept, chat, self.session)
            self.install_screen(screen, f"chat-{chat.id}")
        if screen in self.screen_stack:  # a double click asks twice
            return
        if isinstance(self.screen, ChatScreen):
            self.screen.leave()
            self.switch_screen(screen)
        else:
            self.push_screen(screen)

    def on_sheet_chosen(self, message: SheetChosen) -> None:
        look = self.session.look(message.sheet, message.language)
        self.run_worker(look, group="look", exclusive=True)

    def show_problem(self, error: RefsheetError) -> None:
        """Say what happened and what to do, over whatever screen is there."""
        self.push_screen(ProblemScreen(error))

    async def action_quit(self) -> None:
        """Leave at once, whatever the model is doing."""
        for chat in self._chats.values():
            chat.leave()
        self.workers.cancel_all()
        self.exit(0)

    def action_help(self) -> None:
        from refsheet_tui.tui.screens.help import HelpScreen

        has_commands = self.screen in self._chats.values()
        self.push_screen(HelpScreen(actions_on(self.screen), has_commands=has_commands))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What the demo is explains nothing about another model."""
        return action != "real_model" or self.engine_state.is_demo

    def action_real_model(self) -> None:
        from refsheet_tui.tui.screens.help import DemoScreen

        self.push_screen(DemoScreen())

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """For the command palette."""
        for action in actions_on(screen):
            run = partial(self.run_action, action.name, action.node)
            yield SystemCommand(action.description, " ".join(action.keys), run)
        yield SystemCommand("Theme", "Choose the colours", self.action_change_theme)

    def action_other_theme(self) -> None:
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name

    def _begin_to_load(self) -> None:
        self.run_worker(self._load(), group="load")
        # While the person looks at the gallery: the first chat is not to wait for it.
        self.run_worker(in_thread(partial(import_module, _CHAT)), group="load")

    async def _load(self) -> None:
        try:
            await self.session.ready()
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


def run(config: Config) -> int:
    """Show the screens until the person leaves; the exit code. Raises `RefsheetError` after a
    crash."""
    app = RefsheetApp(config)
    code = app.run()
    if app.crashed is not None:
        raise app.crashed
    return code or 0
