"""A conversation that is kept: every word is on the disk before anything else happens with it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from refsheet_tui.chats.conversation import Conversation, Overflow
from refsheet_tui.chats.messages import OPEN, WHOLE, Message
from refsheet_tui.chats.tree import MessageTree
from refsheet_tui.engine import Event, Finished, TextDelta
from refsheet_tui.errors import PictureError
from refsheet_tui.pictures import PictureView
from refsheet_tui.prompting import Aside, Prompt, Turn

# Seconds of writing that a power cut may take.
_FLUSH_S = 1.0


@dataclass(frozen=True)
class Shown:
    """A picture as it is kept, and as the model sees it."""

    path: Path
    view: PictureView


class KeptConversation:
    """A `Conversation` in step with one way through the messages of its chat."""

    def __init__(
        self,
        conversation: Conversation,
        tree: MessageTree,
        chat: int,
        *,
        see: Callable[[Path], PictureView],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`conversation` holds the opening alone; `see` makes of a kept picture what the model
        sees."""
        self._conversation = conversation
        self._opening = conversation.turns
        self._tree = tree
        self._chat = chat
        self._see = see
        self._clock = clock
        self._path: list[Message] = []

    @property
    def conversation(self) -> Conversation:
        return self._conversation

    @property
    def path(self) -> tuple[Message, ...]:
        """What is said, from the first message on."""
        return tuple(self._path)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The same as the model knows it, the opening first."""
        return self._conversation.turns

    def open(self, leaf: int | None) -> None:
        """Go on behind `leaf`. Raises `StorageError`."""
        self._path = list(self._tree.path(leaf)) if leaf is not None else []
        self._conversation.restore(self._opening)
        for message in self._path:
            if message.role == "model":
                self._conversation.hear(message.text)
            else:
                asides = [Aside(text) for text in message.asides]
                self._conversation.say(message.text, self._views(message), asides)

    def _views(self, message: Message) -> list[PictureView]:
        """A picture that is gone, or was none to begin with, does not keep the words from being
        read."""
        views = []
        for sha256 in message.pictures:
            with suppress(PictureError):
                views.append(self._see(self._tree.picture(sha256)))
        return views

    def say(self, text: str, pictures: Sequence[Shown] = ()) -> Message:
        """Add what the person says. Raises `StorageError`."""
        paths = [picture.path for picture in pictures]
        asides = self._conversation.reminders_for(text)
        message = self._tree.add(
            self._chat,
            self._leaf,
            "user",
            text,
            pictures=paths,
            asides=[aside.text for aside in asides],
        )
        self._path.append(message)
        self._conversation.say(text, [picture.view for picture in pictures], asides)
        return message

    def hear(self, text: str) -> Message:
        """Let the character say something that was written for it. Raises `StorageError`."""
        message = self._tree.add(self._chat, self._leaf, "model", text, finish=WHOLE)
        self._path.append(message)
        self._conversation.hear(text)
        return message

    async def prewarm(self) -> None:
        """See `Conversation.prewarm`."""
        await self._conversation.prewarm()

    async def prompt(self) -> Prompt:
        """See `Conversation.prompt`."""
        return await self._conversation.prompt()

    async def reply(self) -> AsyncGenerator[Event | Overflow, None]:
        """See `Conversation.reply`; what is written is kept as it comes. Raises `EngineError`,
        `StorageError`."""
        record = _Record(self._tree, self._chat, self._leaf, self._clock)
        async with aclosing(self._recorded(self._conversation.reply(), record)) as events:
            async for event in events:
                yield event

    async def go_on(self) -> AsyncGenerator[Event | Overflow, None]:
        """See `Conversation.go_on`: the last message, a reply, grows. Raises `EngineError`,
        `StorageError`."""
        record = _Record(self._tree, self._chat, self._leaf, self._clock, self._path.pop())
        async with aclosing(self._recorded(self._conversation.go_on(), record)) as events:
            async for event in events:
                yield event

    async def _recorded(
        self, events: AsyncGenerator[Event | Overflow, None], record: _Record
    ) -> AsyncGenerator[Event | Overflow, None]:
        try:
            async with aclosing(events):
                async for event in events:
                    record.event(event)
                    yield event
        finally:
            message = record.end()
            if message is not None:
                self._path.append(message)

    def forget_reply(self) -> None:
        """Step back behind the last reply, which stays: the next one will be beside it."""
        if self._path and self._path[-1].role == "model":
            self.open(self._path[-1].parent)

    def go_to(self, message: Message) -> None:
        """Show what was said in this place, and what came of it last."""
        self.open(self._tree.go_to(message).id)

    def edit(self, message: Message, text: str) -> Message:
        """Say something else in the place of `message`, which stays beside it."""
        self.open(message.parent)
        if message.role == "user":
            pictures = [self._tree.picture(each) for each in message.pictures]
            return self.say(text, [Shown(path, self._see(path)) for path in pictures])
        return self.hear(text)

    def delete(self, message: Message) -> None:
        """Take `message` and all that came of it away; `undelete` brings it back."""
        end = self._tree.delete(message)
        self.open(end.id if end is not None else None)

    def undelete(self, message: Message) -> None:
        self.open(self._tree.undelete(message).id)

    @property
    def _leaf(self) -> int | None:
        return self._path[-1].id if self._path else None


Held = Conversation | KeptConversation
"""A conversation, kept or not."""


class _Record:
    """One reply on its way to the disk."""

    def __init__(
        self,
        tree: MessageTree,
        chat: int,
        parent: int | None,
        clock: Callable[[], float],
        begun: Message | None = None,
    ) -> None:
        """`begun` is the message that grows, if it is there already."""
        self._tree = tree
        self._chat = chat
        self._parent = parent
        self._clock = clock
        self._message = begun
        self._text = begun.text.rstrip() if begun else ""
        self._finish = OPEN
        self._flushed = 0.0

    def event(self, event: Event | Overflow) -> None:
        if isinstance(event, Finished):
            self._finish = event.finish
        elif isinstance(event, TextDelta):
            self._text += event.text
            if self._text.strip() and self._clock() - self._flushed >= _FLUSH_S:
                self._flush(OPEN)

    def end(self) -> Message | None:
        """The reply, however it ended; None for one that never began."""
        if not self._text.strip():
            return None
        self._flush(self._finish)
        assert self._message is not None
        return self._tree.get(self._message.id)

    def _flush(self, finish: str) -> None:
        if self._message is None:
            self._message = self._tree.add(
                self._chat, self._parent, "model", self._text, finish=finish
            )
        else:
            self._tree.write(self._message.id, self._text, finish)
        self._flushed = self._clock()
