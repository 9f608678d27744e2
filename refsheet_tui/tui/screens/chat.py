"""The chat with one character, or with the model itself."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from refsheet_tui.characters.library import KeptCharacter
from refsheet_tui.chats.messages import Message
from refsheet_tui.chats.shelf import Chat
from refsheet_tui.engine import Event
from refsheet_tui.errors import RefsheetError, StorageError
from refsheet_tui.i18n import N_, _
from refsheet_tui.prompting import Turn
from refsheet_tui.tui.chat.command_runner import LineCommands
from refsheet_tui.tui.chat.controller import Outcome, Talk, Wish, Words
from refsheet_tui.tui.chat.draft import Draft
from refsheet_tui.tui.chat.reply_queue import Exchange
from refsheet_tui.tui.dialogs.guarded import guarded
from refsheet_tui.tui.messages import ChatWanted
from refsheet_tui.tui.session import Session
from refsheet_tui.tui.slash_commands import escaped, is_command, unescaped
from refsheet_tui.tui.translation.translated_screen import Translated
from refsheet_tui.tui.widgets.activity import Activity
from refsheet_tui.tui.widgets.attachments import Attachments
from refsheet_tui.tui.widgets.bubbles import Said
from refsheet_tui.tui.widgets.composer import Composer
from refsheet_tui.tui.widgets.footer import KeyLine
from refsheet_tui.tui.widgets.heading import DemoNotice, Heading
from refsheet_tui.tui.widgets.history import History
from refsheet_tui.tui.widgets.side import ChatSide
from refsheet_tui.untrusted import clean, one_line

_EDITING = N_("editing: enter puts it in its place, esc leaves it as it was")


class ChatScreen(Translated[None]):
    # From so many columns on the picture has room beside the chat.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (90, "-wide")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", N_("Stop"), id="chat.stop"),
        Binding("ctrl+r", "again", N_("Again"), id="chat.again"),
        Binding("alt+left", "swipe(-1)", N_("Swipe"), key_display="alt+←→", id="chat.before"),
        Binding("alt+right", "swipe(1)", N_("The next reply"), show=False, id="chat.after"),
        Binding("ctrl+g", "more", N_("Go on"), show=False, id="chat.more"),
        Binding("alt+v", "paste_picture", N_("Paste a picture"), show=False, id="chat.picture"),
        Binding("alt+x", "no_pictures", N_("Without pictures"), show=False, id="chat.no_pictures"),
        Binding("alt+z", "undo", N_("Undo deleting"), show=False, id="chat.undo"),
        Binding("ctrl+n", "new", N_("New chat"), id="chat.new"),
        Binding("ctrl+b", "fold", N_("Fold the side"), show=False, id="chat.fold"),
        Binding("ctrl+up", "earlier", N_("Earlier messages"), show=False, id="chat.earlier"),
        Binding("ctrl+o", "back", N_("Home"), id="chat.back"),
    ]

    def __init__(self, kept: KeptCharacter | None, chat: Chat, session: Session) -> None:
        """`kept` None: a plain assistant. Raises `PictureError`, `StorageError`."""
        super().__init__()
        self._kept = kept
        self._session = session
        library = session.library
        character = library.characters.speaking(kept) if kept is not None else None
        self._talk = Talk(session, character, chat)
        self._is_left = True
        self._wanted: int | None = None
        self._turned_back = False
        # Kept at hand: a reply may end when the screen is being taken apart.
        self._said = History(self._talk.name, self._talk.place, library.tree.picture)
        self._activity = Activity()
        self._attachments = Attachments(self._talk.refusal_of_pictures)
        self._composer = Composer(self._invitation, self._talk.own_words, self._attachments.any)
        self._commands = LineCommands(library, self._talk, self, self._attachments)
        self._side = ChatSide(character, self._talk.name)
        self._exchange = Exchange(self, self._talk, self._said, self)
        self._draft = Draft(library.chats, chat, self._composer, self._exchange.in_no_chat_yet)

    @property
    def number(self) -> int:
        """That of the chat."""
        return self._talk.chat

    @property
    def replying(self) -> bool:
        return self._exchange.replying

    @property
    def conversation_turns(self) -> tuple[Turn, ...]:
        """What was said so far, as the model knows it."""
        return self._talk.turns

    @property
    def _invitation(self) -> str:
        return _("Message {name}…").format(name=one_line(self._talk.name))

    def compose(self) -> ComposeResult:
        yield Heading(self._talk.title)
        yield DemoNotice()
        with Horizontal(id="chat"):
            yield self._side
            with Vertical(id="chat-main"):
                yield self._said
                yield self._activity
                yield self._attachments
                yield self._composer
        yield KeyLine()

    async def on_mount(self) -> None:
        self._draft.restore()
        self._talk.begin()
        await self._said.show(self._talk.way.path)
        await self._tell_unseen()
        self.watch(self.app, "engine_state", self._tell_unseen, init=False)
        self._composer.focus()

    async def _tell_unseen(self) -> None:
        """Once, and not with every reply. Between two models nothing changes."""
        if self._session.info is not None:
            await self._said.show_notice(self._talk.unseen)

    async def retranslate(self) -> None:
        """In place: what is typed, attached or being written stays."""
        self.query_one(Heading).say(self._talk.title)
        self.query_one(DemoNotice).retranslate()
        self._composer.invite(self._invitation)
        self._side.retranslate(self._talk.name)
        await self._said.retranslate(self._talk.name)
        await self._tell_unseen()
        if self._draft.edited is not None:
            self._activity.end(_(_EDITING))
        self.refresh_bindings()

    def on_screen_resume(self) -> None:
        """Also when help is closed: a greeting that the person stopped stays stopped."""
        comes_in, self._is_left = self._is_left, False
        self._show_chats()
        self.call_later(self._show_wanted)
        if self._exchange.resume() or self.replying:
            return
        if comes_in and self._talk.come_back():
            self.call_later(self._show_path)
        path = self._talk.way.path
        if comes_in and path and path[-1].was_cut_off:
            self._exchange.answer("more")
        else:
            self.rests()

    def find(self, number: int) -> None:
        """Show a message, and what came of it, as soon as there is anything to see."""
        self._wanted = number
        if self.is_current:
            self.call_later(self._show_wanted)

    @guarded
    async def _show_wanted(self) -> None:
        number, self._wanted = self._wanted, None
        if number is None or self._is_busy():
            return
        if number not in {each.id for each in self._talk.way.path}:
            self._talk.way.go_to(self._talk.message(number))
            await self._show_path()
        await self._said.show_message(number)

    def waiting(self) -> None:
        self._activity.waiting()

    def begin(self, words: str) -> None:
        self._activity.begin(words)

    def event(self, event: Event) -> None:
        self._activity.event(event)
        self._measure(event)

    def ended(self, outcome: Outcome) -> None:
        for notice in outcome.notices:
            self.notify(clean(notice), markup=False, timeout=10)
        self._activity.end(" · ".join(filter(None, (self._mark(), outcome.summary))))
        self._show_chats()
        if self._turned_back and not outcome.wrote and self._talk.come_back():
            self.call_later(self._show_path)
        self._turned_back = False

    def give_back(self, said: Sequence[Words], instead_of: Message | None) -> None:
        text = "\n".join(escaped(each.text) for each in said if each.text)
        if instead_of is not None and not self._is_left:
            self._begin_edit(instead_of, text)  # what was typed meanwhile waits behind it
        elif said:
            self._composer.give_back(text)
            for path in (path for each in said for path in each.pictures):
                self._attachments.add(path)
            self._draft.keep()

    def rests(self) -> None:
        if self.is_running and not self._is_left:  # else it would take the place of another's
            self._read_ahead()

    @work(group="prewarm", exclusive=True)
    async def _read_ahead(self) -> None:
        await self._said.show_oldest_seen(await self._talk.oldest_seen())
        await self._talk.prewarm(self._measure)

    def _measure(self, event: Event) -> None:
        info = self.app.engine_state.info  # type: ignore[attr-defined]
        self._side.holds(info.context_size if info is not None else 0)
        self._side.event(event)

    @guarded
    async def on_composer_sent(self, message: Composer.Sent) -> None:
        text = clean(message.text).strip()
        if is_command(text):
            await self._command(text)
            return
        text = unescaped(text)
        edited = self._draft.edited
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
        pictures = self._attachments.take() if edited is None else ()
        await self._exchange.say(Words(text, pictures), edited)

    async def on_composer_dropped(self, message: Composer.Dropped) -> None:
        for path in message.pictures:
            await self._attachments.attach(path)

    @guarded
    async def action_paste_picture(self) -> None:
        await self._attachments.paste()

    def action_no_pictures(self) -> None:
        self._attachments.take()

    async def _command(self, text: str) -> None:
        try:
            words = await self._commands.run(text)
            if words:
                self.notify(words, markup=False)
                self._show_chats()
        except RefsheetError as error:
            self._composer.give_back(text)
            self.notify(str(error), severity="error", markup=False, timeout=8)

    @guarded
    async def on_said_wanted(self, wanted: Said.Wanted) -> None:
        """What is done with one message."""
        if wanted.what in ("copy", "code"):
            text = wanted.said.text if wanted.what == "copy" else wanted.said.next_code()
            if text:
                self.app.copy_to_clipboard(text)
            self.notify(_("Copied.") if text else _("There is no code in it."), timeout=3)
            return
        if self._is_busy():
            return
        message = self._talk.message(wanted.said.message)
        if wanted.what == "edit":
            self._begin_edit(message)
            return
        if wanted.what == "delete":
            self._delete(message)
        else:
            self._talk.way.open(message.id)
        await self._show_path()
        self._composer.focus()
        if wanted.what == "again":
            self._turned_back = True
            self._wish("answer" if message.role == "user" else "another")
        elif wanted.what == "branch":
            self.notify(_("What you say now begins a branch; nothing is lost."), timeout=4)

    def _delete(self, message: Message) -> None:
        self._talk.way.delete(message)
        self._exchange.was_stopped = True  # what is gone on purpose does not begin anew
        self.notify(_("Deleted, with all that came of it. alt+z brings it back."), timeout=6)

    @guarded
    async def action_delete_last(self) -> None:
        """Take the last message away."""
        path = self._talk.way.path
        if path and not self._is_busy():
            self._delete(path[-1])
            await self._show_path()

    @guarded
    async def action_undo(self) -> None:
        """Bring back what was deleted last."""
        if not self._is_busy() and self._talk.way.undelete():
            await self._show_path()

    def action_edit(self) -> None:
        """Say something else in place of the last message of one's own."""
        own = [message for message in self._talk.way.path if message.role == "user"]
        if not self._is_busy() and own:
            self._begin_edit(own[-1])

    def _begin_edit(self, message: Message, text: str | None = None) -> None:
        self._draft.begin_edit(message, text)
        self._activity.end(_(_EDITING))

    def _end_edit(self) -> bool:
        if ended := self._draft.end_edit():
            self._activity.end()
        return ended

    async def _show_path(self) -> None:
        await self._said.show(self._talk.way.path)
        await self._tell_unseen()
        self.rests()

    def _show_chats(self) -> None:
        chats, kept = self._session.library.chats, self._kept
        with suppress(StorageError):  # another program is writing for long
            listed = chats.plain() if kept is None else chats.latest(character=kept.id)
            self._side.show_chats(listed, self.number)

    def on_text_area_changed(self) -> None:
        self._draft.typed()

    def action_stop(self) -> None:
        """What was written until now stays."""
        if not self._end_edit():
            self._exchange.stop()

    def action_again(self) -> None:
        """Another reply beside the last."""
        self._wish("another")

    def action_more(self) -> None:
        """Let the last reply go on."""
        if self._said.last_reply is None:
            self.notify(_("There is no reply that could go on."), timeout=3)
        else:
            self._wish("more")

    @guarded
    async def action_swipe(self, step: int) -> None:
        """The reply before or after the last one; past the end a new one."""
        if self._is_busy():
            return
        if self._talk.way.swipe(step):
            await self._show_path()
            self._activity.end(self._mark())
        elif step > 0:
            self._wish("another")
        else:
            self.notify(_("There is no reply before this one."), timeout=3)

    async def action_earlier(self) -> None:
        await self._said.show_more()

    def action_fold(self) -> None:
        """The picture and the chats beside this one; there they are from 90 columns on."""
        self._side.set_class(not self._side.has_class("-folded"), "-folded")

    def action_new(self) -> None:
        """Another chat with the same character; this one stays."""
        self.post_message(ChatWanted(self._kept, new=True))

    def action_back(self) -> None:
        self.leave()
        self.app.pop_screen()

    def leave(self) -> None:
        """The model can speak for one character at a time; what was typed is kept."""
        self._draft.leave_edit()
        self._is_left = True
        self._exchange.stop()
        self._exchange.was_stopped = False
        self.workers.cancel_group(self, "prewarm")
        self._draft.keep()

    def _wish(self, wish: Wish) -> None:
        if not self._talk.way.path and self._talk.character is None:
            self.notify(_("Say something first."), timeout=3)
        elif not self._is_busy():
            self._exchange.answer(wish)

    def _is_busy(self) -> bool:
        """Whether something else has to end first, which is said."""
        if self._draft.edited is not None:
            self.notify(_("Send what you edit, or leave it with esc."), timeout=3)
        elif self.replying:
            self.notify(_("Wait for the reply, or stop it with esc."), timeout=3)
        return self.replying or self._draft.edited is not None

    def _mark(self) -> str:
        """Which of how many the last reply is: its beginning may be far above."""
        way = self._talk.way
        return self._said.mark(way.path[-1]) if way.ends_with_reply else ""
