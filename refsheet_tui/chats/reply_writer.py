"""Saving a reply while it is being written."""

from __future__ import annotations

from collections.abc import Callable

from refsheet_tui.chats.branch import Branch
from refsheet_tui.chats.messages import FINISH_END_OF_TURN, FINISH_OPEN, Message
from refsheet_tui.engine import EngineEvent, ReplyFinished, TextDelta

# A power cut may cost so many seconds of a reply.
_FLUSH_S = 1.0


class ReplyWriter:
    """Saves one reply to a branch, again and again while it grows."""

    def __init__(
        self, branch: Branch, clock: Callable[[], float], continued_message: Message | None = None
    ) -> None:
        """Prepare to save a reply.

        `continued_message` is the saved reply to extend; None for a new one.
        """
        self._branch = branch
        self._clock = clock
        self._parent = branch.leaf
        self._continued_message = continued_message
        self._number = continued_message.id if continued_message is not None else None
        self._has_grown = False
        self._text = continued_message.text.rstrip() if continued_message else ""
        self._finish = FINISH_OPEN
        self._flushed_at = 0.0

    def on_event(self, event: EngineEvent) -> None:
        """Save new text about once a second. Raises `StorageError`."""
        if isinstance(event, ReplyFinished):
            self._finish = event.reason
        elif isinstance(event, TextDelta):
            self._text += event.text
            self._has_grown = True
            if self._text.strip() and self._clock() - self._flushed_at >= _FLUSH_S:
                self._flush(FINISH_OPEN)

    def cancel(self) -> None:
        """Record that the user stopped the reply, so that it does not count as cut off."""
        self._finish = "cancelled"

    def end(self) -> None:
        """Save the end of the reply, unless it never began. Raises `StorageError`."""
        if not self._text.strip():
            return
        if self._continued_message is None or self._has_grown:
            self._flush(self._finish)
        elif self._finish == FINISH_END_OF_TURN:  # the model had nothing to add
            self._branch.save_reply(
                self._continued_message.text, FINISH_END_OF_TURN, self._number, self._parent
            )
        if self._number is not None:
            self._branch.end_reply(self._number)

    def _flush(self, finish: str) -> None:
        self._number = self._branch.save_reply(self._text, finish, self._number, self._parent)
        self._flushed_at = self._clock()
