"""The conversation behind a chat: whatever goes wrong, nothing that was said is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

from refsheet_tui.characters import Character
from refsheet_tui.chats import Conversation, Overflow
from refsheet_tui.chats.kept import KeptConversation
from refsheet_tui.chats.messages import Message
from refsheet_tui.chats.shelf import Chat
from refsheet_tui.chats.way import Way
from refsheet_tui.config import sound_generation
from refsheet_tui.engine import Event, Finished, SaferSettings, TextDelta, Vision
from refsheet_tui.errors import EngineDiedError, RefsheetError
from refsheet_tui.i18n import N_, _
from refsheet_tui.prompting import Turn
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.chat.summary import summary
from refsheet_tui.tui.session import Session
from refsheet_tui.tui.slash_commands import escaped

_SHEET_UNSEEN = N_(
    "{name} is text-only and can't read reference sheets. Press F3 and choose a vision model (4B "
    "or larger)."
)
_CHAT_UNSEEN = N_(
    "{name} is text-only and can't see the pictures in this chat. Press F3 and choose a vision "
    "model (4B or larger)."
)
_NO_PICTURES = N_(
    "{name} is text-only and can't see pictures. Press F3 and choose a vision model (4B or larger)."
)

# What the person waits for: an answer to what they said, another reply beside the last, or more of
# the last.
Wish = Literal["answer", "another", "more"]


@dataclass(frozen=True)
class Words:
    """What the person says at once."""

    text: str
    pictures: tuple[Path, ...] = ()


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
    what it cost in one line (`summary`), and what the user should know of it (`notices`)."""

    wrote: bool = False
    stopped: bool = False
    note: str = ""
    summary: str = ""
    notices: list[str] = field(default_factory=list)


