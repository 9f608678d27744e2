"""What the person has typed and not sent, kept so that it is there after whatever happens."""

from __future__ import annotations

from contextlib import suppress

from refsheet_tui.chats.shelf import Chat, ChatShelf
from refsheet_tui.errors import StorageError


class Draft:
    """Of one chat."""

    def __init__(self, shelf: ChatShelf, chat: Chat) -> None:
        self._shelf = shelf
        self._chat = chat.id
        self.text = chat.draft

    def keep(self, text: str) -> None:
        if text != self.text:
            self.text = text
            # Another program may be writing for long: the next key tries again.
            with suppress(StorageError):
                self._shelf.keep_draft(self._chat, text)
