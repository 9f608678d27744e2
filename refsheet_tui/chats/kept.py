"""A conversation that is kept: every word is on the disk before anything else happens with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import monotonic

from refsheet_tui.chats.conversation import Conversation, Overflow
from refsheet_tui.chats.messages import WHOLE, Message
from refsheet_tui.chats.record import Record
from refsheet_tui.chats.tree import MessageTree
from refsheet_tui.engine import Event
from refsheet_tui.errors import PictureError, RefsheetError
from refsheet_tui.pictures import PictureView
from refsheet_tui.prompting import Aside, Prompt, Turn


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
        self._see = cache(see)  # what was seen once stays so, wherever the path leads
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
        return [picture.view for picture in self._shown(message)]

    def _shown(self, message: Message) -> list[Shown]:
        """A picture that is gone, or was none to begin with, does not keep the words from being
        read."""
        shown = []
        for path in map(self._tree.picture, message.pictures):
            with suppress(PictureError):
                shown.append(Shown(path, self._see(path)))
        return shown

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

    def greet(self, greetings: Sequence[str]) -> None:
        """Begin with the first of these, the others beside it. Raises `StorageError`."""
        messages = []
        for text in greetings:
            self.open(None)
            messages.append(self.hear(text))
        self.go_to(messages[0])

    async def prewarm(self) -> None:
        """See `Conversation.prewarm`."""
        await self._conversation.prewarm()

    async def prompt(self) -> Prompt:
        """See `Conversation.prompt`."""
        return await self._conversation.prompt()

    async def reply(self) -> AsyncGenerator[Event | Overflow, None]:
        """See `Conversation.reply`; what is written is kept as it comes. Raises `EngineError`,
        `StorageError`."""
        record = Record(self._tree, self._chat, self._leaf, self._clock)
        async with aclosing(self._recorded(self._conversation.reply(), record)) as events:
            async for event in events:
                yield event

    async def go_on(self) -> AsyncGenerator[Event | Overflow, None]:
        """See `Conversation.go_on`: the last message, a reply, grows. Raises `EngineError`,
        `StorageError`."""
        record = Record(self._tree, self._chat, self._leaf, self._clock, self._path.pop())
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
            if before is not None and before.role == "model" and not self._ends_with_reply:
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

    def place(self, message: Message) -> tuple[int, int]:
        """Which of how many that were said in the place of `message` it is, counted from 1."""
        beside = self._tree.siblings(message)
        return beside.index(message.id) + 1, len(beside)

    def swipe(self, step: int) -> bool:
        """Show the reply so many after the last one, or before it; False where there is none."""
        if not self._ends_with_reply:
            return False
        beside = self._tree.siblings(self._path[-1])
        place = beside.index(self._path[-1].id) + step
        if not 0 <= place < len(beside):
            return False
        self.go_to(self._tree.get(beside[place]))
        return True

    def go_to(self, message: Message) -> None:
        """Show what was said in this place, and what came of it last."""
        self.open(self._tree.go_to(message).id)

    def edit(self, message: Message, text: str) -> Message:
        """Say something else in the place of `message`, which stays beside it."""
        shown, leaf = self._shown(message), self._leaf
        self.open(message.parent)
        try:
            return self.say(text, shown) if message.role == "user" else self.hear(text)
        except RefsheetError:
            self.open(leaf)
            raise

    def delete(self, message: Message) -> None:
        """Take `message` and all that came of it away; `undelete` brings it back."""
        end = self._tree.delete(message)
        self.open(end.id if end is not None else None)

    def take_back(self, message: Message, leaf: int | None) -> None:
        """Delete what was said just now, and show again what was shown before."""
        self._tree.delete(message)
        self._tree.end_with(self._chat, leaf)
        self.open(leaf)

    def undelete(self, message: Message) -> None:
        self.open(self._tree.undelete(message).id)

    @property
    def _ends_with_reply(self) -> bool:
        return bool(self._path) and self._path[-1].role == "model"

    @property
    def _leaf(self) -> int | None:
        return self._path[-1].id if self._path else None


Held = Conversation | KeptConversation
"""A conversation, kept or not."""
