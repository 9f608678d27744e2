"""One way through the messages of a chat, and what can be done with it without a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from refsheet_tui.chats.messages import WHOLE, Message
from refsheet_tui.chats.tree import MessageTree
from refsheet_tui.errors import RefsheetError


class Way:
    """From the first message of a chat to one that it can go on behind.

    `deleted` holds what was deleted and can be brought back, in order.
    """

    def __init__(self, tree: MessageTree, chat: int) -> None:
        self._tree = tree
        self._chat = chat
        self._path: list[Message] = []
        self.deleted: list[Message] = []

    @property
    def path(self) -> tuple[Message, ...]:
        """What is said, from the first message on."""
        return tuple(self._path)

    @property
    def leaf(self) -> int | None:
        """The number of the last message."""
        return self._path[-1].id if self._path else None

    @property
    def ends_with_reply(self) -> bool:
        return bool(self._path) and self._path[-1].role == "model"

    def open(self, leaf: int | None) -> None:
        """Go on behind `leaf`. Raises `StorageError`."""
        self._path = list(self._tree.path(leaf)) if leaf is not None else []

    def hear(self, text: str) -> Message:
        """Let the character say something that was written for it. Raises `StorageError`."""
        message = self._tree.add(self._chat, self.leaf, "model", text, finish=WHOLE)
        self._path.append(message)
        return message

    def greet(self, greetings: Sequence[str]) -> None:
        """Begin with the first of these, the others beside it. Raises `StorageError`."""
        messages = []
        for text in greetings:
            self.open(None)
            messages.append(self.hear(text))
        self.go_to(messages[0])

    def place(self, message: Message) -> tuple[int, int]:
        """Which of how many that were said in the place of `message` it is, counted from 1."""
        beside = self._tree.siblings(message)
        return beside.index(message.id) + 1, len(beside)

    def swipe(self, step: int) -> bool:
        """Show the reply so many after the last one, or before it; False where there is none."""
        if not self.ends_with_reply:
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

    def rewrite(self, message: Message, text: str) -> Message:
        """Let the character say something else in the place of `message`, which stays beside it.
        Raises `StorageError`."""
        return self._instead_of(message, lambda: self.hear(text))

    def delete(self, message: Message) -> None:
        """Take `message` and all that came of it away; `undelete` brings it back."""
        end = self._tree.delete(message)
        self.deleted.append(message)
        self.open(end.id if end is not None else None)

    def undelete(self) -> bool:
        """Bring back what was deleted last; False where nothing is gone. Raises `StorageError`."""
        if not self.deleted:
            return False
        self.open(self._tree.undelete(self.deleted[-1]).id)
        self.deleted.pop()
        return True

    def take_back(self, message: Message, leaf: int | None) -> None:
        """Delete what was said just now, and show again what was shown before."""
        self._tree.delete(message)
        self._tree.end_with(self._chat, leaf)
        self.open(leaf)

    def _instead_of(self, message: Message, say: Callable[[], Message]) -> Message:
        """Where it can't be kept, everything is as it was."""
        leaf = self.leaf
        self.open(message.parent)
        try:
            return say()
        except RefsheetError:
            self.open(leaf)
            raise
