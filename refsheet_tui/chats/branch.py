"""One path through the messages of a chat, and the changes to it that need no model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from refsheet_tui import paths
from refsheet_tui.chats.message_tree import MessageTree
from refsheet_tui.chats.messages import FINISH_END_OF_TURN, Message
from refsheet_tui.chats.speakers import values_for_swipes
from refsheet_tui.errors import RefsheetError


class Branch:
    """The messages of a chat from the first one to a leaf, after which the chat continues.

    Every method that changes something raises `StorageError` if it fails.

    Attributes:
        tree: The messages of all chats.
        chat: The number of the chat.
        deleted: The deleted messages that `undelete` can restore, oldest first.
    """

    def __init__(self, tree: MessageTree, chat: int, leaf: int | None = None) -> None:
        self.tree = tree
        self.chat = chat
        self.deleted: list[Message] = []
        self._path: tuple[Message, ...] = ()
        self.move_to(leaf)

    @property
    def path(self) -> tuple[Message, ...]:
        """The messages, oldest first. The tuple is a new one each time that anything changes."""
        return self._path

    @property
    def leaf(self) -> int | None:
        """The number of the last message; None if there are no messages."""
        return self._path[-1].id if self._path else None

    @property
    def last_message(self) -> Message | None:
        """The last message that the model is told; None if there is none."""
        return next((each for each in reversed(self._path) if not each.is_hidden), None)

    @property
    def last_reply(self) -> Message | None:
        """The last message that the model is told, if it is by the model itself."""
        last = self.last_message
        return last if last is not None and last.role == "model" else None

    @property
    def last_user_message(self) -> Message | None:
        """The last message of the user that the model is told; None if there is none."""
        return next((each for each in reversed(self._path) if each.expects_reply), None)

    @property
    def ends_with_reply(self) -> bool:
        """True if there is a last reply."""
        return self.last_reply is not None

    def move_to(self, leaf: int | None) -> None:
        """Continue after the message of the number `leaf`, or at the very beginning if None."""
        self._path = self.tree.path_to(leaf) if leaf is not None else ()

    def add_user_message(
        self,
        text: str,
        pictures: Sequence[Path] = (),
        context_notes: Sequence[str] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> Message:
        """Save a message of the user, and make it the last one.

        Args:
            text: The text of the user.
            pictures: Picture files, which are copied.
            context_notes: Texts of context notes that the model is told with the message.
            extra: Values of another program that are stored with it.

        Raises:
            PictureError: A picture can't be read.
            StorageError: The message can't be saved.
        """
        return self._append(
            self.tree.add_message(
                self.chat,
                self.leaf,
                "user",
                text,
                pictures=pictures,
                extra=dict(extra or {}),
                context_notes=context_notes,
            )
        )

    def set_context_notes(self, message: Message, context_notes: Sequence[str]) -> None:
        """Save other context notes of `message`, which nobody has answered yet."""
        self.tree.set_context_notes(message.id, context_notes)
        changed = replace(message, context_notes=tuple(context_notes))
        self._path = tuple(changed if each.id == message.id else each for each in self._path)

    def add_reply(self, text: str, extra: Mapping[str, Any] | None = None) -> Message:
        """Save a complete reply that was not generated just now, such as a greeting."""
        return self._append(
            self.tree.add_message(
                self.chat,
                self.leaf,
                "model",
                text,
                finish=FINISH_END_OF_TURN,
                extra=dict(extra or {}),
            )
        )

    def add_greetings(self, greetings: Sequence[str]) -> None:
        """Begin the chat with the first of `greetings`; the others become its swipes."""
        messages = []
        for text in greetings:
            self.move_to(None)
            messages.append(self.add_reply(text))
        self.go_to(messages[0])

    def save_reply(self, text: str, finish: str, number: int | None, parent: int | None) -> int:
        """Save a reply that is still being written. `path` contains it only after `end_reply`.

        Args:
            text: The text of the reply so far.
            finish: How the reply ended, or `FINISH_OPEN`.
            number: The saved reply to update; None to add one.
            parent: The message that a new reply answers.

        Returns:
            The number of the saved reply.
        """
        if number is None:
            return self.tree.add_message(self.chat, parent, "model", text, finish=finish).id
        self.tree.update_message(number, text, finish)
        return number

    def end_reply(self, number: int) -> None:
        """Show a saved reply: in its place on the path, or else as the last message."""
        saved = self.tree.get_message(number)
        if any(each.id == number for each in self._path):
            self._path = tuple(saved if each.id == number else each for each in self._path)
        elif self.leaf == saved.parent:
            self._path = (*self._path, saved)
        else:
            self.move_to(number)

    def position(self, message: Message) -> tuple[int, int]:
        """Return the position of `message` among its swipes, from 1, and the number of swipes."""
        swipes = self.tree.siblings(message)
        return swipes.index(message.id) + 1, len(swipes)

    def swipe(self, step: int) -> bool:
        """Show another swipe of the last reply.

        Args:
            step: How many swipes to go forward; a negative number goes back.

        Returns:
            False if there is no such swipe.
        """
        last = self.last_reply
        if last is None:
            return False
        swipes = self.tree.siblings(last)
        index = swipes.index(last.id) + step
        if not 0 <= index < len(swipes):
            return False
        self.go_to(self.tree.get_message(swipes[index]))
        return True

    def go_to(self, message: Message) -> None:
        """Show the newest branch that goes through `message`."""
        self.move_to(self.tree.select_newest_leaf(message).id)

    def remove_last_reply(self) -> None:
        """Continue after the user's last message.

        The reply stays in the tree, and the next one becomes its swipe. Replies in a row, which
        other programs allow, count as one reply. Hidden messages before the reply stay.
        """
        if not self.ends_with_reply:
            return
        remaining = list(self._path)
        while remaining and (remaining[-1].is_hidden or remaining[-1].role == "model"):
            remaining.pop()
        for message in self._path[len(remaining) :]:
            if not message.is_hidden:
                break
            remaining.append(message)
        self.move_to(remaining[-1].id if remaining else None)

    def replace(self, message: Message, text: str) -> Message:
        """Add `text` as a swipe of `message`, which nobody answers, and show it.

        Args:
            message: A reply, or a message of the user that the model isn't told.
            text: The text. The pictures and the speaker stay the same.

        Raises:
            PictureError: A picture can't be read.
        """
        extra = values_for_swipes(message.extra)
        if message.role == "model":
            return self.add_swipe(message, lambda: self.add_reply(text, extra))
        pictures = [*filter(paths.is_file, map(self.tree.picture_path, message.pictures))]
        return self.add_swipe(message, lambda: self.add_user_message(text, pictures, extra=extra))

    def delete(self, message: Message) -> None:
        """Delete `message` and everything after it; `undelete` restores them."""
        leaf = self.tree.delete_message(message)
        self.deleted.append(message)
        self.move_to(leaf.id if leaf is not None else None)

    def undelete(self) -> bool:
        """Restore what was deleted last. Return False if there is nothing to restore."""
        if not self.deleted:
            return False
        self.move_to(self.tree.undelete_message(self.deleted[-1]).id)
        self.deleted.pop()
        return True

    def roll_back(self, message: Message, leaf: int | None) -> None:
        """Delete `message`, which nobody answered, and show the branch that was shown before."""
        self.tree.delete_message(message)
        self.tree.set_leaf(self.chat, leaf)
        self.move_to(leaf)

    def add_swipe(self, message: Message, add_message: Callable[[], Message]) -> Message:
        """Call `add_message` so that it adds a swipe of `message`, and return that swipe."""
        leaf = self.leaf
        self.move_to(message.parent)
        try:
            return add_message()
        except RefsheetError:
            self.move_to(leaf)
            raise

    def _append(self, message: Message) -> Message:
        self._path = (*self._path, message)
        return message
