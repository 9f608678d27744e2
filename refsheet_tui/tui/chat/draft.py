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
_SAVE_DELAY_S = 0.5


class Draft:
    """The draft of one chat.

    While the user edits a message, `edited_message` is that message, and the draft stays as it was.
    """

    def __init__(
        self,
        chats: ChatStore,
        chat: Chat,
        composer: Composer,
        get_unsaved_inputs: Callable[[], Iterable[UserInput]],
    ) -> None:
        """Save the text of `composer` as the draft of `chat`.

        `get_unsaved_inputs` returns what the user has sent that is not a message of the chat yet.
        """
        self._chats = chats
        self._chat_id = chat.id
        self._composer = composer
        self._get_unsaved_inputs = get_unsaved_inputs
        self._saved_text = chat.draft
        self._timer: Timer | None = None
        self.edited_message: Message | None = None

    def restore(self) -> None:
        """Put the saved draft into the composer."""
        self._composer.prepend(self._saved_text)

    def schedule_save(self) -> None:
        """Save the draft as soon as the user stops typing."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._composer.set_timer(_SAVE_DELAY_S, self.save)

    def save(self) -> None:
        """Save what is typed and what was sent, but is not a message of the chat yet."""
        if self.edited_message is not None:
            return
        text = "\n".join(
            filter(None, (*(each.text for each in self._get_unsaved_inputs()), self._composer.text))
        )
        if text != self._saved_text:
            self._saved_text = text
            # Another program may write for a long time. The next key tries again.
            with suppress(StorageError):
                self._chats.save_draft(self._chat_id, text)

    def begin_edit(self, message: Message, text: str | None = None) -> None:
        """Put the text of `message`, or `text`, into the composer until the edit ends."""
        self.save()
        self.edited_message = message
        self._composer.text = escape(message.text) if text is None else text
        self._composer.focus()

    def abandon_edit(self) -> None:
        """End the edit, and put a changed text in front of the draft, since it is not sent yet."""
        if self.edited_message is not None:
            new_text = self._composer.text
            old_text = escape(self.edited_message.text)
            self.end_edit()
            if new_text.strip() and new_text != old_text:
                self._composer.prepend(new_text)

    def end_edit(self) -> bool:
        """Put the draft back into the composer. Returns False if no message was edited."""
        if self.edited_message is None:
            return False
        self.edited_message = None
        self._composer.text = self._saved_text
        return True
