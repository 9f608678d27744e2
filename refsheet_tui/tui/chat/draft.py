"""What the person has typed and not sent, kept so that it is there after whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

from textual.timer import Timer

from refsheet_tui.chats.messages import Message
from refsheet_tui.chats.shelf import Chat, ChatShelf
from refsheet_tui.errors import StorageError
from refsheet_tui.tui.chat.controller import Words
from refsheet_tui.tui.slash_commands import escaped
from refsheet_tui.tui.widgets.composer import Composer

# Seconds after the last key until what is typed is kept.
_KEEP_S = 0.5


class Draft:
    """Of one chat. While a message is edited, it waits; `edited` is that message."""

    def __init__(
        self,
        shelf: ChatShelf,
        chat: Chat,
        composer: Composer,
        unkept: Callable[[], Iterable[Words]],
    ) -> None:
        """`unkept`: what was sent and is in no chat yet."""
        self._shelf = shelf
        self._chat = chat.id
        self._composer = composer
        self._unkept = unkept
        self._text = chat.draft
        self._timer: Timer | None = None
        self.edited: Message | None = None

    def restore(self) -> None:
        """It is in the composer again."""
        self._composer.give_back(self._text)

    def typed(self) -> None:
        """Keep it as soon as the person pauses."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._composer.set_timer(_KEEP_S, self.keep)

    def keep(self) -> None:
        """What is typed, and what was sent and is in no chat yet."""
        if self.edited is not None:
            return
        text = "\n".join(
            filter(None, (*(each.text for each in self._unkept()), self._composer.text))
        )
        if text != self._text:
            self._text = text
            # Another program may be writing for long: the next key tries again.
            with suppress(StorageError):
                self._shelf.keep_draft(self._chat, text)

    def begin_edit(self, message: Message, text: str | None = None) -> None:
        """Its text, or `text`, is in the composer until the edit ends."""
        self.keep()
        self.edited = message
        self._composer.text = escaped(message.text) if text is None else text
        self._composer.focus()

    def leave_edit(self) -> None:
        """What was changed of it stands before what was typed until then: it is not sent yet."""
        if self.edited is not None:
            changed = self._composer.text
            before = escaped(self.edited.text)
            self.end_edit()
            if changed.strip() and changed != before:
                self._composer.give_back(changed)

    def end_edit(self) -> bool:
        """What was typed before is there again; whether anything was edited."""
        if self.edited is None:
            return False
        self.edited = None
        self._composer.text = self._text
        return True
