"""The slash commands of `refsheet talk`."""

from __future__ import annotations

from collections.abc import Callable

from refsheet_tui import paths
from refsheet_tui.characters import Character
from refsheet_tui.chats import (
    COMMANDS,
    Attachment,
    Branch,
    ChatCommands,
    Conversation,
    Library,
    Message,
    ReplyKind,
    SlashCommand,
    parse,
    usage_error,
)
from refsheet_tui.cli.console import print_note
from refsheet_tui.cli.pictures import check_pictures
from refsheet_tui.errors import UsageError
from refsheet_tui.i18n import _

# These open a dialog on the screens. On the command line they have commands of their own.
_SEPARATE_COMMANDS = {
    "chats": "To list all chats: refsheet chats list",
    "settings": "Edit config.yaml, or see the options: refsheet talk --help",
}


class TalkCommands:
    """Runs slash commands. `pictures` are attached to the next message."""

    def __init__(
        self,
        library: Library,
        conversation: Conversation,
        character: Character,
        version: int | None,
        print_last_message: Callable[[], None],
        *,
        is_saved: bool,
    ) -> None:
        """Run commands on `conversation`.

        Args:
            library: Where new chats are created.
            conversation: The chat that the commands change.
            character: Who the user chats with.
            version: The version of the saved character; None if it isn't saved.
            print_last_message: Prints the last message.
            is_saved: True if the chat is saved, False if it is lost when the command ends.
        """
        self._library = library
        self._conversation = conversation
        self._version = version
        self._print_last_message = print_last_message
        self._character_note = character.note
        self._chat_commands = ChatCommands(
            library,
            lambda: conversation.branch.chat,
            character,
            self._set_note,
            is_saved=is_saved,
        )
        self._handlers: dict[str, Callable[[SlashCommand, str], ReplyKind | None]] = {
            "regenerate": lambda *_: "regenerate",
            "left": lambda *_: self._swipe(-1),
            "right": lambda *_: self._swipe(1),
            "continue": self._continue,
            "edit": self._edit,
            "rewrite": self._rewrite,
            "delete": self._delete,
            "undo": self._undo,
            "new": self._new,
            "picture": self._picture,
            "help": self._help,
        }
        self.pictures: list[Attachment] = []

    @property
    def _branch(self) -> Branch:
        return self._conversation.branch

    def run(self, line: str) -> ReplyKind | None:
        """Run the command in `line`.

        Returns:
            The kind of reply to generate next, or None for no reply.

        Raises:
            UsageError: The command is unknown or can't be used now.
            PictureError, EngineError, StorageError, ChatFileError: The command failed.
        """
        command, argument = parse(line)
        notice = self._chat_commands.run(command, argument) or _SEPARATE_COMMANDS.get(command.name)
        if notice is not None:
            print_note(notice)
            return None
        return self._handlers[command.name](command, argument)

    def _set_note(self, text: str) -> None:
        self._conversation.set_note(text or self._character_note)

    def _swipe(self, step: int) -> ReplyKind | None:
        if self._branch.swipe(step):
            self._print_last_message()
            return None
        if step < 0:
            raise UsageError("This is the first reply.", "For the next one: /right")
        return "regenerate"

    def _continue(self, _command: SlashCommand, _argument: str) -> ReplyKind:
        self._last_reply("There's no reply to continue.")
        return "continue"

    def _edit(self, command: SlashCommand, text: str) -> ReplyKind:
        last = self._branch.last_user_message
        if last is None:
            raise UsageError("You haven't sent a message yet.", "Type one first.")
        if not text:
            raise usage_error(command)
        self._conversation.edit(last, text)
        return "reply"

    def _rewrite(self, command: SlashCommand, text: str) -> None:
        last = self._last_reply("There's no reply to edit.")
        if not text:
            raise usage_error(command)
        self._conversation.edit(last, text)
        self._print_last_message()

    def _delete(self, _command: SlashCommand, _argument: str) -> None:
        if not self._branch.path:
            raise UsageError("There's nothing to delete.", "Type a message first.")
        self._branch.delete(self._branch.path[-1])
        print_note("Message deleted. To undo: /undo")
        self._print_last_message()

    def _undo(self, _command: SlashCommand, _argument: str) -> None:
        if not self._branch.undelete():
            raise UsageError("Nothing to undo.", "To delete the last message: /delete")
        self._print_last_message()

    def _new(self, _command: SlashCommand, _argument: str) -> None:
        # The model goes on with the same character, whose texts depend on this time.
        created = self._library.chats.get_chat(self._branch.chat).created
        chat = self._library.chats.create_chat(self._version, created=created)
        self._conversation.start_over(Branch(self._library.tree, chat.id), self._character_note)

    def _picture(self, _command: SlashCommand, name: str) -> None:
        path = paths.expand_user(name)
        self.pictures.append(self._conversation.open_picture(path))
        check_pictures([path])
        print_note(_("Attached to your next message."))

    def _help(self, _command: SlashCommand, _argument: str) -> None:
        width = max(len(each.usage) for each in COMMANDS)
        for command in COMMANDS:
            about = _SEPARATE_COMMANDS.get(command.name) or _(command.about)
            print_note(f"{command.usage:<{width}}  {about}")
        print_note(f"{'//...':<{width}}  Send a message that begins with a slash")

    def _last_reply(self, problem: str) -> Message:
        last = self._branch.last_reply
        if last is None:
            raise UsageError(problem, "To get a reply: /regenerate")
        return last
