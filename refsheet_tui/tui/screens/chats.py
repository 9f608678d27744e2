"""All chats, and everything that was said in them and about characters."""

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

from refsheet_tui.characters.search import CharacterMatch
from refsheet_tui.characters.search import search as search_characters
from refsheet_tui.chats.library import Library
from refsheet_tui.chats.search import Match, search
from refsheet_tui.chats.shelf import Chat
from refsheet_tui.i18n import N_, _
from refsheet_tui.storage.matching import Excerpt
from refsheet_tui.tui.dialogs.guarded import guarded
from refsheet_tui.tui.translation.translated_screen import Translated
from refsheet_tui.untrusted import one_line

_MOST = 200
_HELP = N_("type to search everything that was said · enter opens · ctrl+d deletes · esc")


@dataclass(frozen=True)
class Choice:
    """A chat, or a message of one, or a character, by their numbers."""

    kind: Literal["chat", "character"]
    number: int
    message: int | None = None


class ChatsScreen(Translated[Choice | None], ModalScreen[Choice | None]):
    """Ends with what was chosen, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", N_("Close"), id="chats.close"),
        Binding(
            "ctrl+d", "delete", N_("Delete"), priority=True, id="chats.delete"
        ),  # a key of the field's, too
        Binding("alt+z", "undo", N_("Undo deleting"), show=False, id="chats.undo"),
        Binding("down", "step(1)", N_("Down"), show=False, id="chats.down"),
        Binding("up", "step(-1)", N_("Up"), show=False, id="chats.up"),
    ]

    def __init__(self, library: Library, opened: Sequence[int], deleted: list[int]) -> None:
        """`opened` can't be deleted; `deleted` is what was, the last at its end, and grows."""
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
        """The list moves while the person types."""
        listed = self.query_one(OptionList)
        listed.action_cursor_down() if step > 0 else listed.action_cursor_up()

    @guarded
    async def action_delete(self) -> None:
        listed = self.query_one(OptionList)
        if listed.highlighted is None:
            return
        chosen = _choice(listed.get_option_at_index(listed.highlighted))
        if chosen.number in self._opened:
            self.notify(_("This chat is open. Leave it first: ctrl+o."), timeout=4)
        elif chosen.kind == "chat":
            self._library.chats.delete(chosen.number)
            self._deleted.append(chosen.number)
            self._show(self.query_one(Input).value, listed.highlighted)
            self.notify(_("The chat is deleted. alt+z brings it back."), timeout=6)

    @guarded
    async def action_undo(self) -> None:
        if self._deleted:
            self._library.chats.undelete(self._deleted[-1])
            self._deleted.pop()
            self._show(self.query_one(Input).value)

    def _show(self, words: str, at: int = 0) -> None:
        listed = self.query_one(OptionList)
        listed.clear_options()
        if words.strip():
            database = self._library.database
            people = search_characters(database, words, _MOST)
            said = search(database, words, _MOST)
            listed.add_options([*map(_person, people), *map(_match, said)])
        else:
            chats = self._library.chats.latest(_MOST)
            listed.add_options([self._chat(chat) for chat in chats])
        if listed.option_count:
            listed.highlighted = min(at, listed.option_count - 1)

    def _chat(self, chat: Chat) -> Option:
        line = Text.assemble(
            (f"{_when(chat.used)}  ", "dim"),
            (f"{self._name_of(chat.version)}  ", "bold"),
            chat.title or "…",
        )
        return Option(line, id=f"chat-{chat.id}")

    def _name_in(self, version: int | None) -> str:
        if version is None:
            return _("Assistant")
        return one_line(self._library.characters.at(version).profile.name)


def _person(match: CharacterMatch) -> Option:
    line = Text.assemble((_("character") + "  ", "dim"), _highlighted(match.excerpt))
    return Option(line, id=f"character-{match.character}")


def _match(match: Match) -> Option:
    line = Text.assemble((f"{_when(match.created)}  ", "dim"), _highlighted(match.excerpt))
    return Option(line, id=f"chat-{match.chat}-{match.message}")


def _highlighted(excerpt: Excerpt) -> Text:
    return Text.assemble(excerpt.before, (excerpt.found, "bold reverse"), excerpt.after)


def _choice(option: Option) -> Choice:
    kind, number, *more = str(option.id).split("-")
    message = int(more[0]) if more else None
    return Choice("chat" if kind == "chat" else "character", int(number), message)


def _when(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M}"
