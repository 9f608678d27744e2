"""A conversation that is kept: every word is on the disk before anything else happens with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import monotonic

from refsheet_tui import paths
from refsheet_tui.chats.conversation import Conversation, Overflow
from refsheet_tui.chats.messages import Message
from refsheet_tui.chats.record import Record
from refsheet_tui.chats.tree import MessageTree
from refsheet_tui.chats.way import Way
from refsheet_tui.chats.window import BEGINNING
from refsheet_tui.engine import Event, Vision
from refsheet_tui.errors import PictureError
from refsheet_tui.pictures import PictureView
from refsheet_tui.prompting import Aside, Prompt, Turn


@dataclass(frozen=True)
class Shown:
    """A picture as it is kept, and as the model sees it: None for a text-only model."""

    path: Path
    view: PictureView | None


class KeptConversation(Way):
    """A `Conversation` in step with one way through the messages of its chat."""

    def __init__(
        self,
        conversation: Conversation,
        tree: MessageTree,
        chat: int,
        *,
        vision: Vision,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`conversation` holds the opening alone; `vision` is that of its model."""
        super().__init__(tree, chat)
        self._conversation = conversation
        self._opening = conversation.turns
        self._vision = vision
        self._view = cache(vision.view)  # what is kept stays as it is, wherever the path leads
        self._clock = clock

    @property
    def conversation(self) -> Conversation:
        return self._conversation

    @property
    def turns(self) -> tuple[Turn, ...]:
        """What is said as the model knows it, the opening first."""
        return self._conversation.turns

    def open(self, leaf: int | None) -> None:
        """Go on behind `leaf`. Raises `StorageError`."""
        super().open(leaf)
        self._conversation.restore(self._opening)
        for message in self._path:
            if message.role == "model":
                self._conversation.hear(message.text)
            else:
                asides = [Aside(text) for text in message.asides]
                self._conversation.say(message.text, _views(self._shown(message)), asides)

    def see_all(self, messages: Sequence[Message]) -> None:
        """Open the pictures of these, which takes a while; may run in a thread."""
        for message in messages:
            self._shown(message)

    def _shown(self, message: Message) -> list[Shown]:
        """A picture that is gone, or was none to begin with, does not keep the words from being
        read."""
        shown = []
        for path in map(self._tree.picture, message.pictures):
            with suppress(PictureError):
                shown.append(Shown(path, self._view(path)))
        return shown

    def shown(self, picture: Path) -> Shown:
        """A picture that is to be said with something, as it is now. Raises `EngineError` for a
        text-only model, `PictureError`."""
        return Shown(picture, self._vision.require_view(picture))

    async def oldest_seen(self) -> Message | None:
        """The message behind which the model sees everything, when it has lost sight of what came
        between that and the beginning; else None. Raises `EngineError`."""
        oldest = await self._conversation.oldest()
        if oldest <= BEGINNING:
            return None
        role, turn = "user", 0  # that of the opening, or of an assistant's first turn
        for message in self._path:
            if message.role != role:
                role, turn = message.role, turn + 1
            if turn == oldest:
                return message
        return None

    def say(self, text: str, pictures: Sequence[Shown] = ()) -> Message:
        """Add what the person says. Raises `StorageError`."""
        paths = [picture.path for picture in pictures]
        asides = self._conversation.reminders_for(text)
        message = self._tree.add(
            self._chat,
            self.leaf,
            "user",
            text,
            pictures=paths,
            asides=[aside.text for aside in asides],
        )
        self._path.append(message)
        self._conversation.say(text, _views(pictures), asides)
        return message

    def hear(self, text: str) -> Message:
        """See `Way.hear`."""
        message = super().hear(text)
        self._conversation.hear(text)
        return message

    async def prewarm(self, on_event: Callable[[Event], None] = lambda _: None) -> None:
        """See `Conversation.prewarm`."""
        await self._conversation.prewarm(on_event)

    async def prompt(self) -> Prompt:
        """See `Conversation.prompt`."""
        return await self._conversation.prompt()

    async def reply(self) -> AsyncGenerator[Event | Overflow, None]:
        """See `Conversation.reply`; what is written is kept as it comes. Raises `EngineError`,
        `StorageError`."""
        record = Record(self._tree, self._chat, self.leaf, self._clock)
        async with aclosing(self._recorded(self._conversation.reply(), record)) as events:
            async for event in events:
                yield event

    async def go_on(self) -> AsyncGenerator[Event | Overflow, None]:
        """See `Conversation.go_on`: the last message, a reply, grows. Raises `EngineError`,
        `StorageError`."""
        record = Record(self._tree, self._chat, self.leaf, self._clock, self._path.pop())
        async with aclosing(self._recorded(self._conversation.go_on(), record)) as events:
            async for event in events:
                yield event

    async def another(self) -> AsyncGenerator[Event | Overflow, None]:
        """`reply` once more, beside what was replied last; where nothing comes, that is shown
        again."""
        before = self._path[-1] if self._path else None
        self.forget_reply()
        try:
            async with aclosing(self.reply()) as events:
                async for event in events:
                    yield event
        finally:
            if before is not None and before.role == "model" and not self.ends_with_reply:
                self.open(before.id)

    async def _recorded(
        self, events: AsyncGenerator[Event | Overflow, None], record: Record
    ) -> AsyncGenerator[Event | Overflow, None]:
        try:
            async with aclosing(events):
                async for event in events:
                    record.event(event)
                    yield event
        except (asyncio.CancelledError, GeneratorExit):
            record.stop()
            raise
        finally:
            message = record.end()
            if message is not None:
                self._path.append(message)

    def forget_reply(self) -> None:
        """Step back behind the last reply, which stays: the next one will be beside it. What other
        programs let a character say in several messages is one reply to the model."""
        said = list(self._path)
        while said and said[-1].role == "model":
            said.pop()
        if len(said) < len(self._path):
            self.open(said[-1].id if said else None)

    def edit(self, message: Message, text: str) -> Message:
        """Say something else in the place of `message`, which stays beside it. Raises
        `StorageError`."""
        if message.role == "model":
            return self.rewrite(message, text)
        # A text-only model's are not opened, and can be gone.
        shown = [picture for picture in self._shown(message) if paths.is_file(picture.path)]
        return self._instead_of(message, lambda: self.say(text, shown))


def _views(pictures: Sequence[Shown]) -> list[PictureView]:
    return [picture.view for picture in pictures if picture.view is not None]


Held = Conversation | KeptConversation
"""A conversation, kept or not."""
