"""A dialog that lists all chats, and searches messages and characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import ClassVar, Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from refsheet_tui.characters import CharacterMatch, search_characters as search_characters
from refsheet_tui.chats import Chat, Library, MessageMatch, search_messages
from refsheet_tui.i18n import N_, _
from refsheet_tui.storage import Excerpt
from refsheet_tui.tui.dialogs.show_errors import show_errors
from refsheet_tui.tui.translation.translated_screen import TranslatedScreen
from refsheet_tui.untrusted import one_line

_MOST = 200
_HELP = N_("Type to search all messages · Enter to open · Ctrl+D to delete · Esc to close")


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

    def __init__(self, library: Library, opened: Sequence[int], deleted: list[int]) -> None:
        """List the chats of `library`.

        Args:
            library: The library.
            opened: Numbers of open chats, which can't be deleted.
            deleted: Numbers of deleted chats, the latest last. The dialog adds to this list.
        """
        super().__init__()
        self._library = library
        self._opened = opened
        self._deleted = deleted
        self._name_of = lru_cache(maxsize=None)(self._name_in)

    def compose(self) -> ComposeResult:
        with Vertical(id="chats"):
            yield Input(placeholder=_("Search"), id="chats-search")
            yield OptionList(id="chats-list", markup=False)
            yield Static(_(_HELP), id="chats-help", markup=False)

    def on_mount(self) -> None:
        self._show("")

    async def retranslate(self) -> None:
        await super().retranslate()
        self._show(self.query_one(Input).value)

    def on_input_changed(self, message: Input.Changed) -> None:
        self._show(message.value)

    def on_input_submitted(self) -> None:
        self.query_one(OptionList).action_select()

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        self.dismiss(_choice(message.option))

    def action_close(self) -> None:
        self.dismiss(None)

    def action_step(self, step: int) -> None:
        """Move in the list, while the search field has the focus."""
        listed = self.query_one(OptionList)
        listed.action_cursor_down() if step > 0 else listed.action_cursor_up()

    @show_errors
    async def action_delete(self) -> None:
        listed = self.query_one(OptionList)
        if listed.highlighted is None:
            return
        chosen = _choice(listed.get_option_at_index(listed.highlighted))
        if chosen.number in self._opened:
            self.notify(_("Can't delete the open chat. Press Ctrl+O to leave it first."), timeout=4)
        elif chosen.kind == "chat":
            self._library.chats.delete_chat(chosen.number)
            self._deleted.append(chosen.number)
            self._show(self.query_one(Input).value, listed.highlighted)
            self.notify(_("Chat deleted. Alt+Z to undo."), timeout=6)

    @show_errors
    async def action_undo(self) -> None:
        if self._deleted:
            self._library.chats.undelete_chat(self._deleted[-1])
            self._deleted.pop()
            self._show(self.query_one(Input).value)

    def _show(self, words: str, at: int = 0) -> None:
        listed = self.query_one(OptionList)
        listed.clear_options()
        if words.strip():
            database = self._library.database
            people = search_characters(database, words, _MOST)
            said = search_messages(database, words, _MOST)
            listed.add_options([*map(_person, people), *map(_match, said)])
        else:
            chats = self._library.chats.latest_chats(_MOST)
            listed.add_options([self._chat(chat) for chat in chats])
        if listed.option_count:
            listed.highlighted = min(at, listed.option_count - 1)

    def _chat(self, chat: Chat) -> Option:
        line = Text.assemble(
            (f"{_when(chat.last_used)}  ", "dim"),
            (f"{self._name_of(chat.character_version)}  ", "bold"),
            chat.title or "…",
        )
        return Option(line, id=f"chat-{chat.id}")

    def _name_in(self, version: int | None) -> str:
        if version is None:
            return _("Assistant")
        return one_line(self._library.characters.get_version(version).profile.name)


def _person(match: CharacterMatch) -> Option:
    line = Text.assemble((_("Character") + "  ", "dim"), _highlighted(match.excerpt))
    return Option(line, id=f"character-{match.character}")


def _match(match: MessageMatch) -> Option:
    line = Text.assemble((f"{_when(match.created)}  ", "dim"), _highlighted(match.excerpt))
    return Option(line, id=f"chat-{match.chat}-{match.message}")


def _highlighted(excerpt: Excerpt) -> Text:
    return Text.assemble(excerpt.before, (excerpt.match, "bold reverse"), excerpt.after)


def _choice(option: Option) -> ChatSelection:
    kind, number, *more = str(option.id).split("-")
    message = int(more[0]) if more else None
    return ChatSelection("chat" if kind == "chat" else "character", int(number), message)


def _when(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M}"
