"""The sidebar of a chat: the character, its other chats, and the use of the context."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from time import time

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from refsheet_tui.characters import Character
from refsheet_tui.chats import Chat
from refsheet_tui.i18n import _
from refsheet_tui.tui.messages import OpenChat
from refsheet_tui.tui.session import ContextUsage, EngineState
from refsheet_tui.tui.widgets.portrait import Portrait

_BAR = 24  # cells


class ChatSidebar(Vertical):
    """The sidebar, which is updated whenever the engine's state changes."""

    def __init__(
        self, character: Character | None, name: str, usage: Callable[[], ContextUsage]
    ) -> None:
        """Show a chat with `character`, or with the assistant if it is None.

        Args:
            character: The character.
            name: The name of the character or the assistant.
            usage: Returns how much of the context the chat takes.
        """
        super().__init__(id="chat-side")
        self._character = character
        self._who = name
        self._meter = Static(id="chat-meter", markup=False)
        self._speed = Static(id="chat-speed", markup=False)
        self._usage = usage
        self._context_size = 0
        self._shown: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        if self._character is not None:
            yield Portrait(self._character.sheet)
        yield Static(Text(self._who), id="side-name", classes="card-name")
        if self._character is not None:
            yield Static(Text(self._character.description), classes="card-description")
        yield Static(_("Chats"), classes="side-title", markup=False)
        yield OptionList(id="chat-list", markup=False)
        yield self._meter
        yield self._speed

    def retranslate(self, name: str) -> None:
        """Translate the texts. `name` is the assistant's name in another language."""
        self.query_one("#side-name", Static).update(Text(name))
        self.query_one(".side-title", Static).update(_("Chats"))
        self._show()

    def show_chats(self, chats: Sequence[Chat], current: int) -> None:
        """List `chats`, and mark the one with the number `current`."""
        listed = self.query_one(OptionList)
        listed.clear_options()
        listed.add_options([_option(chat, chat.id == current) for chat in chats])

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        self.post_message(OpenChat(int(str(message.option.id))))

    def on_mount(self) -> None:
        self.watch(self.app, "engine_state", self._engine_changed)

    def _engine_changed(self, state: EngineState) -> None:
        if state.info is not None:
            self._context_size = state.info.context_size
        usage = self._usage()
        shown = (self._context_size, usage.tokens, usage.timings)
        # The state changes all the time while a reply is written, in the chats behind this one too,
        # and each update lays out the screen.
        if shown != self._shown:
            self._shown = shown
            self._show()

    def _show(self) -> None:
        tokens, timings = self._usage().tokens, self._usage().timings
        if self._context_size and tokens is not None:
            full = round(_BAR * min(1.0, tokens / self._context_size))
            used = _("{used} of {size} tokens").format(
                used=f"{tokens:,}", size=f"{self._context_size:,}"
            )
            self._meter.update(f"{_('Context')} {'▓' * full}{'░' * (_BAR - full)}\n{used}")
        if timings is not None:
            speed = _("{speed} tokens/s").format(speed=f"{timings.write_tps:.1f}")
            first = _("{seconds} s to first token").format(seconds=f"{timings.first_token_s:.1f}")
            self._speed.update("\n".join((speed, first) if timings.write_tps else (first,)))


def _option(chat: Chat, is_current: bool) -> Option:
    used, now = datetime.fromtimestamp(chat.last_used), datetime.fromtimestamp(time())
    when = f"{used:%H:%M}" if used.date() == now.date() else f"{used:%m-%d}"
    line = Text.assemble(
        ("• " if is_current else "  ", "bold"), (f"{when} ", "dim"), chat.title or "…"
    )
    return Option(line, id=str(chat.id))
