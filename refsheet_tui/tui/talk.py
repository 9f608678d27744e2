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
from refsheet_tui.chats.way import Way
from refsheet_tui.config import sound_generation
from refsheet_tui.engine import Event, Finished, ModelInfo, TextDelta
from refsheet_tui.errors import EngineDiedError, RefsheetError
from refsheet_tui.i18n import _
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
    """One chat with one character, one reply at a time. `chat` is its number; `way` is what is said
    in it, in step with the model as soon as that is there."""

    def __init__(self, session: Session, kept: KeptCharacter, chat: Chat) -> None:
        """Raises `PictureError`, `StorageError`."""
        self._session = session
        self.chat = chat.id
        self.character: Character = session.library.characters.speaking(kept)
        self.way = Way(session.library.tree, chat.id)
        self.way.open(chat.leaf)
        self._note = chat.note
        self._held: KeptConversation | None = None
        self._info: ModelInfo | None = None

    @property
    def turns(self) -> tuple[Turn, ...]:
        return self._held.turns if self._held is not None else ()

    def begin(self) -> None:
        """Let the character greet in the words that were written for it, if there are any and
        nothing is said yet. Raises `StorageError`."""
        if self.character.greetings and not self.way.path:
            self.way.greet(self.character.greetings)

    def message(self, number: int) -> Message:
        """Raises `StorageError`."""
        return self._session.library.tree.get(number)

    def set_note(self, note: str) -> None:
        """Remind the character of this in place of its own note; nothing: of that again. Raises
        `StorageError`."""
        self._session.library.chats.set_note(self.chat, note)
        self._note = note
        if self._held is not None:
            self._held.conversation.set_note(note or self.character.note)

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
            leaf = held.leaf
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
                    self._session.heard(event)
                    if isinstance(event, TextDelta):
                        outcome.wrote = outcome.wrote or bool(event.text.strip())
                        yield event.text
                    elif isinstance(event, Finished):
                        outcome.summary = summary(event)
            if not outcome.wrote:
                outcome.note = _("There was nothing but silence. Say it in other words.")
        except RefsheetError as error:
            if isinstance(error, EngineDiedError):
                self._session.died()
            outcome.note = str(error)
            again = _("enter tries again") if said else _("ctrl+r tries again")
            outcome.summary = _("ctrl+r tries again") if outcome.wrote else again
        except (asyncio.CancelledError, GeneratorExit):
            outcome.stopped, outcome.summary = True, _("stopped")
            raise
        finally:
            self._session.rests()
            if new and not outcome.wrote:
                self.way.take_back(new[0], leaf)

    async def prewarm(self) -> None:
        """While the person types, let the engine read what their words will be added to."""
        if self._held is not None and self._info == self._session.info:
            try:
                await self._held.prewarm(self._session.heard)
            finally:
                self._session.rests()

    async def _ready(self, watcher: Watcher) -> KeptConversation:
        """The conversation, begun when the model is there, and anew with another one, which sees
        pictures in another size. Raises `RefsheetError`."""
        watcher.waiting()
        info = await self._session.ready()
        if self._held is None or self._info != info:
            watcher.begin(_("opening the picture"))
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
                reminders=Reminders(self._note or character.note, character.book),
            )
            held = KeptConversation(
                conversation,
                self._session.library.tree,
                self.chat,
                see=partial(view, size=size, pan_and_scan=pan_and_scan),
            )
            held.open(self.way.leaf)
            self._held, self._info = held, info
            self.way = held
        return self._held
