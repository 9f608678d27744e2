"""A reply on its way to the disk."""

from __future__ import annotations

from collections.abc import Callable

from refsheet_tui.chats.conversation import Overflow
from refsheet_tui.chats.messages import OPEN, WHOLE, Message
from refsheet_tui.chats.tree import MessageTree
from refsheet_tui.engine import Event, Finished, TextDelta

# Seconds of writing that a power cut may take.
_FLUSH_S = 1.0


class Record:
    """One reply on its way to the disk."""

    def __init__(
        self,
        tree: MessageTree,
        chat: int,
        parent: int | None,
        clock: Callable[[], float],
        begun: Message | None = None,
    ) -> None:
        """`begun` is the message that grows, if it is there already."""
        self._tree = tree
        self._chat = chat
        self._parent = parent
        self._clock = clock
        self._begun = self._message = begun
        self._has_grown = False
        self._text = begun.text.rstrip() if begun else ""
        self._finish = OPEN
        self._flushed = 0.0

    def event(self, event: Event | Overflow) -> None:
        if isinstance(event, Finished):
            self._finish = event.finish
        elif isinstance(event, TextDelta):
            self._text += event.text
            self._has_grown = True
            if self._text.strip() and self._clock() - self._flushed >= _FLUSH_S:
                self._flush(OPEN)

    def stop(self) -> None:
        """Nobody waits for more of it: it did not end by itself, nor was it cut off."""
        self._finish = "cancelled"

    def end(self) -> Message | None:
        """The reply, however it ended; None for one that never began. One that should have grown
        and did not is what it was, unless the model says that it is whole."""
        if not self._text.strip():
            return None
        if self._begun is not None and not self._has_grown:
            if self._finish == WHOLE:
                self._tree.write(self._begun.id, self._begun.text, WHOLE)
            return self._tree.get(self._begun.id)
        self._flush(self._finish)
        assert self._message is not None
        return self._tree.get(self._message.id)

    def _flush(self, finish: str) -> None:
        if self._message is None:
            self._message = self._tree.add(
                self._chat, self._parent, "model", self._text, finish=finish
            )
        else:
            self._tree.write(self._message.id, self._text, finish)
        self._flushed = self._clock()
