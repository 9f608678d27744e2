"""The unsent text of a chat, saved so that nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

from textual.timer import Timer

from refsheet_tui.chats import Chat, ChatStore, Message, escape
from refsheet_tui.errors import StorageError
from refsheet_tui.tui.chat.controller import UserInput
from refsheet_tui.tui.widgets.composer import Composer

# Seconds after the last key until the text is saved.
_KEEP_S = 0.5


class Draft:
    """The draft of one chat.

    While the user edits a message, `edited` is that message, and the draft stays as it was.
    """

    def __init__(
        self,
        shelf: ChatStore,
        chat: Chat,
        composer: Composer,
        unsaved: Callable[[], Iterable[UserInput]],
    ) -> None:
        """Save the text of `composer` as the draft of `chat`.

        `unsaved` returns what the user has sent that is not a message of the chat yet.
        """
        self._shelf = shelf
        self._chat = chat.id
        self._composer = composer
        self._unsaved = unsaved
        self._text = chat.draft
        self._timer: Timer | None = None
        self.edited: Message | None = None

    def restore(self) -> None:
        """Put the saved draft into the composer."""
        self._composer.prepend(self._text)

    def schedule_save(self) -> None:
        """Save the draft as soon as the user stops typing."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._composer.set_timer(_KEEP_S, self.save)

    def save(self) -> None:
        """Save what is typed and what was sent, but is not a message of the chat yet."""
        if self.edited is not None:
            return
        text = "\n".join(
            filter(None, (*(each.text for each in self._unsaved()), self._composer.text))
        )
        if text != self._text:
            self._text = text
            # Another program may write for a long time. The next key tries again.
            with suppress(StorageError):
                self._shelf.save_draft(self._chat, text)

    def begin_edit(self, message: Message, text: str | None = None) -> None:
        """Put the text of `message`, or `text`, into the composer until the edit ends."""
        self.save()
        self.edited = message
        self._composer.text = escape(message.text) if text is None else text
        self._composer.focus()

    def abandon_edit(self) -> None:
        """End the edit, and put a changed text in front of the draft, since it is not sent yet."""
        if self.edited is not None:
            changed = self._composer.text
            before = escape(self.edited.text)
            self.end_edit()
            if changed.strip() and changed != before:
                self._composer.prepend(changed)

    def end_edit(self) -> bool:
        """Put the draft back into the composer. Returns False if no message was edited."""
        if self.edited is None:
            return False
        self.edited = None
        self._composer.text = self._text
        return True
