"""The slash commands that do the same on the screens and in `refsheet talk`."""

from __future__ import annotations

from collections.abc import Callable

from refsheet_tui import paths
from refsheet_tui.characters import Character
from refsheet_tui.chats.files import write_chat
from refsheet_tui.chats.library import Library
from refsheet_tui.chats.slash_commands import SlashCommand
from refsheet_tui.errors import UsageError
from refsheet_tui.i18n import _, join_sentences
from refsheet_tui.untrusted import one_line

_EMPTY_TEXT = "-"  # stands for an empty text


class ChatCommands:
    """The commands that change or export one chat.

    Every command returns a notice for the user, which may be empty, and raises `UsageError`,
    `ChatFileError`, `StorageError`.
    """

    def __init__(
        self,
        library: Library,
        get_chat_id: Callable[[], int],
        character: Character | None,
        set_note: Callable[[str], None],
        *,
        is_saved: bool = True,
    ) -> None:
        """Prepare the commands of one chat.

        Args:
            library: The user's characters and chats.
            get_chat_id: Returns the number of the chat.
            character: The character of the chat; None for the assistant.
            set_note: Is called with a new note, which is saved already, to tell the model of it.
                An empty note means the character's own.
            is_saved: The chat still exists after the program has ended.
        """
        self._library = library
        self._get_chat_id = get_chat_id
        self._character = character
        self._set_note = set_note
        self._is_saved = is_saved

    def run(self, command: SlashCommand, argument: str) -> str | None:
        """Run a command, and return its notice. Return None if it is not one of these commands."""
        handler = {
            "note": self._run_note,
            "system": self._run_system,
            "title": self._run_title,
            "save": self._run_save,
            "export": self._run_save,
        }.get(command.name)
        return handler(argument) if handler is not None else None

    def _run_note(self, text: str) -> str:
        self._change_note("" if text == _EMPTY_TEXT else text)
        return _("Takes effect with your next message.")

    def _run_system(self, text: str) -> str:
        if self._character is not None:
            raise UsageError(
                _("/system only works with the Assistant."), _("For characters, use /note.")
            )
        self._change_note("" if text == _EMPTY_TEXT else text)
        return _("System prompt updated.")

    def _change_note(self, note: str) -> None:
        self._library.chats.set_note(self._get_chat_id(), note)
        self._set_note(note)

    def _run_title(self, text: str) -> str:
        self._library.chats.rename_chat(self._get_chat_id(), text)
        return _("Chat renamed.")

    def _run_save(self, argument: str) -> str:
        if not argument and not self._is_saved:
            raise UsageError(
                _("This chat isn't saved."),
                _("Use /save FILE to export the chat, or start with --save to save automatically."),
            )
        if not argument:
            return _("Chats are saved automatically.")
        file, chat = paths.expand_user(argument), self._library.chats.get_chat(self._get_chat_id())
        remark = write_chat(self._library, chat, file, advice=_("Choose another name."))
        notice = _("Exported to {file}.").format(file=one_line(str(file)))
        return join_sentences(notice, remark)
