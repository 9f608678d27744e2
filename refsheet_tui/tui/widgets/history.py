"""The messages of a chat on the screen, which show one branch of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from rich.text import Text
from textual.containers import VerticalScroll
from textual.widgets import Static

from refsheet_tui.chats import Message
from refsheet_tui.i18n import _
from refsheet_tui.tui.widgets.chat_message import (
    ChatNotice,
    MessageWidget,
    ReplyMessage,
    UserMessage,
)
from refsheet_tui.untrusted import clean_text

# Messages that are shown at first. Older ones are added on request.
_SHOWN = 20
_MOST_SHOWN = 600


class EarlierNotice(Static):
    """A line above the oldest message on the screen if there are earlier ones."""


class ContextMarker(Static):
    """A line above the oldest message that the model sees, apart from the opening."""


class ModelNotice(Static):
    """A notice, between the messages, that the model can't see all of the chat."""


class History(VerticalScroll):
    """A list of messages. It follows the end until the user scrolls away."""

    def __init__(
        self,
        name: str,
        place: Callable[[Message], tuple[int, int]],
        picture: Callable[[str], Path],
    ) -> None:
        """Start without messages.

        Args:
            name: The name of the character or the assistant.
            place: Returns the position of a message among its swipes, and their number.
            picture: Returns the path of a message's picture by its SHA-256.
        """
        super().__init__(id="said", can_focus=False)
        self._character = name
        self._place = place
        self._picture = picture
        self._oldest_visible: int | None = None
        self._notice = ""
        self._most = _SHOWN
        self._path: tuple[Message, ...] = ()

    def on_mount(self) -> None:
        self.anchor()

    @property
    def last_reply(self) -> ReplyMessage | None:
        """The last message, if it is a reply."""
        shown = self._messages()
        return shown[-1] if shown and isinstance(shown[-1], ReplyMessage) else None

    def swipe_mark(self, message: Message) -> str:
        """Return a mark such as ‹2/3› if the message has swipes, else an empty string."""
        place, count = self._place(message)
        return f"‹{place}/{count}›" if count > 1 else ""

    async def show(self, path: Sequence[Message]) -> None:
        """Show the messages of `path` and no others. Widgets of messages that stay are reused."""
        self._path = tuple(path)
        wanted = self._path[-self._most :]
        shown = self._messages()
        numbers = [bubble.message for bubble in shown]
        same = 0
        while same < min(len(numbers), len(wanted)) and numbers[same] == wanted[same].id:
            same += 1
        if same < len(numbers):
            for bubble in shown[same:]:
                await bubble.remove()
        await self.query(ChatNotice).remove()
        if self.is_attached:
            await self.mount_all([self._bubble(message) for message in wanted[same:]])
        await self._show_earlier(len(self._path) > len(wanted))
        await self._show_context_marker()

    async def retranslate(self, name: str) -> None:
        """Translate the texts. `name` is the name of the character or the assistant."""
        self._character = name
        for said in self._messages():
            said.set_name(_("You") if isinstance(said, UserMessage) else name)
        if self.query(EarlierNotice):
            await self._show_earlier(False)
            await self._show_earlier(True)
        await self._show_context_marker()

    async def show_oldest_visible(self, message: Message | None) -> None:
        """Mark the oldest message that the model sees; None if it sees all."""
        number = message.id if message is not None else None
        if number != self._oldest_visible:
            self._oldest_visible = number
            await self._show_context_marker()

    async def show_notice(self, words: str) -> None:
        """Show a notice about the model at the end of the chat, or remove it if `words` is empty.

        A notice that is there stays in its place.
        """
        if words == self._notice:
            return
        before, self._notice = self._notice, words
        if not words:
            await self.query(ModelNotice).remove()
        elif before:
            self.query_one(ModelNotice).update(Text(words))
        else:
            await self.mount(ModelNotice(Text(words)))

    async def show_message(self, number: int) -> None:
        """Scroll to a message of the path, and focus it.

        Does nothing if the message is so far back that this would take seconds.
        """
        ids = [message.id for message in self._path]
        while number in ids[-_MOST_SHOWN:]:
            found = [each for each in self._messages() if each.message == number]
            if found:
                found[0].focus()
                return
            await self.show_more()

    def set_numbers(self, path: Sequence[Message]) -> None:
        """Give numbers to messages that were shown before they were saved.

        They are the messages of `path` that have no widget yet.
        """
        self._path = tuple(path)
        shown = self._messages()
        known = {bubble.message for bubble in shown}
        new = [bubble for bubble in shown if not bubble.message]
        ids = [each.id for each in self._path[-self._most :] if each.id not in known]
        for bubble, number in zip(new, ids, strict=False):
            bubble.message = number
        self._most = max(self._most, len(shown))

    async def show_more(self) -> None:
        """Add older messages above those that are shown."""
        shown = self._messages()
        ids = [message.id for message in self._path]
        if not shown or shown[0].message not in ids:
            return
        first = ids.index(shown[0].message)
        old = self._path[max(0, first - _SHOWN) : first]
        if old:
            await self.mount_all([self._bubble(message) for message in old], before=shown[0])
        self._most = len(self._path) - first + len(old)
        await self._show_earlier(first > len(old))
        await self._show_context_marker()

    def on_message_widget_focus_moved(self, message: MessageWidget.FocusMoved) -> None:
        shown = self._messages()
        place = shown.index(message.said) + message.step
        if 0 <= place < len(shown):
            shown[place].focus()

    async def on_click(self) -> None:
        if self.query(EarlierNotice) and self.scroll_y <= 0:
            await self.show_more()

    def _bubble(self, message: Message) -> MessageWidget:
        text, place = clean_text(message.text), self.swipe_mark(message)
        if message.role != "user":
            return ReplyMessage(self._character, text, message=message.id, place=place)
        pictures = [self._picture(sha256) for sha256 in message.pictures]
        return UserMessage(_("You"), text, message=message.id, place=place, pictures=pictures)

    def _messages(self) -> list[MessageWidget]:
        return [each for each in self.children if isinstance(each, MessageWidget)]

    async def _show_context_marker(self) -> None:
        await self.query(ContextMarker).remove()
        for bubble in self._messages():
            if bubble.message == self._oldest_visible and self.is_attached:
                words = _("messages above are out of context")
                await self.mount(ContextMarker(f"── {words} ──"), before=bubble)

    async def _show_earlier(self, there_are: bool) -> None:
        if not there_are:
            await self.query(EarlierNotice).remove()
        elif not self.query(EarlierNotice) and self.is_attached:
            await self.mount(EarlierNotice("▲ " + _("Ctrl+Up for earlier messages")), before=0)
