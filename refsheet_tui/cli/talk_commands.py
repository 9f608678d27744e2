"""What a person can do in `refsheet talk` beside talking: lines that begin with a slash."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from refsheet_tui.chats.kept import KeptConversation
from refsheet_tui.chats.library import Library
from refsheet_tui.chats.messages import Message
from refsheet_tui.cli.console import note
from refsheet_tui.errors import UsageError

_HELP = """\
/again           another reply; the last one stays beside it
/left /right     the reply before or after this one; after the last a new one
/continue        let the last reply go on
/edit TEXT       say something else in place of your last message
/rewrite TEXT    let the character say something else in place of its last reply
/delete          take the last message away
/undo            bring back what was taken away
/note TEXT       remind the character of something; /note - takes it back
/title TEXT      call the chat something else
/help            show this
//...            say something that begins with a slash"""


class Then(Enum):
    """What follows a command."""

    NOTHING = auto()
    REPLY = auto()
    ANOTHER = auto()
    GO_ON = auto()
    SHOW = auto()


class TalkCommands:
    """Changes one chat that is kept."""

    def __init__(self, library: Library, kept: KeptConversation, chat: int, own_note: str) -> None:
        """`own_note` is that of the character, which holds where the chat has none."""
        self._library = library
        self._kept = kept
        self._chat = chat
        self._own_note = own_note
        self._known: dict[str, Callable[[str], Then]] = {
            "again": self._again,
            "left": lambda _: self._swipe(-1),
            "right": lambda _: self._swipe(1),
            "continue": self._continue,
            "edit": self._edit,
            "rewrite": self._rewrite,
            "delete": self._delete,
            "undo": self._undo,
            "note": self._note,
            "title": self._title,
            "help": self._help,
        }

    def run(self, line: str) -> Then:
        """Raises `UsageError` for what can't be done here, `StorageError`."""
        name, _, argument = line[1:].partition(" ")
        command = self._known.get(name.lower())
        if command is None:
            raise UsageError(f"There is no /{name}.", "/help shows what there is.")
        return command(argument.strip())

    def _again(self, _: str) -> Then:
        return Then.ANOTHER

    def _swipe(self, step: int) -> Then:
        if self._kept.swipe(step):
            return Then.SHOW
        if step < 0:
            raise UsageError("There is no reply before this one.", "/right goes the other way.")
        return self._again("")

    def _continue(self, _: str) -> Then:
        self._last("model", "There is no reply to continue.")
        return Then.GO_ON

    def _edit(self, text: str) -> Then:
        said = [each for each in self._kept.path if each.role == "user"]
        if not said:
            raise UsageError("You have said nothing yet.", "Say something.")
        self._kept.edit(said[-1], _given(text, "/edit TEXT"))
        return Then.REPLY

    def _rewrite(self, text: str) -> Then:
        last = self._last("model", "There is no reply to rewrite.")
        self._kept.edit(last, _given(text, "/rewrite TEXT"))
        return Then.NOTHING

    def _delete(self, _: str) -> Then:
        if not self._kept.path:
            raise UsageError("There is nothing to delete.", "Say something.")
        self._kept.delete(self._kept.path[-1])
        note("It is gone. /undo brings it back.")
        return Then.SHOW

    def _undo(self, _: str) -> Then:
        if not self._kept.undelete():
            raise UsageError("Nothing was taken away in this talk.", "/delete does.")
        return Then.SHOW

    def _note(self, text: str) -> Then:
        text = "" if text == "-" else _given(text, "/note TEXT, or /note -")
        self._library.chats.set_note(self._chat, text)
        self._kept.conversation.set_note(text or self._own_note)
        if text:
            note("It is reminded from your next message on.")
        elif self._own_note:
            note(f"The note of this chat is gone; its own holds again: {self._own_note}")
        else:
            note("The note is gone.")
        return Then.NOTHING

    def _title(self, text: str) -> Then:
        self._library.chats.rename(self._chat, _given(text, "/title TEXT"))
        return Then.NOTHING

    def _help(self, _: str) -> Then:
        note(_HELP)
        return Then.NOTHING

    def _last(self, role: str, otherwise: str) -> Message:
        if not self._kept.path or self._kept.path[-1].role != role:
            raise UsageError(otherwise, "/again lets the character reply.")
        return self._kept.path[-1]


def _given(text: str, usage: str) -> str:
    if not text:
        raise UsageError("It needs a text.", f"Type: {usage}")
    return text
