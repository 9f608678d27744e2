"""A queue that answers what the user sends, one reply at a time."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from typing import Protocol

from textual.worker import Worker

from refsheet_tui.chats import Message, ReplyKind
from refsheet_tui.i18n import _
from refsheet_tui.tui.chat.controller import ChatController, ReplyResult, UserInput
from refsheet_tui.tui.widgets.chat_message import ChatNotice, ReplyMessage, UserMessage
from refsheet_tui.tui.widgets.history import History
from refsheet_tui.untrusted import clean_text


class ReplyObserver(Protocol):
    """An observer of a reply queue."""

    def on_reply_started(self) -> None: ...

    def on_reply_ended(self, result: ReplyResult) -> None: ...

    def on_unanswered(self, inputs: Sequence[UserInput], edited: Message | None) -> None:
        """Handle input that got no reply, so that the user can change it or send it again.

        The first of `inputs` was a swipe of `edited`.
        """
        ...

    def on_queue_empty(self) -> None:
        """Handle the end of the last reply in the queue."""
        ...


class ReplyQueue:
    """Writes one reply at a time. What the user sends meanwhile is answered next."""

    def __init__(
        self, controller: ChatController, history: History, observer: ReplyObserver
    ) -> None:
        self._controller = controller
        self._history = history
        self._observer = observer
        self._waiting: list[UserInput] = []
        self._sending: tuple[UserInput, ...] = ()
        self._worker: Worker[None] | None = None
        self._is_settling = False
        self._has_begun = False
        self._next: ReplyKind | None = None
        self._may_greet = True

    @property
    def replying(self) -> bool:
        """True while a reply is written."""
        return self._worker is not None

    def unsaved(self) -> tuple[UserInput, ...]:
        """Return what the user has sent that is not a message of the chat yet."""
        return (*self._sending, *self._waiting)

    async def send(self, sent: UserInput, edited: Message | None = None) -> None:
        """Answer `sent` at once, or after the reply that is being written.

        `edited` is the message that `sent` becomes a swipe of.
        """
        self._waiting.append(sent)
        await self._mount(UserMessage(_("You"), sent.text, pictures=sent.pictures))
        self.start("reply", edited)

    def start(self, kind: ReplyKind, edited: Message | None = None) -> None:
        """Answer what was sent since the last reply, or else write a reply of `kind`."""
        if self.replying:
            return
        self._history.query(ChatNotice).remove()
        inputs, self._waiting = tuple(self._waiting), []
        self._sending = inputs
        self._is_settling, self._next, self._has_begun = False, None, False
        reply = self._reply("reply" if inputs else kind, inputs, edited)
        self._worker = self._history.screen.run_worker(reply, group="reply")

    def resume(self) -> bool:
        """Answer what the user has sent, or let the character greet.

        Returns False if there is nothing to do.
        """
        greets = self._controller.awaits_greeting and self._may_greet
        if not (self._waiting or greets):
            return False
        self._next = "reply" if self._is_settling else None  # stopped, and then started again
        self.start("reply")
        return True

    def stop(self) -> None:
        """Stop the reply. Its text so far stays, and no greeting starts by itself."""
        self._may_greet = False
        # A reply that is being settled has ended. Stopping it again would interrupt its cleanup.
        if self._worker is None or self._is_settling:
            return
        self._worker.cancel()
        if self._has_begun:
            self._is_settling = True
        else:  # it will not start, and so cleans nothing up
            inputs, self._sending, self._worker = self._sending, (), None
            self._waiting = [*inputs, *self._waiting]
            self._history.call_later(self._hand_back, (), ReplyResult(), None)

    def leave(self) -> None:
        """Stop the reply. The character may greet when the user comes back."""
        self.stop()
        self._may_greet = True

    def stay_silent(self) -> None:
        """Start no greeting by itself, because the user has deleted it."""
        self._may_greet = False

    async def _reply(
        self, kind: ReplyKind, inputs: tuple[UserInput, ...], edited: Message | None
    ) -> None:
        self._has_begun = True
        self._observer.on_reply_started()
        replaced = self._history.last_reply if kind != "reply" else None
        begun = replaced.text if kind == "continue" and replaced is not None else ""
        shown = ReplyMessage(self._controller.name)
        result = ReplyResult()
        pending = begun.rstrip()
        try:
            reply = self._controller.reply(kind, inputs, result, edited)
            async with aclosing(reply) as pieces:
                async for piece in pieces:
                    pending += piece
                    if not result.has_text:  # only spaces so far
                        continue
                    self._sending = ()
                    if not shown.is_attached:
                        shown.set_name(self._controller.name)  # in the current language
                        await self._mount(shown)
                        if replaced is not None:
                            await replaced.remove()
                    shown.append(pending)
                    pending = ""
        finally:
            self._is_settling = True
            try:
                self._sending = ()
                if self._history.is_running:
                    await self._settle(shown, inputs, result, edited)
            finally:
                self._worker = None
        if (self._waiting or self._next) and self._is_current():
            self.start(self._next or "reply")
        else:
            self._observer.on_queue_empty()

    async def _settle(
        self,
        shown: ReplyMessage,
        inputs: tuple[UserInput, ...],
        result: ReplyResult,
        edited: Message | None,
    ) -> None:
        path = self._controller.branch.path
        if shown.is_attached and path:
            shown.finish(path[-1].id, self._history.swipe_mark(path[-1]))
        self._history.set_numbers(path)
        if result.has_text and not self._waiting:
            await self._history.show(path)  # a new reply may replace several messages
        if result.problem or result.is_stopped or not result.has_text:
            await self._hand_back(() if result.has_text else inputs, result, edited)
        if result.problem:
            await self._mount(ChatNotice(clean_text(result.problem)))
        self._observer.on_reply_ended(result)

    async def _hand_back(
        self, inputs: tuple[UserInput, ...], result: ReplyResult, edited: Message | None
    ) -> None:
        unanswered = (*inputs, *self._waiting)
        self._waiting = []
        if unanswered:
            for bubble in list(self._history.query(UserMessage))[-len(unanswered) :]:
                await bubble.remove()
        if not result.has_text:
            await self._history.show(self._controller.branch.path)
        self._observer.on_unanswered(unanswered, edited if inputs else None)

    def _is_current(self) -> bool:
        return self._history.is_attached and self._history.screen.is_current

    async def _mount(self, widget: UserMessage | ReplyMessage | ChatNotice) -> None:
        if self._history.is_attached:  # False if the user leaves while a reply ends
            await self._history.mount(widget)
