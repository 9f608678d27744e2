"""The conversation behind a chat: whatever goes wrong, nothing that was said is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, Protocol

from refsheet_tui.characters import Character
from refsheet_tui.characters.library import KeptCharacter
from refsheet_tui.chats import Conversation, Overflow
from refsheet_tui.chats.kept import KeptConversation
from refsheet_tui.chats.messages import Message
from refsheet_tui.chats.reminders import Reminders
from refsheet_tui.chats.shelf import Chat
from refsheet_tui.config import sound_generation
from refsheet_tui.engine import Event, Finished, TextDelta
from refsheet_tui.errors import EngineDiedError, RefsheetError
from refsheet_tui.pictures import view
from refsheet_tui.prompting import Turn
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.session import Session
from refsheet_tui.tui.summary import summary

# What the person waits for: an answer to what they said, another reply beside the last, or more of
# the last.
Wish = Literal["answer", "another", "more"]


class Watcher(Protocol):
    """Told what the engine is doing."""

    def waiting(self) -> None:
        """For the model to be loaded."""
        ...

    def begin(self, words: str) -> None: ...

    def event(self, event: Event) -> None: ...


@dataclass
class Outcome:
    """How a reply ended: whether anything was written, whether the
    person stopped it, what there is to say about it (`note`),
    what it cost in one line (`summary`), and what the model no longer sees (`overflow`)."""

    wrote: bool = False
    stopped: bool = False
    note: str = ""
    summary: str = ""
    overflow: str = ""


class Talk:
    """One chat with one character, one reply at a time."""

    def __init__(self, session: Session, kept: KeptCharacter, chat: Chat) -> None:
        self._session = session
        self._chat = chat
        self.character: Character = session.library.characters.speaking(kept)
        self._held: KeptConversation | None = None

    @property
    def chat(self) -> int:
        """The number of the chat."""
        return self._chat.id

    @property
    def path(self) -> tuple[Message, ...]:
        """What is said, from the first message on. Raises `StorageError`."""
        if self._held is not None:
            return self._held.path
        leaf = self._chat.leaf
        return self._session.library.tree.path(leaf) if leaf is not None else ()

    @property
    def turns(self) -> tuple[Turn, ...]:
        return self._held.turns if self._held is not None else ()

    def place(self, message: Message) -> tuple[int, int]:
        """Which of how many that were said in the place of `message` it is, counted from 1."""
        beside = self._session.library.tree.siblings(message)
        return beside.index(message.id) + 1, len(beside)

    def begin(self) -> bool:
        """Let the character greet in the words that were written for it, if there are any and
        nothing is said yet. Raises `StorageError`."""
        greetings = self.character.greetings
        if not greetings or self.path:
            return False
        tree = self._session.library.tree
        made = [
            tree.add(self.chat, None, "model", text, finish="end_of_turn") for text in greetings
        ]
        self._go_to(made[0])
        return True

    def swipe(self, step: int) -> bool:
        """Show the reply before or after the last one; False where there is none."""
        path = self.path
        if not path or path[-1].role != "model":
            return False
        tree = self._session.library.tree
        beside = tree.siblings(path[-1])
        place = beside.index(path[-1].id) + step
        if not 0 <= place < len(beside):
            return False
        self._go_to(tree.get(beside[place]))
        return True

    def message(self, number: int) -> Message:
        """Raises `StorageError`."""
        return self._session.library.tree.get(number)

    def delete(self, message: Message) -> None:
        """Take it and all that came of it away; `undelete` brings it back. Raises
        `StorageError`."""
        if self._held is not None:
            self._held.delete(message)
        else:
            end = self._session.library.tree.delete(message)
            self._chat = replace(self._chat, leaf=end.id if end is not None else None)

    def undelete(self, message: Message) -> None:
        if self._held is not None:
            self._held.undelete(message)
        else:
            leaf = self._session.library.tree.undelete(message).id
            self._chat = replace(self._chat, leaf=leaf)

    def end_with(self, message: Message) -> None:
        """What is said next stands beside what was said after `message`."""
        if self._held is not None:
            self._held.open(message.id)
        else:
            self._chat = replace(self._chat, leaf=message.id)

    def set_note(self, note: str) -> None:
        """Remind the character of this in place of its own note; nothing: of that again. Raises
        `StorageError`."""
        self._session.library.chats.set_note(self.chat, note)
        self._chat = replace(self._chat, note=note)
        if self._held is not None:
            self._held.conversation.set_note(note or self.character.note)

    def rewrite(self, message: Message, text: str) -> None:
        """Let the character say something else in the place of `message`. Raises
        `StorageError`."""
        tree = self._session.library.tree
        self._go_to(tree.add(self.chat, message.parent, "model", text, finish="end_of_turn"))

    def _go_to(self, message: Message) -> None:
        if self._held is not None:
            self._held.go_to(message)
        else:
            leaf = self._session.library.tree.go_to(message).id
            self._chat = replace(self._chat, leaf=leaf)

    async def reply(
        self,
        wish: Wish,
        said: Sequence[str],
        outcome: Outcome,
        watcher: Watcher,
        instead_of: Message | None = None,
    ) -> AsyncGenerator[str, None]:
        """The pieces of what is wished for, `said` being new, the first of it in the place of
        `instead_of`.

        Where nothing comes, for an error or because the person stops it, the chat is as it was
        before. `outcome` is filled in as the reply ends.
        """
        new: list[Message] = []
        leaf: int | None = None
        try:
            held = await self._ready(watcher)
            leaf = held.path[-1].id if held.path else None
            if instead_of is not None:
                new.append(held.edit(instead_of, said[0]))
            new += [held.say(text) for text in said[len(new) :]]
            replies = {"answer": held.reply, "another": held.another, "more": held.go_on}
            async with aclosing(replies[wish]()) as events:
                async for event in events:
                    if isinstance(event, Overflow):
                        outcome.overflow = str(event)
                        continue
                    watcher.event(event)
                    if isinstance(event, TextDelta):
                        outcome.wrote = outcome.wrote or bool(event.text.strip())
                        yield event.text
                    elif isinstance(event, Finished):
                        outcome.summary = summary(event)
            if not outcome.wrote:
                outcome.note = "There was nothing but silence. Say it in other words."
        except RefsheetError as error:
            if isinstance(error, EngineDiedError):
                self._session.died()
            outcome.note = str(error)
            outcome.summary = f"{'enter' if said and not outcome.wrote else 'ctrl+r'} tries again"
        except (asyncio.CancelledError, GeneratorExit):
            outcome.stopped, outcome.summary = True, "stopped"
            raise
        finally:
            if new and not outcome.wrote and self._held is not None:
                self._held.take_back(new[0], leaf)

    async def prewarm(self) -> None:
        """While the person types, let the engine read what their words will be added to."""
        if self._held is not None:
            await self._held.prewarm()

    async def _ready(self, watcher: Watcher) -> KeptConversation:
        """The conversation, begun when the model is there. Raises `RefsheetError`."""
        watcher.waiting()
        info = await self._session.ready()
        if self._held is None:
            watcher.begin("opening the picture")
            size, pan_and_scan = info.seen_size(), self._session.pan_and_scan
            character = self.character
            opening = await in_thread(partial(character.opening, size, pan_and_scan=pan_and_scan))
            own: dict[str, Any] = sound_generation(character.generation)
            conversation = Conversation(
                self._session.engine,
                replace(self._session.generation, **own),
                opening,
                context_size=info.context_size,
                person=character.person,
                reminders=Reminders(self._chat.note or character.note, character.book),
            )
            self._held = KeptConversation(
                conversation,
                self._session.library.tree,
                self.chat,
                see=partial(view, size=size, pan_and_scan=pan_and_scan),
            )
            self._held.open(self._chat.leaf)
        return self._held
