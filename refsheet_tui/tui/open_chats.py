"""The chats that stay as they were left, each in a screen of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.app import App

from refsheet_tui.characters.library import KeptCharacter
from refsheet_tui.chats.shelf import Chat

if TYPE_CHECKING:
    from refsheet_tui.tui.screens.chat import ChatScreen
    from refsheet_tui.tui.session import Session

_MOST = 8


class OpenChats:
    """All of a chat is on the disk: what is forgotten here is there again when it is opened."""

    def __init__(self, app: App[Any], session: Callable[[], Session]) -> None:
        """`session` is asked for when a chat is opened."""
        self._app = app
        self._session = session
        self._chats: dict[int, ChatScreen] = {}

    def __contains__(self, screen: object) -> bool:
        return screen in self._chats.values()

    @property
    def on_screen(self) -> list[int]:
        """Numbers of those that can be gone back to."""
        stack = self._app.screen_stack
        return [chat.number for chat in self._chats.values() if chat in stack]

    @property
    def behind(self) -> list[ChatScreen]:
        """Those that are on no screen now."""
        return [chat for chat in self._chats.values() if chat not in self._app.screen_stack]

    def open(self, kept: KeptCharacter | None, chat: Chat) -> None:
        """Raises `PictureError`, `StorageError`."""
        from refsheet_tui.tui.screens.chat import ChatScreen
        from refsheet_tui.tui.screens.home import HomeScreen

        app = self._app
        screen = self._chats.pop(chat.id, None)
        if screen is None:
            screen = ChatScreen(kept, chat, self._session())
            app.install_screen(screen, f"chat-{chat.id}")
        self._chats[chat.id] = screen
        while not isinstance(app.screen, ChatScreen | HomeScreen):  # the models lie over it
            app.pop_screen()
        if screen in app.screen_stack:  # a double click asks twice
            return
        if isinstance(app.screen, ChatScreen):
            app.screen.leave()
            app.switch_screen(screen)
        else:
            app.push_screen(screen)
        self._forget()

    def find(self, chat: int, message: int) -> None:
        """Show a message of one that is open."""
        self._chats[chat].find(message)

    def _forget(self) -> None:
        """All but the latest. One whose reply still ends is left to do so."""
        for chat in list(self._chats.values())[: max(0, len(self._chats) - _MOST)]:
            if chat not in self._app.screen_stack and not chat.replying:
                del self._chats[chat.number]
                self._app.uninstall_screen(chat)
                chat.remove()

    def leave(self) -> None:
        """What was typed in them is kept, and replies are stopped."""
        for chat in self._chats.values():
            chat.leave()
