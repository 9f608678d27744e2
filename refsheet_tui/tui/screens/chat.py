"""The chat with one character."""

from __future__ import annotations

from contextlib import aclosing, suppress
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Footer, Static
from textual.worker import Worker

from refsheet_tui import paths
from refsheet_tui.characters.library import KeptCharacter
from refsheet_tui.chats.files import write_chat
from refsheet_tui.chats.messages import Message
from refsheet_tui.chats.shelf import Chat
from refsheet_tui.errors import RefsheetError, StorageError
from refsheet_tui.prompting import Turn
from refsheet_tui.text import clean, one_line
from refsheet_tui.tui.clipboard import copy
from refsheet_tui.tui.commands import escaped, is_command, parsed, unescaped
from refsheet_tui.tui.guarded import guarded
from refsheet_tui.tui.messages import ChatWanted
from refsheet_tui.tui.session import Session
from refsheet_tui.tui.talk import Outcome, Talk, Wish
from refsheet_tui.tui.widgets.activity import Activity
from refsheet_tui.tui.widgets.bubbles import Bubble, Note, ReplyBubble, Said
from refsheet_tui.tui.widgets.composer import Composer
from refsheet_tui.tui.widgets.heading import DemoNotice, Heading
from refsheet_tui.tui.widgets.history import History
from refsheet_tui.tui.widgets.portrait import Portrait

# Seconds after the last key until what is typed is kept.
_DRAFT_S = 0.5


