"""The give and take of a chat: what the person says is answered, one reply at a time."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from typing import Protocol

from textual.screen import Screen
from textual.worker import Worker

from refsheet_tui.chats.messages import Message
from refsheet_tui.i18n import _
from refsheet_tui.tui.chat.controller import Outcome, Talk, Watcher, Wish, Words
from refsheet_tui.tui.widgets.bubbles import Bubble, Note, ReplyBubble
from refsheet_tui.tui.widgets.history import History
from refsheet_tui.untrusted import clean


class Desk(Watcher, Protocol):
    """Where the person writes, and is told what happens."""

    def ended(self, outcome: Outcome) -> None:
        """A reply, however it did."""
        ...

    def give_back(self, said: Sequence[Words], instead_of: Message | None) -> None:
        """What stays without an answer, to be changed and sent again; in place of that message."""
        ...

    def rests(self) -> None:
        """Nothing more is wished for now."""
        ...


class Exchange:
    """One reply is written at a time; what is said meanwhile is answered next."""

    def __init__(self, screen: Screen[None], talk: Talk, shown: History, desk: Desk) -> None:
        self._screen = screen
        self._talk = talk
        self._shown = shown
        self._desk = desk
        self._unsaid: list[Words] = []
        self._sending: tuple[Words, ...] = ()
        self._worker: Worker[None] | None = None
        self._is_settling = False
        self._has_begun = False
        self._wished: Wish | None = None
        self.was_stopped = False
        """By the person: a greeting that was, does not begin again by itself."""

    @property
    def replying(self) -> bool:
        return self._worker is not None

    def in_no_chat_yet(self) -> tuple[Words, ...]:
        """What was sent and is not kept as a message."""
        return (*self._sending, *self._unsaid)

    async def say(self, words: Words, instead_of: Message | None = None) -> None:
        """Have it answered at once, or when the reply that is being written is done."""
        self._unsaid.append(words)
        await self._add(Bubble(_("You"), words.text, pictures=words.pictures))
        self.answer("answer", instead_of)

    def answer(self, wish: Wish, instead_of: Message | None = None) -> None:
        """Answer what was said since the last reply; without that, as is wished."""
        if self.replying:
            return
        self._screen.query(Note).remove()
        said, self._unsaid = tuple(self._unsaid), []
        self._sending = said
        self._is_settling, self._wished, self._has_begun = False, None, False
        reply = self._reply("answer" if said else wish, said, instead_of)
        self._worker = self._screen.run_worker(reply, group="reply")

    def resume(self) -> bool:
        """The person is there again: what they said is answered, and who is to begin begins. False
        where nothing is to be done."""
        greets = self._talk.awaits_greeting and not self.was_stopped
        if not (self._unsaid or greets):
            return False
        self._wished = "answer" if self._is_settling else None  # stopped, and then begun anew
        self.answer("answer")
        return True

    def stop(self) -> None:
        """What was written until now stays."""
        self.was_stopped = True
        # A reply that is being settled has ended: to stop it again would cut its tidying short.
        if self._worker is None or self._is_settling:
            return
        self._worker.cancel()
        if self._has_begun:
            self._is_settling = True
        else:  # it never will, and tidies nothing up
            said, self._sending, self._worker = self._sending, (), None
            self._unsaid = [*said, *self._unsaid]
            self._screen.call_later(self._give_back, (), Outcome(), None)

    async def _reply(self, wish: Wish, said: tuple[Words, ...], instead_of: Message | None) -> None:
        self._has_begun = True
        replaced = self._shown.last_reply if wish != "answer" else None
        begun = replaced.text if wish == "more" and replaced is not None else ""
        bubble = ReplyBubble(self._talk.name)
        outcome = Outcome()
        unseen = begun.rstrip()
        try:
            reply = self._talk.reply(wish, said, outcome, self._desk, instead_of)
            async with aclosing(reply) as pieces:
                async for piece in pieces:
                    unseen += piece
                    if not outcome.wrote:  # only blanks until now
                        continue
                    self._sending = ()
                    if not bubble.is_attached:
                        bubble.rename(self._talk.name)  # in the language of now
                        await self._add(bubble)
                        if replaced is not None:
                            await replaced.remove()
                    bubble.write(unseen)
                    unseen = ""
        finally:
            self._is_settling = True
            try:
                self._sending = ()
                if self._screen.is_running:
                    await self._settle(bubble, said, outcome, instead_of)
            finally:
                self._worker = None
        if (self._unsaid or self._wished) and self._screen.is_current:
            self.answer(self._wished or "answer")
        else:
            self._desk.rests()

    async def _settle(
        self,
        bubble: ReplyBubble,
        said: tuple[Words, ...],
        outcome: Outcome,
        instead_of: Message | None,
    ) -> None:
        path = self._talk.way.path
        if bubble.is_attached and path:
            bubble.settle(path[-1].id, self._shown.mark(path[-1]))
        self._shown.number(path)
        if outcome.wrote and not self._unsaid:
            await self._shown.show(path)  # a reply of several messages is one now
        if outcome.note or outcome.stopped or not outcome.wrote:
            await self._give_back(() if outcome.wrote else said, outcome, instead_of)
        if outcome.note:
            await self._add(Note(clean(outcome.note)))
        self._desk.ended(outcome)

    async def _give_back(
        self, said: tuple[Words, ...], outcome: Outcome, instead_of: Message | None
    ) -> None:
        unanswered = (*said, *self._unsaid)
        self._unsaid = []
        if unanswered:
            for bubble in list(self._screen.query(Bubble))[-len(unanswered) :]:
                await bubble.remove()
        if not outcome.wrote:
            await self._shown.show(self._talk.way.path)
        self._desk.give_back(unanswered, instead_of if said else None)

    async def _add(self, widget: Bubble | ReplyBubble | Note) -> None:
        if self._shown.is_attached:  # not any more when the person leaves while a reply ends
            await self._shown.mount(widget)
