"""A queue that answers what the user sends, one reply at a time."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from typing import Protocol

from textual.worker import Worker

from refsheet_tui.chats import Message, ReplyKind
from refsheet_tui.i18n import _
from refsheet_tui.tui.chat.controller import ChatController, ReplyResult, UserInput
from refsheet_tui.tui.garbage import let_go
from refsheet_tui.tui.widgets.chat_message import ChatNotice, ReplyMessage, UserMessage
from refsheet_tui.tui.widgets.history import History
from refsheet_tui.untrusted import clean_text


class ReplyObserver(Protocol):
    """An observer of a reply queue."""

    def on_reply_started(self) -> None: ...

    def on_reply_ended(self, result: ReplyResult) -> None: ...

    def on_unanswered(self, inputs: Sequence[UserInput], edited_message: Message | None) -> None:
        """Handle input that got no reply, so that the user can change it or send it again.

        The first of `inputs` was a swipe of `edited_message`.
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
        self._queued_inputs: list[UserInput] = []
        self._current_inputs: tuple[UserInput, ...] = ()
        self._worker: Worker[None] | None = None
        self._is_finishing = False
        self._has_started = False
        self._next_kind: ReplyKind | None = None
        self._may_greet = True

    @property
    def replying(self) -> bool:
        """True while a reply is written."""
        return self._worker is not None

    def unsaved_inputs(self) -> tuple[UserInput, ...]:
        """Return what the user has sent that is not a message of the chat yet."""
        return (*self._current_inputs, *self._queued_inputs)

    async def send(self, user_input: UserInput, edited_message: Message | None = None) -> None:
        """Answer `user_input` at once, or after the reply that is being written.

        `edited_message` is the message that `user_input` becomes a swipe of.
        """
        self._queued_inputs.append(user_input)
        await self._mount(UserMessage(_("You"), user_input.text, pictures=user_input.pictures))
        self.start("reply", edited_message)

    def start(self, kind: ReplyKind, edited_message: Message | None = None) -> None:
        """Answer what was sent since the last reply, or else write a reply of `kind`."""
        if self.replying:
            return
        self._history.query(ChatNotice).remove()
        inputs, self._queued_inputs = tuple(self._queued_inputs), []
        self._current_inputs = inputs
        self._is_finishing, self._next_kind, self._has_started = False, None, False
        reply = self._reply("reply" if inputs else kind, inputs, edited_message)
        self._worker = self._history.screen.run_worker(reply, group="reply")

    def resume(self) -> bool:
        """Answer what the user has sent, or let the character greet.

        Returns False if there is nothing to do.
        """
        should_greet = self._controller.awaits_greeting and self._may_greet
        if not (self._queued_inputs or should_greet):
            return False
        self._next_kind = "reply" if self._is_finishing else None  # stopped, and then started again
        self.start("reply")
        return True

    def stop(self) -> None:
        """Stop the reply. Its text so far stays, and no greeting starts by itself."""
        self._may_greet = False
        # A reply that is being finished has ended. Stopping it again would interrupt its cleanup.
        if self._worker is None or self._is_finishing:
            return
        self._worker.cancel()
        if self._has_started:
            self._is_finishing = True
        else:  # it will not start, and so cleans nothing up
            inputs, self._current_inputs, self._worker = self._current_inputs, (), None
            self._queued_inputs = [*inputs, *self._queued_inputs]
            self._history.call_later(self._return_inputs, (), ReplyResult(), None)

    def leave(self) -> None:
        """Stop the reply. The character may greet when the user comes back."""
        self.stop()
        self._may_greet = True

    def stay_silent(self) -> None:
        """Start no greeting by itself, because the user has deleted it."""
        self._may_greet = False

    async def _reply(
        self, kind: ReplyKind, inputs: tuple[UserInput, ...], edited_message: Message | None
    ) -> None:
        self._has_started = True
        self._observer.on_reply_started()
        old_widget = self._history.last_reply if kind != "reply" else None
        existing_text = old_widget.text if kind == "continue" and old_widget is not None else ""
        widget = ReplyMessage(self._controller.name)
        result = ReplyResult()
        pending_text = existing_text.rstrip()
        try:
            reply = self._controller.reply(kind, inputs, result, edited_message)
            async with aclosing(reply) as pieces:
                async for piece in pieces:
                    pending_text += piece
                    if not result.has_text:  # only spaces so far
                        continue
                    self._current_inputs = ()
                    if not widget.is_attached:
                        widget.set_name(self._controller.name)  # in the current language
                        await self._mount(widget)
                        if old_widget is not None:
                            await old_widget.remove()
                    widget.append(pending_text)
                    pending_text = ""
        finally:
            self._is_finishing = True
            try:
                self._current_inputs = ()
                if self._history.is_running:
                    await self._finish(widget, inputs, result, edited_message)
            finally:
                self._worker = None
                let_go(self._history.app)
        if (self._queued_inputs or self._next_kind) and self._is_current():
            self.start(self._next_kind or "reply")
        else:
            self._observer.on_queue_empty()

    async def _finish(
        self,
        widget: ReplyMessage,
        inputs: tuple[UserInput, ...],
        result: ReplyResult,
        edited_message: Message | None,
    ) -> None:
        path, last = self._controller.branch.path, self._controller.branch.last_message
        if widget.is_attached and last is not None:
            widget.finish(last.id, self._history.swipe_mark(last))
        self._history.set_numbers(path)
        if result.has_text and not self._queued_inputs:
            await self._history.show(path)  # a new reply may replace several messages
        if result.problem or result.is_stopped or not result.has_text:
            await self._return_inputs(() if result.has_text else inputs, result, edited_message)
        if result.problem:
            await self._mount(ChatNotice(clean_text(result.problem)))
        self._observer.on_reply_ended(result)

    async def _return_inputs(
        self, inputs: tuple[UserInput, ...], result: ReplyResult, edited_message: Message | None
    ) -> None:
        unanswered_inputs = (*inputs, *self._queued_inputs)
        self._queued_inputs = []
        if unanswered_inputs:
            for bubble in list(self._history.query(UserMessage))[-len(unanswered_inputs) :]:
                await bubble.remove()
        if not result.has_text:
            await self._history.show(self._controller.branch.path)
        self._observer.on_unanswered(unanswered_inputs, edited_message if inputs else None)

    def _is_current(self) -> bool:
        return self._history.is_attached and self._history.screen.is_current

    async def _mount(self, widget: UserMessage | ReplyMessage | ChatNotice) -> None:
        if self._history.is_attached:  # False if the user leaves while a reply ends
            await self._history.mount(widget)
