"""What a line with a slash does where no key does the same."""

from __future__ import annotations

from textual.screen import Screen

from refsheet_tui import paths
from refsheet_tui.chats.files import write_chat
from refsheet_tui.chats.library import Library
from refsheet_tui.errors import UsageError
from refsheet_tui.i18n import _
from refsheet_tui.tui.chat.controller import Talk
from refsheet_tui.tui.slash_commands import Command, parsed
from refsheet_tui.tui.widgets.attachments import Attachments
from refsheet_tui.untrusted import one_line


class LineCommands:
    """Of one chat."""

    def __init__(
        self, library: Library, talk: Talk, screen: Screen[None], attachments: Attachments
    ) -> None:
        self._library = library
        self._talk = talk
        self._screen = screen
        self._attachments = attachments

    async def run(self, line: str) -> str:
        """Do what `line` says; what there is to say about it. Raises `RefsheetError`."""
        command, argument = parsed(line)
        if command.action:
            await self._screen.run_action(command.action)
            return ""
        if command.name == "picture":
            await self._attachments.attach(paths.typed(argument))
            return ""
        return self._done(command, argument)

    def _done(self, command: Command, argument: str) -> str:
        if command.name == "note":
            self._talk.set_note("" if argument == "-" else argument)
            return _("It counts from your next message on.")
        if command.name == "system":
            if self._talk.character is not None:
                raise UsageError(
                    _("Only the assistant can be told that."), _("/note reminds a character.")
                )
            self._talk.set_note("" if argument == "-" else argument)
            return _("The model reads it before all that was said.")
        if command.name == "title":
            self._library.chats.rename(self._talk.chat, argument)
            return _("The chat is called so now.")
        if not argument:
            return _("Everything is kept as you say it.")
        file, chat = paths.typed(argument), self._library.chats.get(self._talk.chat)
        remark = write_chat(self._library, chat, file, advice=_("Give another name."))
        written = _("Written to {file}.").format(file=one_line(str(file)))
        return f"{written} {remark}".strip()
