"""The chat with one character."""

from __future__ import annotations

from contextlib import aclosing
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Static
from textual.worker import Worker

from refsheet_tui.characters import Character
from refsheet_tui.prompting import Turn
from refsheet_tui.text import clean
from refsheet_tui.tui.session import Session
from refsheet_tui.tui.talk import Outcome, Talk
from refsheet_tui.tui.widgets.activity import Activity
from refsheet_tui.tui.widgets.bubbles import Bubble, Note, ReplyBubble
from refsheet_tui.tui.widgets.composer import Composer
from refsheet_tui.tui.widgets.heading import DemoNotice, Heading
from refsheet_tui.tui.widgets.portrait import Portrait

_YOU = "You"


class ChatScreen(Screen[None]):
    # From so many columns on the picture has room beside the chat.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (90, "-wide")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "Stop"),
        Binding("ctrl+r", "again", "Again"),
        Binding("ctrl+o", "back", "Home"),
    ]

    def __init__(self, character: Character, session: Session) -> None:
        super().__init__()
        self._character = character
        self._talk = Talk(character, session)
        self._unsaid: list[str] = []
        self._worker: Worker[None] | None = None
        self._is_settling = False
        self._was_stopped = False
        self._is_wanted = False
        # Kept at hand: a reply may end when the screen is being taken apart.
        self._said = VerticalScroll(id="said", can_focus=False)
        self._activity = Activity()
        self._composer = Composer(f"Message {character.name}…")

    @property
    def replying(self) -> bool:
        return self._worker is not None

    @property
    def conversation_turns(self) -> tuple[Turn, ...]:
        """What was said so far."""
        return self._talk.turns

    def compose(self) -> ComposeResult:
        character = self._character
        yield Heading(f"{character.name} · {character.language.native}")
        yield DemoNotice()
        with Horizontal(id="chat"):
            with Vertical(id="chat-side"):
                yield Portrait(character.sheet)
                yield Static(Text(character.name), classes="card-name")
                yield Static(Text(character.description), classes="card-description")
            with Vertical(id="chat-main"):
                yield self._said
                yield self._activity
                yield self._composer
        yield Footer()

    def on_mount(self) -> None:
        # Follow the end, until the person scrolls away from it.
        self._said.anchor()
        self._composer.focus()

    def on_screen_resume(self) -> None:
        """Also when help is closed: a greeting that the person stopped stays stopped."""
        if self._unsaid or not (self._talk.has_begun or self._was_stopped):
            self._is_wanted = self._is_settling  # it is being stopped, and then begins anew
            self._answer()
        elif not self.replying:
            self._read_ahead()

    async def on_composer_sent(self, message: Composer.Sent) -> None:
        """Answer at once, or when the reply that is being written is done."""
        text = clean(message.text).strip()
        self._unsaid.append(text)
        await self._add(Bubble(_YOU, text, own=True))
        self._answer()

    def action_stop(self) -> None:
        """What was written until now stays."""
        self._was_stopped = True
        # A reply that is being settled has ended: to stop it again would cut its tidying short.
        if self._worker is not None and not self._is_settling:
            self._is_settling = True
            self._worker.cancel()

    def action_again(self) -> None:
        """Another reply in place of the last."""
        if self.replying:
            self.notify("Wait for the reply, or stop it with esc.", markup=False, timeout=3)
        self._answer()

    def action_back(self) -> None:
        # The model can speak for one character at a time.
        self.action_stop()
        self._was_stopped = False
        self.app.pop_screen()

    def _answer(self) -> None:
        """Answer what was said since the last reply; without that, reply again."""
        if not self.replying:
            self.query(Note).remove()
            said, self._unsaid = tuple(self._unsaid), []
            self._is_settling = self._is_wanted = False
            self._worker = self.run_worker(partial(self._reply, said), group="reply")

    def _read_ahead(self) -> None:
        if self.is_running:
            self.run_worker(self._talk.prewarm(), group="prewarm", exclusive=True)

    async def _reply(self, said: tuple[str, ...]) -> None:
        replaced = self._last_reply() if not said and self._talk.ends_with_reply else None
        bubble = ReplyBubble(self._character.name)
        outcome = Outcome()
        unseen = ""
        try:
            async with aclosing(self._talk.reply(said, outcome, self._activity)) as pieces:
                async for piece in pieces:
                    unseen += piece
                    if not outcome.wrote:  # only blanks until now
                        continue
                    if not bubble.is_attached:
                        await self._add(bubble)
                        if replaced is not None:
                            await replaced.remove()
                    await bubble.write(unseen)
                    unseen = ""
        finally:
            self._is_settling = True
            try:
                if self.is_running:
                    await self._settle(bubble, said, outcome)
            finally:
                self._worker = None
        if (self._unsaid or self._is_wanted) and self.is_current:
            self._answer()
        else:
            self._read_ahead()

    async def _settle(self, bubble: ReplyBubble, said: tuple[str, ...], outcome: Outcome) -> None:
        if bubble.is_attached:
            await bubble.settle()
        if outcome.note or outcome.stopped or not outcome.wrote:
            await self._give_back(() if outcome.wrote else said)
        if outcome.note:
            await self._add(Note(clean(outcome.note)))
        if outcome.overflow:
            self.notify(clean(outcome.overflow), markup=False, timeout=10)
        self._activity.end(outcome.summary)

    async def _give_back(self, said: tuple[str, ...]) -> None:
        """Put what stays without an answer where the person can change it and send it again."""
        unanswered = (*said, *self._unsaid)
        self._unsaid = []
        if unanswered:
            for bubble in list(self.query(Bubble))[-len(unanswered) :]:
                await bubble.remove()
            self._composer.give_back("\n".join(unanswered))

    def _last_reply(self) -> ReplyBubble | None:
        replies = self.query(ReplyBubble)
        return replies.last() if replies else None

    async def _add(self, widget: Bubble | ReplyBubble | Note) -> None:
        if self._said.is_attached:  # not any more when the person leaves while a reply ends
            await self._said.mount(widget)