class ChatScreen(Screen[None]):
    # From so many columns on the picture has room beside the chat.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (90, "-wide")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "Stop"),
        Binding("ctrl+r", "again", "Again"),
        Binding("alt+left", "swipe(-1)", "Swipe", key_display="alt+←→"),
        Binding("alt+right", "swipe(1)", "The next reply", show=False),
        Binding("ctrl+g", "more", "Go on", show=False),
        Binding("alt+z", "undo", "Undo deleting", show=False),
        Binding("ctrl+n", "new", "New chat"),
        Binding("ctrl+up", "earlier", "Earlier messages", show=False),
        Binding("ctrl+o", "back", "Home"),
    ]

    def __init__(self, kept: KeptCharacter, chat: Chat, session: Session) -> None:
        super().__init__()
        self._kept = kept
        self._session = session
        self._talk = Talk(session, kept, chat)
        self._draft = chat.draft
        self._draft_timer: Timer | None = None
        self._unsaid: list[str] = []
        self._sending: tuple[str, ...] = ()
        self._worker: Worker[None] | None = None
        self._is_settling = False
        self._was_stopped = False
        self._is_left = True
        self._wished: Wish | None = None
        self._edited: Message | None = None
        self._deleted: list[Message] = []
        # Kept at hand: a reply may end when the screen is being taken apart.
        self._said = History(self._talk.character.name, self._talk.way.place)
        self._activity = Activity()
        self._composer = Composer(f"Message {self._talk.character.name}…")

    @property
    def number(self) -> int:
        """That of the chat."""
        return self._talk.chat

    @property
    def replying(self) -> bool:
        return self._worker is not None

    @property
    def conversation_turns(self) -> tuple[Turn, ...]:
        """What was said so far, as the model knows it."""
        return self._talk.turns

    def compose(self) -> ComposeResult:
        character = self._talk.character
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

    async def on_mount(self) -> None:
        self._composer.give_back(self._draft)
        self._talk.begin()
        await self._said.show(self._talk.way.path)
        self._composer.focus()

    def on_screen_resume(self) -> None:
        """Also when help is closed: a greeting that the person stopped stays stopped."""
        comes_in, self._is_left = self._is_left, False
        if self._unsaid or not (self._talk.way.path or self._was_stopped or self._deleted):
            self._wished = "answer" if self._is_settling else None  # stopped, and then begun anew
            self._answer("answer")
        elif not self.replying:
            path = self._talk.way.path
            if comes_in and path and path[-1].was_cut_off:
                self._answer("more")
            else:
                self._read_ahead()

    @guarded
    async def on_composer_sent(self, message: Composer.Sent) -> None:
        """Answer at once, or when the reply that is being written is done."""
        text = clean(message.text).strip()
        if is_command(text):
            await self._command(text)
            return
        text = unescaped(text)
        edited = self._edited
        if edited is not None and self.replying:
            self._composer.give_back(message.text)
            self._is_busy()
            return
        self._end_edit()
        if edited is not None and edited.role == "model":
            self._talk.way.rewrite(edited, text)
            await self._show_path()
            return
        if edited is not None:
            path = self._talk.way.path
            await self._said.show(path[: [each.id for each in path].index(edited.id)])
        self._unsaid.append(text)
        await self._add(Bubble("You", text))
        self._answer("answer", edited)

    async def _command(self, text: str) -> None:
        try:
            command, argument = parsed(text)
            if command.action:
                await self.run_action(command.action)
            elif command.name == "note":
                self._talk.set_note("" if argument == "-" else argument)
                self.notify("It counts from your next message on.", timeout=4)
            elif command.name == "title":
                self._session.library.chats.rename(self.number, argument)
                self.notify("The chat is called so now.", timeout=4)
            else:
                file = paths.typed(argument)
                library = self._session.library
                remark = write_chat(
                    library, library.chats.get(self.number), file, advice="Give another name."
                )
                self.notify(f"Written to {one_line(str(file))}. {remark}", markup=False)
        except RefsheetError as error:
            self._composer.give_back(text)
            self.notify(str(error), severity="error", markup=False, timeout=8)

    @guarded
    async def on_said_wanted(self, wanted: Said.Wanted) -> None:
        """What is done with one message."""
        if wanted.what == "copy":
            await copy(self.app, wanted.said.text)
            self.notify("Copied.", timeout=2)
            return
        if self._is_busy():
            return
        message = self._talk.message(wanted.said.message)
        if wanted.what == "edit":
            self._begin_edit(message)
            return
        if wanted.what == "delete":
            self._talk.way.delete(message)
            self._deleted.append(message)
            self.notify("Deleted, with all that came of it. alt+z brings it back.", timeout=6)
        else:
            self._talk.way.open(message.id)
            self.notify("What you say now begins a branch; nothing is lost.", timeout=4)
        await self._show_path()
        self._composer.focus()

    @guarded
    async def action_undo(self) -> None:
        """Bring back what was deleted last."""
        if self._deleted and not self._is_busy():
            self._talk.way.undelete(self._deleted.pop())
            await self._show_path()

    def action_edit(self) -> None:
        """Say something else in place of the last message of one's own."""
        own = [message for message in self._talk.way.path if message.role == "user"]
        if not self._is_busy() and own:
            self._begin_edit(own[-1])

    def _begin_edit(self, message: Message, text: str | None = None) -> None:
        """What was typed and not sent waits until the edit ends."""
        self._keep_draft()
        self._edited = message
        self._composer.text = escaped(message.text) if text is None else text
        self._composer.focus()
        self._activity.end("editing: enter puts it in its place, esc leaves it as it was")

    async def _show_path(self) -> None:
        await self._said.show(self._talk.way.path)
        self._read_ahead()

    def on_text_area_changed(self) -> None:
        if self._draft_timer is not None:
            self._draft_timer.stop()
        self._draft_timer = self.set_timer(_DRAFT_S, self._keep_draft)

    def action_stop(self) -> None:
        """What was written until now stays."""
        if self._edited is not None:
            self._end_edit()
            return
        self._was_stopped = True
        # A reply that is being settled has ended: to stop it again would cut its tidying short.
        if self._worker is not None and not self._is_settling:
            self._is_settling = True
            self._worker.cancel()

    def _end_edit(self) -> None:
        if self._edited is not None:
            self._edited = None
            self._composer.text = self._draft
            self._activity.end()

    def action_again(self) -> None:
        """Another reply beside the last."""
        self._wish("another")

    def action_more(self) -> None:
        """Let the last reply go on."""
        if self._said.last_reply is None:
            self.notify("There is no reply that could go on.", markup=False, timeout=3)
        else:
            self._wish("more")

    @guarded
    async def action_swipe(self, step: int) -> None:
        """The reply before or after the last one; past the end a new one."""
        if self._is_busy():
            return
        if self._talk.way.swipe(step):
            await self._show_path()
        elif step > 0:
            self._wish("another")
        else:
            self.notify("There is no reply before this one.", markup=False, timeout=3)

    async def action_earlier(self) -> None:
        await self._said.show_more()

    def action_new(self) -> None:
        """Another chat with the same character; this one stays."""
        self.post_message(ChatWanted(self._kept, new=True))

    def action_back(self) -> None:
        self.leave()
        self.app.pop_screen()

    def leave(self) -> None:
        """The model can speak for one character at a time; what was typed is kept."""
        self._end_edit()
        self.action_stop()
        self._was_stopped, self._is_left = False, True
        self._keep_draft()

    def _wish(self, wish: Wish) -> None:
        if not self._is_busy():
            self._answer(wish)

    def _is_busy(self) -> bool:
        """Whether something else has to end first, which is said."""
        if self._edited is not None:
            self.notify("Send what you edit, or leave it with esc.", markup=False, timeout=3)
        elif self.replying:
            self.notify("Wait for the reply, or stop it with esc.", markup=False, timeout=3)
        return self.replying or self._edited is not None

    def _keep_draft(self) -> None:
        """So that it is there after whatever happens to the program: what is typed, and what was
        sent and is in no chat yet."""
        if self._edited is not None:
            return
        text = "\n".join(filter(None, (*self._sending, *self._unsaid, self._composer.text)))
        if text != self._draft:
            self._draft = text
            # Another program may be writing for long: the next key tries again.
            with suppress(StorageError):
                self._session.library.chats.keep_draft(self.number, text)

    def _answer(self, wish: Wish, instead_of: Message | None = None) -> None:
        """Answer what was said since the last reply; without that, as is wished."""
        if not self.replying:
            self.query(Note).remove()
            said, self._unsaid = tuple(self._unsaid), []
            self._sending = said
            self._is_settling, self._wished = False, None
            reply = self._reply("answer" if said else wish, said, instead_of)
            self._worker = self.run_worker(reply, group="reply")

    def _read_ahead(self) -> None:
        if self.is_running:
            self.run_worker(self._talk.prewarm(), group="prewarm", exclusive=True)

    async def _reply(self, wish: Wish, said: tuple[str, ...], instead_of: Message | None) -> None:
        replaced = self._said.last_reply if wish != "answer" else None
        begun = replaced.text if wish == "more" and replaced is not None else ""
        bubble = ReplyBubble(self._talk.character.name)
        outcome = Outcome()
        unseen = begun.rstrip()
        try:
            reply = self._talk.reply(wish, said, outcome, self._activity, instead_of)
            async with aclosing(reply) as pieces:
                async for piece in pieces:
                    unseen += piece
                    if not outcome.wrote:  # only blanks until now
                        continue
                    self._sending = ()
                    if not bubble.is_attached:
                        await self._add(bubble)
                        if replaced is not None:
                            await replaced.remove()
                    bubble.write(unseen)
                    unseen = ""
        finally:
            self._is_settling = True
            try:
                self._sending = ()
                if self.is_running:
                    await self._settle(bubble, said, outcome, instead_of)
            finally:
                self._worker = None
        if (self._unsaid or self._wished) and self.is_current:
            self._answer(self._wished or "answer")
        else:
            self._read_ahead()

    async def _settle(
        self,
        bubble: ReplyBubble,
        said: tuple[str, ...],
        outcome: Outcome,
        instead_of: Message | None,
    ) -> None:
        path = self._talk.way.path
        if bubble.is_attached and path:
            bubble.settle(path[-1].id, self._said.mark(path[-1]))
        self._said.number(path)
        if outcome.wrote and not self._unsaid:
            await self._said.show(path)  # a reply of several messages is one now
        if outcome.note or outcome.stopped or not outcome.wrote:
            await self._give_back(() if outcome.wrote else said)
            if not outcome.wrote:
                await self._said.show(self._talk.way.path)
                if instead_of is not None and said:
                    text, self._composer.text = self._composer.text, ""
                    self._begin_edit(instead_of, text)
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
            self._composer.give_back("\n".join(map(escaped, unanswered)))
            self._keep_draft()

    async def _add(self, widget: Bubble | ReplyBubble | Note) -> None:
        if self._said.is_attached:  # not any more when the person leaves while a reply ends
            await self._said.mount(widget)