class Talk:
    """One chat with one character, or with the model itself, one reply at a time. `chat` is its
    number; `way` is what is said in it, in step with the model as soon as that is there."""

    def __init__(self, session: Session, character: Character | None, chat: Chat) -> None:
        """`character` None: a plain assistant."""
        self._session = session
        self.chat = chat.id
        self.character = character
        self.way = Way(session.library.tree, chat.id)
        self.way.open(chat.leaf)
        self._note = chat.note
        self._held: KeptConversation | None = None
        self._held_with: tuple[object, ...] = ()
        self._opening = asyncio.Lock()

    @property
    def name(self) -> str:
        """Of whom it is held with."""
        return self.character.name if self.character is not None else _("Assistant")

    @property
    def title(self) -> str:
        """With whom, and in which language."""
        if self.character is None:
            return self.name
        return f"{self.name} · {self.character.language.native}"

    def place(self, message: Message) -> tuple[int, int]:
        """See `Way.place`."""
        return self.way.place(message)

    def come_back(self) -> bool:
        """Show what was said last, where nothing came of going back behind it. Raises
        `StorageError`."""
        leaf = self._session.library.chats.get(self.chat).leaf
        if leaf is None or leaf == self.way.leaf:
            return False
        self.way.open(leaf)
        return True

    def own_words(self) -> list[str]:
        """What the person has said, as they would type it."""
        return [escaped(each.text) for each in self.way.path if each.role == "user"]

    @property
    def note(self) -> str:
        """What the person wants the character to be reminded of; what the assistant is told before
        everything else."""
        return self._note

    @property
    def turns(self) -> tuple[Turn, ...]:
        return self._held.turns if self._held is not None else ()

    @property
    def unseen(self) -> str:
        """What a text-only model can't see of the chat, and what to do; empty where it sees all,
        and while there is no model."""
        if any(message.pictures for message in self.way.path):
            return self._if_text_only(_CHAT_UNSEEN)
        return self._if_text_only(_SHEET_UNSEEN) if self.character is not None else ""

    def refusal_of_pictures(self) -> str:
        """Why no picture can be sent, and what to do; empty where one can, and while there is no
        model."""
        return self._if_text_only(_NO_PICTURES)

    def _if_text_only(self, words: str) -> str:
        info = self._session.info
        return "" if info is None or info.sees_pictures else _(words).format(name=info.name)

    def begin(self) -> None:
        """Let the character greet in the words that were written for it, if there are any and
        nothing is said yet. Raises `StorageError`."""
        if self.character is not None and self.character.greetings and not self.way.path:
            self.way.greet(self.character.greetings)

    @property
    def awaits_greeting(self) -> bool:
        """Whether it is the character's turn to begin."""
        return self.character is not None and not self.way.path

    def message(self, number: int) -> Message:
        """Raises `StorageError`."""
        return self._session.library.tree.get(number)

    def set_note(self, note: str) -> None:
        """Nothing: the character's own note again. Raises `StorageError`."""
        self._session.library.chats.set_note(self.chat, note)
        self._note = note
        if self._held is not None and self.character is not None:
            self._held.conversation.set_note(note or self.character.note)

    async def reply(
        self,
        wish: Wish,
        said: Sequence[Words],
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
            watcher.waiting()
            held = await self._ready(watcher.begin)
            leaf = held.leaf
            if instead_of is not None:
                new.append(held.edit(instead_of, said[0].text))
            for words in said[len(new) :]:
                seen = [await in_thread(partial(held.shown, each)) for each in words.pictures]
                new.append(held.say(words.text, seen))
            replies = {"answer": held.reply, "another": held.another, "more": held.go_on}
            async with aclosing(replies[wish]()) as events:
                async for event in events:
                    if isinstance(event, Overflow):
                        outcome.notices.append(str(event))
                        continue
                    if isinstance(event, SaferSettings):
                        outcome.notices.append(str(event))
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

    async def prewarm(self, on_event: Callable[[Event], None]) -> None:
        """While the person types, let the engine read what their words will be added to."""

        def heard(event: Event) -> None:
            on_event(event)
            self._session.heard(event)

        with suppress(RefsheetError):  # who says something will hear of it
            if not self._session.has_failed:
                held = await self._ready()
                try:
                    await held.prewarm(heard)
                finally:
                    self._session.rests()

    async def oldest_seen(self) -> Message | None:
        """See `KeptConversation.oldest_seen`; waits for the model, and is None where none comes."""
        with suppress(RefsheetError):
            if not self._session.has_failed:
                return await (await self._ready()).oldest_seen()
        return None

    async def _ready(self, opening: Callable[[str], None] = lambda _: None) -> KeptConversation:
        """The conversation, begun when the model is there, and anew when the settings have changed:
        then `opening` is told so. Raises `RefsheetError`."""
        info = await self._session.ready()
        async with self._opening:  # the engine reads ahead, and the person says something
            config = self._session.config
            # What an assistant is told stands before all that is said.
            told = self._note if self.character is None else ""
            held_with = (config.generation, config.pan_and_scan, info, told)
            if self._held is None or self._held_with != held_with:
                vision = self._session.vision(info)
                if info.sees_pictures:
                    opening(_("opening the picture"))
                conversation = await self._conversation(vision)
                library = self._session.library
                held = KeptConversation(conversation, library.tree, self.chat, vision=vision)
                # Their pictures are opened there: what was seen is not looked at again below.
                await in_thread(partial(held.see_all, self.way.path))
                held.open(self.way.leaf)
                held.deleted = self.way.deleted
                if self.character is not None:  # it may be another one by now
                    conversation.set_note(self._note or self.character.note)
                self._held, self._held_with, self.way = held, held_with, held
            return self._held

    async def _conversation(self, vision: Vision) -> Conversation:
        """With nothing said in it. Raises `PictureError`."""
        engine, generation = self._session.engine, self._session.generation
        size, character = vision.info.context_size, self.character
        if character is None:
            return Conversation(engine, generation, None, self._note or None, context_size=size)
        own: dict[str, Any] = sound_generation(character.generation)
        settings, note = replace(generation, **own), self._note or character.note
        begin = partial(Conversation.with_character, engine, settings, character, vision, note)
        return await in_thread(begin)
