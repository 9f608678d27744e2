"""The open chats, each with its own screen, which stays as the user left it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.app import App

from refsheet_tui.characters import SavedCharacter
from refsheet_tui.chats import Chat

if TYPE_CHECKING:
    from refsheet_tui.tui.screens.chat import ChatScreen
    from refsheet_tui.tui.session import Session

_MAX_SCREENS = 8


class OpenChats:
    """The screens of the chats that were used last.

    Chats are saved on the disk, so a screen that is closed here can be built again.
    """

    def __init__(self, app: App[Any], get_session: Callable[[], Session]) -> None:
        """Open chats in `app`. `get_session` is called when a chat is opened."""
        self._app = app
        self._get_session = get_session
        self._screens: dict[int, ChatScreen] = {}

    def __contains__(self, screen: object) -> bool:
        return screen in self._screens.values()

    @property
    def on_screen(self) -> list[int]:
        """The numbers of the chats in the screen stack."""
        stack = self._app.screen_stack
        return [screen.number for screen in self._screens.values() if screen in stack]

    @property
    def in_background(self) -> list[ChatScreen]:
        """The screens that are not in the screen stack."""
        return [screen for screen in self._screens.values() if screen not in self._app.screen_stack]

    def open(self, character: SavedCharacter | None, chat: Chat) -> None:
        """Show a chat with a saved character, or with the assistant if `character` is None.

        Raises `PictureError`, `StorageError`.
        """
        from refsheet_tui.tui.screens.chat import ChatScreen
        from refsheet_tui.tui.screens.home import HomeScreen

        app = self._app
        screen = self._screens.pop(chat.id, None)
        if screen is None:
            screen = ChatScreen(character, chat, self._get_session())
            app.install_screen(screen, f"chat-{chat.id}")
        self._screens[chat.id] = screen
        while not isinstance(app.screen, ChatScreen | HomeScreen):  # such as the models screen
            app.pop_screen()
        if screen in app.screen_stack:  # after a double click
            return
        if isinstance(app.screen, ChatScreen):
            app.screen.leave()
            app.switch_screen(screen)
        else:
            app.push_screen(screen)
        self._close_oldest()

    def show_message(self, chat: int, message: int) -> None:
        """Show a message of an open chat."""
        self._screens[chat].show_message(message)

    def _close_oldest(self) -> None:
        """Close all but the latest screens. One whose reply is still ending stays."""
        for screen in list(self._screens.values())[: max(0, len(self._screens) - _MAX_SCREENS)]:
            if screen not in self._app.screen_stack and not screen.replying:
                del self._screens[screen.number]
                self._app.uninstall_screen(screen)
                screen.remove()

    def leave_all(self) -> None:
        """Stop all replies, and save the drafts."""
        for screen in self._screens.values():
            screen.leave()
