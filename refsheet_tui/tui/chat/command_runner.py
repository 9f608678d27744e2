"""The slash commands of a chat on the screen."""

from __future__ import annotations

from collections.abc import Callable

from textual.screen import Screen

from refsheet_tui import paths
from refsheet_tui.chats import ChatCommands, Library, parse
from refsheet_tui.errors import UsageError
from refsheet_tui.i18n import N_, _
from refsheet_tui.tui.chat.controller import ChatController
from refsheet_tui.tui.widgets.attachments import Attachments

# Commands that a key does as well. {argument} is the text after the command.
_ACTIONS = {
    "regenerate": "screen.again",
    "left": "screen.swipe(-1)",
    "right": "screen.swipe(1)",
    "continue": "screen.more",
    "edit": "screen.edit({argument})",
    "rewrite": "screen.rewrite({argument})",
    "delete": "screen.delete_last",
    "undo": "screen.undo",
    "new": "screen.new",
    "chats": "app.chats",
    "settings": "app.settings",
    "help": "app.help",
}
# What can be done while a reply is written.
_ALWAYS_ALLOWED = {"new", "chats", "settings", "help"}


class CommandRunner:
    """Runs the slash commands that are typed in one chat."""

    def __init__(
        self,
        library: Library,
        controller: ChatController,
        screen: Screen[None],
        attachments: Attachments,
        busy_reason: Callable[[], str],
    ) -> None:
        """`busy_reason` returns why the chat can't be changed now; empty if it can."""
        self._chat_commands = ChatCommands(
            library, lambda: controller.chat, controller.character, controller.set_note
        )
        self._screen = screen
        self._attachments = attachments
        self._branch = controller.branch
        self._busy_reason = busy_reason

    async def run(self, line: str) -> str:
        """Do what `line` says, and return a notice, which may be empty. Raises `RefsheetError`."""
        command, argument = parse(line)
        if command.name in _ACTIONS:
            self._check_command(command.name)
            await self._screen.run_action(_ACTIONS[command.name].format(argument=repr(argument)))
            return ""
        if command.name == "picture":
            await self._attachments.attach(paths.expand_user(argument))
            return ""
        return self._chat_commands.run(command, argument) or ""

    def _check_command(self, name: str) -> None:
        """Raise `UsageError` for a command that can't be used now, so that its text is kept."""
        path = self._branch.path
        problems = {
            "edit": (
                any(each.role == "user" for each in path),
                N_("You haven't sent a message yet."),
            ),
            "rewrite": (self._branch.ends_with_reply, N_("There's no reply to edit.")),
            "continue": (self._branch.ends_with_reply, N_("There's no reply to continue.")),
            "delete": (bool(path), N_("There's nothing to delete.")),
            "undo": (bool(self._branch.deleted), N_("Nothing to undo.")),
        }
        is_possible, problem = problems.get(name, (True, ""))
        if name not in _ALWAYS_ALLOWED and (reason := self._busy_reason()):
            raise UsageError(reason, "")
        if not is_possible:
            raise UsageError(_(problem), "")
