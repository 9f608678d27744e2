"""A dialog that lists all chats, and searches messages and characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import ClassVar, Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from refsheet_tui.characters import CharacterMatch, search_characters as search_characters
from refsheet_tui.chats import (
    Chat,
    Library,
    MessageMatch,
    find_character_version,
    import_chat,
    read_chat,
    search_messages,
)
from refsheet_tui.i18n import N_, _, join_sentences
from refsheet_tui.storage import Excerpt
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.dialogs.show_errors import show_errors
from refsheet_tui.tui.translation.translated_screen import TranslatedScreen
from refsheet_tui.tui.widgets.chat_search import ChatSearch
from refsheet_tui.untrusted import one_line

_MAX_RESULTS = 200
_PLACEHOLDER = N_("Search, or drop a chat file to import it")
_HELP = N_("Enter to open · Ctrl+D to delete the chat · Esc to close")


@dataclass(frozen=True)
class ChatSelection:
    """A chosen chat, message or character, by number."""

    kind: Literal["chat", "character"]
    number: int
    message: int | None = None


class ChatsScreen(TranslatedScreen[ChatSelection | None], ModalScreen[ChatSelection | None]):
    """A dialog whose result is the choice, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", N_("Close"), id="chats.close"),
        Binding(
            "ctrl+d", "delete", N_("Delete"), priority=True, id="chats.delete"
        ),  # the search field uses this key, too
        Binding("alt+z", "undo", N_("Undo deletion"), show=False, id="chats.undo"),
        Binding("down", "step(1)", N_("Down"), show=False, id="chats.down"),
        Binding("up", "step(-1)", N_("Up"), show=False, id="chats.up"),
    ]

    def __init__(
        self, library: Library, open_chats: Sequence[int], deleted_chats: list[int]
    ) -> None:
        """List the chats of `library`.

        Args:
            library: The library.
            open_chats: Numbers of open chats, which can't be deleted.
            deleted_chats: Numbers of deleted chats, the latest last. The dialog adds to this list.
        """
        super().__init__()
        self._library = library
        self._open_chats = open_chats
        self._deleted_chats = deleted_chats
        self._cached_name = lru_cache(maxsize=None)(self._character_name)

    def compose(self) -> ComposeResult:
        with Vertical(id="chats"):
            yield ChatSearch(placeholder=_(_PLACEHOLDER), id="chats-search")
            yield OptionList(id="chats-list", markup=False)
            yield Static(_(_HELP), id="chats-help", markup=False)

    def on_mount(self) -> None:
        self._show_results("")

    async def retranslate(self) -> None:
        await super().retranslate()
        self._show_results(self.query_one(Input).value)

    def on_input_changed(self, message: Input.Changed) -> None:
        self._show_results(message.value)

    @show_errors
    async def on_chat_search_files_dropped(self, message: ChatSearch.FilesDropped) -> None:
        """Import dropped chat files, and say what was left out of each."""
        for path in message.files:
            file = await in_thread(partial(read_chat, path))
            version = find_character_version(self._library, file.chat)
            await in_thread(partial(import_chat, self._library, file.chat, version))
            notice = join_sentences(
                _("Chat imported. Press Enter to open it."), file.omissions.describe()
            )
            self.notify(notice, markup=False, timeout=8)
            self.query_one(Input).value = ""
            self._show_results("")

    def on_input_submitted(self) -> None:
        self.query_one(OptionList).action_select()

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        self.dismiss(_parse_selection(message.option))

    def action_close(self) -> None:
        self.dismiss(None)

    def action_step(self, step: int) -> None:
        """Move in the list, while the search field has the focus."""
        option_list = self.query_one(OptionList)
        option_list.action_cursor_down() if step > 0 else option_list.action_cursor_up()

    @show_errors
    async def action_delete(self) -> None:
        option_list = self.query_one(OptionList)
        if option_list.highlighted is None:
            return
        selection = _parse_selection(option_list.get_option_at_index(option_list.highlighted))
        if selection.number in self._open_chats:
            self.notify(_("Can't delete the open chat. Press Ctrl+O to leave it first."), timeout=4)
        elif selection.kind == "chat":
            self._library.chats.delete_chat(selection.number)
            self._deleted_chats.append(selection.number)
            self._show_results(self.query_one(Input).value, option_list.highlighted)
            self.notify(_("Chat deleted. Alt+Z to undo."), timeout=6)

    @show_errors
    async def action_undo(self) -> None:
        if self._deleted_chats:
            self._library.chats.undelete_chat(self._deleted_chats[-1])
            self._deleted_chats.pop()
            self._show_results(self.query_one(Input).value)

    def _show_results(self, query: str, index: int = 0) -> None:
        option_list = self.query_one(OptionList)
        option_list.clear_options()
        if query.strip():
            database = self._library.database
            characters = search_characters(database, query, _MAX_RESULTS)
            messages = search_messages(database, query, _MAX_RESULTS)
            option_list.add_options(
                [*map(_character_option, characters), *map(_message_option, messages)]
            )
        else:
            chats = self._library.chats.latest_chats(_MAX_RESULTS)
            option_list.add_options([self._chat_option(chat) for chat in chats])
        if option_list.option_count:
            option_list.highlighted = min(index, option_list.option_count - 1)

    def _chat_option(self, chat: Chat) -> Option:
        line = Text.assemble(
            (f"{_format_time(chat.last_used)}  ", "dim"),
            (f"{self._cached_name(chat.character_version)}  ", "bold"),
            chat.title or "…",
        )
        return Option(line, id=f"chat-{chat.id}")

    def _character_name(self, version: int | None) -> str:
        if version is None:
            return _("Assistant")
        return one_line(self._library.characters.get_version(version).profile.name)


def _character_option(match: CharacterMatch) -> Option:
    line = Text.assemble((_("Character") + "  ", "dim"), _highlight_match(match.excerpt))
    return Option(line, id=f"character-{match.character}")


def _message_option(match: MessageMatch) -> Option:
    line = Text.assemble(
        (f"{_format_time(match.created)}  ", "dim"), _highlight_match(match.excerpt)
    )
    return Option(line, id=f"chat-{match.chat}-{match.message}")


def _highlight_match(excerpt: Excerpt) -> Text:
    return Text.assemble(excerpt.before, (excerpt.match, "bold reverse"), excerpt.after)


def _parse_selection(option: Option) -> ChatSelection:
    kind, number, *more = str(option.id).split("-")
    message = int(more[0]) if more else None
    return ChatSelection("chat" if kind == "chat" else "character", int(number), message)


def _format_time(timestamp: float) -> str:
    return f"{datetime.fromtimestamp(timestamp):%Y-%m-%d %H:%M}"
