"""The conversation behind a chat: whatever goes wrong, nothing that was said is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from refsheet_tui.characters import Character
from refsheet_tui.chats import Conversation, Overflow
from refsheet_tui.engine import Event, Finished, TextDelta
from refsheet_tui.errors import EngineDiedError, RefsheetError
from refsheet_tui.prompting import Turn
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.session import Session
from refsheet_tui.tui.summary import summary


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
    """One character, one conversation, one reply at a time."""

    def __init__(self, character: Character, session: Session) -> None:
        self._character = character
        self._session = session
        self._conversation: Conversation | None = None

    @property
    def turns(self) -> tuple[Turn, ...]:
        return self._conversation.turns if self._conversation else ()

    @property
    def has_begun(self) -> bool:
        """Whether the character has greeted."""
        return len(self.turns) > 1

    @property
    def ends_with_reply(self) -> bool:
        return bool(self.turns) and self.turns[-1].role == "model"

    async def reply(
        self, said: Sequence[str], outcome: Outcome, watcher: Watcher
    ) -> AsyncGenerator[str, None]:
        """The pieces of the reply to `said`; where that is nothing, of another reply in place of
        the last.

        Where nothing comes, for an error or because the person stops it, the conversation is as it
        was before. `outcome` is filled in as the reply ends.
        """
        before: tuple[Turn, ...] | None = None
        try:
            conversation = await self._ready(watcher)
            before = conversation.turns
            if not said:
                conversation.forget_reply()
            for text in said:
                conversation.say(text)
            async with aclosing(conversation.reply()) as events:
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
            if before is not None and not outcome.wrote and self._conversation is not None:
                self._conversation.restore(before)

    async def prewarm(self) -> None:
        """While the person types, let the engine read what their words will be added to."""
        if self._conversation is not None:
            await self._conversation.prewarm()

    async def _ready(self, watcher: Watcher) -> Conversation:
        """The conversation, begun when the model is there. Raises `RefsheetError`."""
        watcher.waiting()
        info = await self._session.ready()
        if self._conversation is None:
            watcher.begin("opening the picture")
            opening = await in_thread(
                partial(
                    self._character.opening,
                    info.seen_size(),
                    pan_and_scan=self._session.pan_and_scan,
                )
            )
            self._conversation = Conversation(
                self._session.engine,
                self._session.generation,
                opening,
                context_size=info.context_size,
            )
        return self._conversation
