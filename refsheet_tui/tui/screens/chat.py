"""The chat with one character."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Static

from refsheet_tui.characters import Character
from refsheet_tui.chats import Conversation
from refsheet_tui.engine import TextDelta
from refsheet_tui.errors import EngineDiedError, RefsheetError
from refsheet_tui.prompting import Turn
from refsheet_tui.text import clean
from refsheet_tui.tui.session import Session
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
        Binding("ctrl+o", "back", "Characters"),
    ]

    def __init__(self, character: Character, session: Session) -> None:
        super().__init__()
        self._character = character
        self._session = session
        self._conversation: Conversation | None = None
        self._unsaid: list[str] = []
        self.replying = False

    @property
    def conversation_turns(self) -> tuple[Turn, ...]:
        """What was said so far."""
        return self._conversation.turns if self._conversation else ()

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
                yield VerticalScroll(id="said", can_focus=False)
                yield Activity()
                yield Composer(f"Message {character.name}…")
        yield Footer()

    def on_mount(self) -> None:
        # Follow the end, until the person scrolls away from it.
        self.query_one("#said", VerticalScroll).anchor()
        self.query_one(Composer).focus()
        self._answer()

    async def on_composer_sent(self, message: Composer.Sent) -> None:
        """Answer at once, or when the reply that is being written is done."""
        text = clean(message.text).strip()
        self._unsaid.append(text)
        self.query_one(Composer).clear()
        await self._add(Bubble(_YOU, text, own=True))
        if not self.replying:
            self._answer()

    async def action_stop(self) -> None:
        await self._session.engine.cancel()

    async def action_again(self) -> None:
        """Another reply in place of the last."""
        if self.replying:
            self.notify("Wait for the reply, or stop it with esc.", markup=False, timeout=3)
            return
        if self._conversation is not None and self._conversation.turns[-1].role == "model":
            self._conversation.forget_reply()
            replies = self.query(ReplyBubble)
            if replies:
                await replies.last().remove()
        self._answer()

    def action_back(self) -> None:
        self.app.pop_screen()

    def _answer(self) -> None:
        self.replying = True
        self.run_worker(self._speak(), group="reply")

    async def _speak(self) -> None:
        """Write what is due: the greeting, the last reply again, or answers to what was said."""
        activity = self.query_one(Activity)
        is_due = self._conversation is None or not self._unsaid
        try:
            conversation = await self._ready(activity)
            if is_due:
                await self._reply(conversation, activity)
            while self._unsaid:
                for text in self._unsaid:
                    conversation.say(text)
                self._unsaid.clear()
                await self._reply(conversation, activity)
        except RefsheetError as error:
            if isinstance(error, EngineDiedError):
                self._session.died()
            activity.end("ctrl+r tries again")
            await self._add(Note(clean(str(error))))
        finally:
            self.replying = False

    async def _reply(self, conversation: Conversation, activity: Activity) -> None:
        bubble: ReplyBubble | None = None
        problem: RefsheetError | None = None
        try:
            async with aclosing(conversation.reply()) as events:
                async for event in events:
                    activity.event(event)
                    if isinstance(event, TextDelta):
                        if bubble is None:
                            bubble = ReplyBubble(self._character.name)
                            await self._add(bubble)
                        await bubble.write(event.text)
        except RefsheetError as error:
            problem = error
        if bubble is not None:
            await bubble.settle()
        if problem is not None:
            raise problem

    async def _ready(self, activity: Activity) -> Conversation:
        """The conversation, begun when the model is there. Raises `RefsheetError`."""
        activity.begin("waiting for the model")
        info = await self._session.ready()
        if self._conversation is None:
            activity.begin("opening the picture")
            opening = await asyncio.to_thread(
                self._character.opening, info.seen_size(), pan_and_scan=self._session.pan_and_scan
            )
            self._conversation = Conversation(
                self._session.engine, self._session.generation, opening
            )
        return self._conversation

    async def _add(self, widget: Bubble | ReplyBubble | Note) -> None:
        await self.query_one("#said", VerticalScroll).mount(widget)
