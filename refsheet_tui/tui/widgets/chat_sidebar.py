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

_BAR_WIDTH = 24  # cells


class ChatSidebar(Vertical):
    """The sidebar, which is updated whenever the engine's state changes."""

    def __init__(
        self, character: Character | None, name: str, get_usage: Callable[[], ContextUsage]
    ) -> None:
        """Show a chat with `character`, or with the assistant if it is None.

        Args:
            character: The character.
            name: The name of the character or the assistant.
            get_usage: Returns how much of the context the chat takes.
        """
        super().__init__(id="chat-side")
        self._character = character
        self._display_name = name
        self._context_line = Static(id="chat-meter", markup=False)
        self._speed_line = Static(id="chat-speed", markup=False)
        self._get_usage = get_usage
        self._context_size = 0
        self._shown_usage: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        if self._character is not None:
            yield Portrait(self._character.sheet)
        yield Static(Text(self._display_name), id="side-name", classes="card-name")
        if self._character is not None:
            yield Static(Text(self._character.description), classes="card-description")
        yield Static(_("Chats"), classes="side-title", markup=False)
        yield OptionList(id="chat-list", markup=False)
        yield self._context_line
        yield self._speed_line

    def retranslate(self, name: str) -> None:
        """Translate the texts. `name` is the assistant's name in another language."""
        self.query_one("#side-name", Static).update(Text(name))
        self.query_one(".side-title", Static).update(_("Chats"))
        self._show_usage()

    def show_chats(self, chats: Sequence[Chat], current: int) -> None:
        """List `chats`, and mark the one with the number `current`."""
        option_list = self.query_one(OptionList)
        option_list.clear_options()
        option_list.add_options([_option(chat, chat.id == current) for chat in chats])

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        self.post_message(OpenChat(int(str(message.option.id))))

    def on_mount(self) -> None:
        self.watch(self.app, "engine_state", self._on_engine_state)

    def _on_engine_state(self, state: EngineState) -> None:
        if state.info is not None:
            self._context_size = state.info.context_size
        usage = self._get_usage()
        usage_values = (self._context_size, usage.tokens, usage.timings)
        # The state changes all the time while a reply is written, in the chats behind this one too,
        # and each update lays out the screen.
        if usage_values != self._shown_usage:
            self._shown_usage = usage_values
            self._show_usage()

    def _show_usage(self) -> None:
        tokens, timings = self._get_usage().tokens, self._get_usage().timings
        if self._context_size and tokens is not None:
            filled = round(_BAR_WIDTH * min(1.0, tokens / self._context_size))
            text = _("{used} of {size} tokens").format(
                used=f"{tokens:,}", size=f"{self._context_size:,}"
            )
            self._context_line.update(
                f"{_('Context')} {'▓' * filled}{'░' * (_BAR_WIDTH - filled)}\n{text}"
            )
        if timings is not None:
            speed = _("{speed} tokens/s").format(speed=f"{timings.write_tps:.1f}")
            first_token = _("{seconds} s to first token").format(
                seconds=f"{timings.first_token_s:.1f}"
            )
            self._speed_line.update(
                "\n".join((speed, first_token) if timings.write_tps else (first_token,))
            )


def _option(chat: Chat, is_current: bool) -> Option:
    last_used, now = datetime.fromtimestamp(chat.last_used), datetime.fromtimestamp(time())
    time_text = f"{last_used:%H:%M}" if last_used.date() == now.date() else f"{last_used:%m-%d}"
    line = Text.assemble(
        ("• " if is_current else "  ", "bold"), (f"{time_text} ", "dim"), chat.title or "…"
    )
    return Option(line, id=str(chat.id))
