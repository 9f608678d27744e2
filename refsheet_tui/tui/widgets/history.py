"""The messages of a chat on the screen, in step with the way through its tree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from rich.text import Text
from textual.containers import VerticalScroll
from textual.widgets import Static

from refsheet_tui.chats.messages import Message
from refsheet_tui.i18n import _
from refsheet_tui.tui.widgets.bubbles import Bubble, Note, ReplyBubble, Said
from refsheet_tui.untrusted import clean

# Messages that are shown at once; older ones come when they are asked for.
_SHOWN = 20
_MOST_SHOWN = 600


class Earlier(Static):
    """Stands before the oldest message that is shown, while there are more."""


class OldestSeen(Static):
    """Stands before the oldest message that the model sees, but for how the chat began."""


class ModelNotice(Static):
    """Stands where the chat was when a model came that can't do everything that is asked of it."""


class History(VerticalScroll):
    """Follows the end until the person scrolls away from it."""

    def __init__(
        self,
        name: str,
        place: Callable[[Message], tuple[int, int]],
        picture: Callable[[str], Path],
    ) -> None:
        """`name` is the character's; `place` says which of how many a message is, `picture` where
        one of a message's is."""
        super().__init__(id="said", can_focus=False)
        self._character = name
        self._place = place
        self._picture = picture
        self._oldest_seen: int | None = None
        self._notice = ""
        self._most = _SHOWN
        self._path: tuple[Message, ...] = ()

    def on_mount(self) -> None:
        self.anchor()

    @property
    def last_reply(self) -> ReplyBubble | None:
        shown = self._messages()
        return shown[-1] if shown and isinstance(shown[-1], ReplyBubble) else None

    def mark(self, message: Message) -> str:
        """‹2/3› where there are others in its place."""
        place, count = self._place(message)
        return f"‹{place}/{count}›" if count > 1 else ""

    async def show(self, path: Sequence[Message]) -> None:
        """Show these, and nothing else: what is there already stays."""
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
        await self.query(Note).remove()
        if self.is_attached:
            await self.mount_all([self._bubble(message) for message in wanted[same:]])
        await self._show_earlier(len(self._path) > len(wanted))
        await self._mark_oldest_seen()

    async def retranslate(self, name: str) -> None:
        """`name` is the character's in another language, where it has one."""
        self._character = name
        for said in self._messages():
            said.rename(_("You") if isinstance(said, Bubble) else name)
        if self.query(Earlier):
            await self._show_earlier(False)
            await self._show_earlier(True)
        await self._mark_oldest_seen()

    async def show_oldest_seen(self, message: Message | None) -> None:
        """From this message on the model sees all; None: it always does."""
        number = message.id if message is not None else None
        if number != self._oldest_seen:
            self._oldest_seen = number
            await self._mark_oldest_seen()

    async def show_notice(self, words: str) -> None:
        """Say something of the model, once: it stays in its place as long as it holds. Nothing:
        it holds no longer."""
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
        """Bring a message of the path into view, and give it the focus; not one so far back that
        it would take seconds."""
        ids = [message.id for message in self._path]
        while number in ids[-_MOST_SHOWN:]:
            found = [each for each in self._messages() if each.message == number]
            if found:
                found[0].focus()
                return
            await self.show_more()

    def number(self, path: Sequence[Message]) -> None:
        """Messages that were shown before they were kept are those of `path` that are not shown."""
        self._path = tuple(path)
        shown = self._messages()
        known = {bubble.message for bubble in shown}
        new = [bubble for bubble in shown if not bubble.message]
        ids = [each.id for each in self._path[-self._most :] if each.id not in known]
        for bubble, number in zip(new, ids, strict=False):
            bubble.message = number
        self._most = max(self._most, len(shown))

    async def show_more(self) -> None:
        """Older ones, before those that are shown."""
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
        await self._mark_oldest_seen()

    def on_said_stepped(self, message: Said.Stepped) -> None:
        shown = self._messages()
        place = shown.index(message.said) + message.step
        if 0 <= place < len(shown):
            shown[place].focus()

    async def on_click(self) -> None:
        if self.query(Earlier) and self.scroll_y <= 0:
            await self.show_more()

    def _bubble(self, message: Message) -> Said:
        text, place = clean(message.text), self.mark(message)
        if message.role != "user":
            return ReplyBubble(self._character, text, message=message.id, place=place)
        pictures = [self._picture(sha256) for sha256 in message.pictures]
        return Bubble(_("You"), text, message=message.id, place=place, pictures=pictures)

    def _messages(self) -> list[Said]:
        return [each for each in self.children if isinstance(each, Said)]

    async def _mark_oldest_seen(self) -> None:
        await self.query(OldestSeen).remove()
        for bubble in self._messages():
            if bubble.message == self._oldest_seen and self.is_attached:
                words = _("the model sees what follows, and how the chat began")
                await self.mount(OldestSeen(f"── {words} ──"), before=bubble)

    async def _show_earlier(self, there_are: bool) -> None:
        if not there_are:
            await self.query(Earlier).remove()
        elif not self.query(Earlier) and self.is_attached:
            await self.mount(Earlier("▲ " + _("earlier messages: ctrl+up")), before=0)
