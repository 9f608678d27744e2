"""Beside a chat: whom it is held with, the other chats with them, and what the model holds in
view."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from time import time

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from refsheet_tui.characters import Character
from refsheet_tui.chats.shelf import Chat
from refsheet_tui.engine import Event, Finished, Reading, Timings
from refsheet_tui.i18n import _
from refsheet_tui.tui.messages import ChatChosen
from refsheet_tui.tui.widgets.portrait import Portrait

_BAR = 12  # cells


class ChatSide(Vertical):
    """Fed with what the engine tells."""

    def __init__(self, character: Character | None, name: str) -> None:
        """`character` None: a plain assistant, called `name`."""
        super().__init__(id="chat-side")
        self._character = character
        self._who = name
        self._meter = Static(id="chat-meter", markup=False)
        self._speed = Static(id="chat-speed", markup=False)
        self._context_size = 0
        self._tokens: int | None = None
        self._timings: Timings | None = None

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
        """`name` is the assistant's in another language."""
        self.query_one("#side-name", Static).update(Text(name))
        self.query_one(".side-title", Static).update(_("Chats"))
        self._show()

    def show_chats(self, chats: Sequence[Chat], current: int) -> None:
        """The one used last first."""
        listed = self.query_one(OptionList)
        listed.clear_options()
        listed.add_options([_option(chat, chat.id == current) for chat in chats])

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        self.post_message(ChatChosen(int(str(message.option.id))))

    def holds(self, context_size: int) -> None:
        """How many tokens the model can have in view."""
        self._context_size = context_size

    def event(self, event: Event) -> None:
        if isinstance(event, Reading):
            self._tokens = event.total
        elif isinstance(event, Finished) and event.prompt_tokens:
            self._tokens, self._timings = event.prompt_tokens + event.new_tokens, event.timings
        else:
            return
        self._show()

    def _show(self) -> None:
        if self._context_size and self._tokens is not None:
            full = round(_BAR * min(1.0, self._tokens / self._context_size))
            used = _("{used} of {size}").format(
                used=_thousands(self._tokens), size=_thousands(self._context_size)
            )
            self._meter.update(f"{_('context')} {'▓' * full}{'░' * (_BAR - full)} {used}")
        timings = self._timings
        if timings is not None:
            speed = _("{speed} tokens/s").format(speed=f"{timings.write_tps:.1f}")
            first = _("first word after {seconds} s").format(seconds=f"{timings.first_token_s:.1f}")
            self._speed.update("\n".join((speed, first) if timings.write_tps else (first,)))


def _option(chat: Chat, is_current: bool) -> Option:
    used, now = datetime.fromtimestamp(chat.used), datetime.fromtimestamp(time())
    when = f"{used:%H:%M}" if used.date() == now.date() else f"{used:%m-%d}"
    line = Text.assemble(
        ("• " if is_current else "  ", "bold"), (f"{when} ", "dim"), chat.title or "…"
    )
    return Option(line, id=str(chat.id))


def _thousands(tokens: int) -> str:
    return f"{tokens / 1000:.1f}k" if tokens >= 1000 else str(tokens)
