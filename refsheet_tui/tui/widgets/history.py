"""The messages of a chat on the screen, which show one branch of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from rich.text import Text
from textual.containers import VerticalScroll
from textual.widgets import Static

from refsheet_tui.chats import Message, named_sides
from refsheet_tui.i18n import _
from refsheet_tui.prompting import Role
from refsheet_tui.tui.widgets.chat_message import (
    ChatNotice,
    MessageWidget,
    ReplyMessage,
    UserMessage,
)
from refsheet_tui.untrusted import clean_text

# Messages that are shown at first. Older ones are added on request.
_PAGE_SIZE = 20
_MAX_MESSAGES = 600
# In a chat that grows beyond the first number, the oldest messages are removed from the screen, so
# that a long evening doesn't fill the memory; so many stay.
_CROWDED, _KEPT = 120, 60


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
        get_position: Callable[[Message], tuple[int, int]],
        get_picture_path: Callable[[str], Path],
    ) -> None:
        """Start without messages.

        Args:
            name: The name of the character or the assistant.
            get_position: Returns the position of a message among its swipes, and their number.
            get_picture_path: Returns the path of a message's picture by its SHA-256.
        """
        super().__init__(id="said", can_focus=False)
        self._character_name = name
        self._get_position = get_position
        self._get_picture_path = get_picture_path
        self._oldest_visible: int | None = None
        self._notice = ""
        self._message_limit = _PAGE_SIZE
        self._path: tuple[Message, ...] = ()
        self._named_sides: frozenset[Role] = frozenset()

    def on_mount(self) -> None:
        self.anchor()

    @property
    def last_reply(self) -> ReplyMessage | None:
        """The last message that the model is told, if it is a reply."""
        bubbles = [bubble for bubble in self._bubbles() if not bubble.is_hidden]
        return bubbles[-1] if bubbles and isinstance(bubbles[-1], ReplyMessage) else None

    def swipe_mark(self, message: Message) -> str:
        """Return a mark such as ‹2/3› if the message has swipes, else an empty string."""
        position, count = self._get_position(message)
        return f"‹{position}/{count}›" if count > 1 else ""

    async def show(self, path: Sequence[Message]) -> None:
        """Show the messages of `path` and no others. Widgets of messages that stay are reused."""
        self._path = tuple(path)
        self._named_sides = named_sides(path)
        messages = self._path[-self._message_limit :]
        bubbles = self._bubbles()
        numbers = [bubble.message for bubble in bubbles]
        same_count = 0
        while (
            same_count < min(len(numbers), len(messages))
            and numbers[same_count] == messages[same_count].id
        ):
            same_count += 1
        if same_count < len(numbers):
            for bubble in bubbles[same_count:]:
                await bubble.remove()
        await self.query(ChatNotice).remove()
        if self.is_attached:
            await self.mount_all([self._build_bubble(message) for message in messages[same_count:]])
        await self._remove_oldest()
        await self._show_earlier_notice(len(self._path) > len(self._bubbles()))
        await self._show_context_marker()

    async def retranslate(self, name: str) -> None:
        """Translate the texts. `name` is the name of the character or the assistant."""
        self._character_name = name
        for bubble in self._bubbles():
            side_name = _("You") if isinstance(bubble, UserMessage) else name
            bubble.set_name(bubble.speaker or side_name)
        if self.query(EarlierNotice):
            await self._show_earlier_notice(False)
            await self._show_earlier_notice(True)
        await self._show_context_marker()

    async def show_oldest_visible(self, message: Message | None) -> None:
        """Mark the oldest message that the model sees; None if it sees all."""
        number = message.id if message is not None else None
        if number != self._oldest_visible:
            self._oldest_visible = number
            await self._show_context_marker()

    async def show_notice(self, text: str) -> None:
        """Show a notice about the model at the end of the chat, or remove it if `text` is empty.

        A notice that is there stays in its place.
        """
        if text == self._notice:
            return
        previous, self._notice = self._notice, text
        if not text:
            await self.query(ModelNotice).remove()
        elif previous:
            self.query_one(ModelNotice).update(Text(text))
        else:
            await self.mount(ModelNotice(Text(text)))

    async def show_message(self, number: int) -> None:
        """Scroll to a message of the path, and focus it.

        Does nothing if the message is so far back that this would take seconds.
        """
        ids = [message.id for message in self._path]
        while number in ids[-_MAX_MESSAGES:]:
            matches = [bubble for bubble in self._bubbles() if bubble.message == number]
            if matches:
                matches[0].focus()
                return
            await self.show_more()

    def set_numbers(self, path: Sequence[Message]) -> None:
        """Give numbers to messages that were shown before they were saved.

        They are the messages of `path` that have no widget yet.
        """
        self._path = tuple(path)
        bubbles = self._bubbles()
        shown_ids = {bubble.message for bubble in bubbles}
        new_bubbles = [bubble for bubble in bubbles if not bubble.message]
        ids = [
            message.id
            for message in self._path[-self._message_limit :]
            if message.id not in shown_ids
        ]
        for bubble, number in zip(new_bubbles, ids, strict=False):
            bubble.message = number
        self._message_limit = max(self._message_limit, len(bubbles))

    async def show_more(self) -> None:
        """Add older messages above those that are shown."""
        bubbles = self._bubbles()
        ids = [message.id for message in self._path]
        if not bubbles or bubbles[0].message not in ids:
            return
        first_index = ids.index(bubbles[0].message)
        older = self._path[max(0, first_index - _PAGE_SIZE) : first_index]
        if older:
            await self.mount_all(
                [self._build_bubble(message) for message in older], before=bubbles[0]
            )
        self._message_limit = len(self._path) - first_index + len(older)
        await self._show_earlier_notice(first_index > len(older))
        await self._show_context_marker()

    def on_message_widget_focus_moved(self, message: MessageWidget.FocusMoved) -> None:
        bubbles = self._bubbles()
        index = bubbles.index(message.widget) + message.step
        if 0 <= index < len(bubbles):
            bubbles[index].focus()

    async def on_click(self) -> None:
        if self.query(EarlierNotice) and self.scroll_y <= 0:
            await self.show_more()

    def _build_bubble(self, message: Message) -> MessageWidget:
        text, swipe_mark = clean_text(message.text), self.swipe_mark(message)
        bubble: MessageWidget
        if message.role != "user":
            bubble = ReplyMessage(
                self._character_name, text, message=message.id, swipe_mark=swipe_mark
            )
        else:
            pictures = [self._get_picture_path(sha256) for sha256 in message.pictures]
            bubble = UserMessage(
                _("You"), text, message=message.id, swipe_mark=swipe_mark, pictures=pictures
            )
        if message.speaker and (message.role != "user" or "user" in self._named_sides):
            bubble.set_speaker(message.speaker)
        if message.is_hidden:
            bubble.mark_hidden()
        return bubble

    def _bubbles(self) -> list[MessageWidget]:
        return [each for each in self.children if isinstance(each, MessageWidget)]

    async def _remove_oldest(self) -> None:
        """Remove the oldest messages if there are many, and the user is at the end."""
        bubbles = self._bubbles()
        if len(bubbles) > _CROWDED and self.is_vertical_scroll_end:
            self._message_limit = _KEPT
            await self.remove_children(bubbles[:-_KEPT])

    async def _show_context_marker(self) -> None:
        await self.query(ContextMarker).remove()
        for bubble in self._bubbles():
            if bubble.message == self._oldest_visible and self.is_attached:
                text = _("The model no longer sees the messages above")
                await self.mount(ContextMarker(f"── {text} ──"), before=bubble)

    async def _show_earlier_notice(self, has_earlier: bool) -> None:
        if not has_earlier:
            await self.query(EarlierNotice).remove()
        elif not self.query(EarlierNotice) and self.is_attached:
            await self.mount(EarlierNotice("▲ " + _("Ctrl+Up for earlier messages")), before=0)
