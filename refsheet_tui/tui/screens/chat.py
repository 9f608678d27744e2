"""The screen of a chat with a character or the assistant."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from refsheet_tui.characters import SavedCharacter
from refsheet_tui.chats import Branch, Chat, Message, ReplyKind, escape, is_command, unescape
from refsheet_tui.errors import RefsheetError, StorageError
from refsheet_tui.i18n import N_, _
from refsheet_tui.prompting import Turn
from refsheet_tui.tui.chat.bindings import CHAT_BINDINGS, EDIT_LABELS
from refsheet_tui.tui.chat.command_runner import CommandRunner
from refsheet_tui.tui.chat.controller import ChatController, ReplyResult, UserInput
from refsheet_tui.tui.chat.draft import Draft
from refsheet_tui.tui.chat.reply_queue import ReplyQueue
from refsheet_tui.tui.dialogs.show_errors import show_errors
from refsheet_tui.tui.messages import OpenCharacterChat
from refsheet_tui.tui.session import Session
from refsheet_tui.tui.translation.translated_screen import TranslatedScreen
from refsheet_tui.tui.widgets.activity_line import ActivityLine
from refsheet_tui.tui.widgets.attachments import Attachments
from refsheet_tui.tui.widgets.chat_message import MessageWidget
from refsheet_tui.tui.widgets.chat_sidebar import ChatSidebar
from refsheet_tui.tui.widgets.composer import Composer
from refsheet_tui.tui.widgets.footer import KeyLine
from refsheet_tui.tui.widgets.heading import DemoNotice, Heading
from refsheet_tui.tui.widgets.history import History
from refsheet_tui.untrusted import clean_text

_EDITING = N_("Editing · Enter to save · Esc to cancel")


class ChatScreen(TranslatedScreen[None]):
    # From this many columns on, the sidebar fits next to the chat.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (90, "-wide")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = CHAT_BINDINGS

    def __init__(self, character: SavedCharacter | None, chat: Chat, session: Session) -> None:
        """Show `chat` with `character`, or the assistant. Raises `PictureError`, `StorageError`."""
        super().__init__()
        self._saved_character, self._session = character, session
        library, speaker = session.library, None
        if character is not None:
            speaker = library.characters.build_character(character, chat.created)
        self._controller = ChatController(session, speaker, chat)
        self._is_away = True
        self._message_to_show: int | None = None
        self._has_moved_back = False
        # Stored here, because a reply may end while the screen is being removed.
        controller = self._controller
        self._history = History(controller.name, self._branch.position, library.tree.picture_path)
        self._activity = ActivityLine()
        self._attachments = Attachments(controller.refusal_of_pictures)
        self._composer = Composer(
            controller.placeholder, controller.user_texts, self._attachments.has_pictures
        )
        arguments = (controller, self, self._attachments, self._busy_reason)
        self._commands = CommandRunner(library, *arguments)
        self._sidebar = ChatSidebar(controller.character, controller.name, lambda: controller.usage)
        self._queue = ReplyQueue(controller, self._history, self)
        self._draft = Draft(library.chats, chat, self._composer, self._queue.unsaved_inputs)

    @property
    def number(self) -> int:
        """The number of the chat."""
        return self._controller.chat

    @property
    def replying(self) -> bool:
        """True while a reply is written."""
        return self._queue.replying

    @property
    def conversation_turns(self) -> tuple[Turn, ...]:
        """The chat as the model reads it; empty while no model is loaded."""
        return self._controller.turns

    @property
    def _branch(self) -> Branch:
        return self._controller.branch

    def describe_key(self, binding: Binding) -> str:
        label = EDIT_LABELS.get(binding.action) if self._draft.edited_message is not None else None
        return label or super().describe_key(binding)

    def compose(self) -> ComposeResult:
        yield Heading(self._controller.title)
        yield DemoNotice()
        with Horizontal(id="chat"):
            yield self._sidebar
            with Vertical(id="chat-main"):
                yield self._history
                yield self._activity
                yield self._attachments
                yield self._composer
        yield KeyLine()

    async def on_mount(self) -> None:
        self._draft.restore()
        self._controller.add_greetings()
        await self._history.show(self._branch.path)
        await self._show_unseen()
        self.watch(self.app, "engine_state", self._show_unseen, init=False)
        self._composer.focus()

    async def _show_unseen(self) -> None:
        """Show once what a text-only model can't see. Does nothing while a model is loading."""
        if self._session.info is not None:
            await self._history.show_notice(self._controller.unseen_notice)

    async def retranslate(self) -> None:
        """Translate the texts in place, so that drafts, attachments and replies stay."""
        self.query_one(Heading).set_title(self._controller.title)
        self.query_one(DemoNotice).retranslate()
        self._composer.set_placeholder(self._controller.placeholder)
        self._sidebar.retranslate(self._controller.name)
        await self._history.retranslate(self._controller.name)
        await self._show_unseen()
        if self._draft.edited_message is not None:
            self._activity.show(_(_EDITING))
        self.refresh_bindings()

    def on_screen_resume(self) -> None:
        """Continue what the chat was doing, after it was opened or a dialog over it closed.

        A greeting that the user has stopped is not started again.
        """
        is_entering, self._is_away = self._is_away, False
        self._show_chats()
        self.call_later(self._show_requested_message)
        if self._queue.resume() or self.replying:
            return
        if is_entering and self._controller.show_latest():
            self.call_later(self._show_path)
        last = self._branch.last_message
        if is_entering and last is not None and last.was_cut_off:
            self._queue.start("continue")
        else:
            self.on_queue_empty()

    def show_message(self, number: int) -> None:
        """Show the branch of a message, and scroll to it, as soon as the screen is visible."""
        self._message_to_show = number
        if self.is_current:
            self.call_later(self._show_requested_message)

    @show_errors
    async def _show_requested_message(self) -> None:
        number, self._message_to_show = self._message_to_show, None
        if number is None or self._is_busy():
            return
        if number not in {each.id for each in self._branch.path}:
            self._branch.go_to(self._controller.get_message(number))
            await self._show_path()
        await self._history.show_message(number)

    def on_reply_started(self) -> None:
        self._activity.follow_engine()

    def on_reply_ended(self, result: ReplyResult) -> None:
        for notice in result.notices:
            self.notify(clean_text(notice), markup=False, timeout=10)
        self._activity.show(" · ".join(filter(None, (self._swipe_mark(), result.summary))))
        self._show_chats()
        if self._has_moved_back and not result.has_text and self._controller.show_latest():
            self.call_later(self._show_path)
        self._has_moved_back = False

    def on_unanswered(self, inputs: Sequence[UserInput], edited_message: Message | None) -> None:
        text = "\n".join(escape(each.text) for each in inputs if each.text)
        if edited_message is not None and not self._is_away:
            self._begin_edit(edited_message, text)  # the draft stays as it was
        elif inputs:
            self._composer.prepend(text)
            for path in (path for each in inputs for path in each.pictures):
                self._attachments.add(path)
            self._draft.save()

    def on_queue_empty(self) -> None:
        if (
            self.is_running and not self._is_away
        ):  # otherwise it would replace the prewarming of another chat
            self._prewarm()

    @work(group="prewarm", exclusive=True)
    async def _prewarm(self) -> None:
        await self._history.show_oldest_visible(await self._controller.oldest_visible())
        await self._controller.prewarm()

    @show_errors
    async def on_composer_sent(self, message: Composer.Sent) -> None:
        text = clean_text(message.text).strip()
        if is_command(text):
            await self._run_command(text)
            return
        text = unescape(text)
        edited_message = self._draft.edited_message
        if edited_message is not None and self.replying:
            self._composer.prepend(message.text)
            self._is_busy()
            return
        self._end_edit()
        if edited_message is not None and not edited_message.expects_reply:
            self._branch.replace(edited_message, text)
            await self._show_path()
            return
        if edited_message is not None:
            path = self._branch.path
            await self._history.show(path[: [each.id for each in path].index(edited_message.id)])
        pictures = self._attachments.take_all() if edited_message is None else ()
        await self._queue.send(UserInput(text, pictures), edited_message)

    async def on_composer_dropped(self, message: Composer.Dropped) -> None:
        for path in message.pictures:
            await self._attachments.attach(path)

    @show_errors
    async def action_paste_picture(self) -> None:
        await self._attachments.paste()

    def action_no_pictures(self) -> None:
        self._attachments.take_all()

    async def _run_command(self, text: str) -> None:
        try:
            notice = await self._commands.run(text)
            if notice:
                self.notify(notice, markup=False)
                self._show_chats()
        except RefsheetError as error:
            self._composer.prepend(text)
            self.notify(str(error), severity="error", markup=False, timeout=8)

    @show_errors
    async def on_message_widget_action_requested(
        self, request: MessageWidget.ActionRequested
    ) -> None:
        """Do what the user wants with one message."""
        if request.action in ("copy", "code"):
            text = request.widget.text if request.action == "copy" else request.widget.next_code()
            if text:
                self.app.copy_to_clipboard(text)
            self.notify(_("Copied.") if text else _("This message has no code."), timeout=3)
            return
        if self._is_busy():
            return
        message = self._controller.get_message(request.widget.message)
        if request.action == "edit":
            self._begin_edit(message)
            return
        if request.action == "delete":
            self._delete(message)
        else:
            self._branch.move_to(message.id)
        await self._show_path()
        self._composer.focus()
        if request.action == "again":
            self._has_moved_back = True
            self._request_reply("reply" if message.role == "user" else "regenerate")
        elif request.action == "branch":
            self.notify(_("Your next message starts a branch; the original is kept."), timeout=4)

    def _delete(self, message: Message) -> None:
        self._branch.delete(message)
        self._queue.stay_silent()
        self.notify(_("Message and everything after it deleted. Alt+Z to undo."), timeout=6)

    @show_errors
    async def action_delete_last(self) -> None:
        """Delete the last message."""
        if self._branch.path and not self._is_busy():
            self._delete(self._branch.path[-1])
            await self._show_path()

    @show_errors
    async def action_undo(self) -> None:
        """Restore the message that was deleted last."""
        if not self._is_busy() and self._branch.undelete():
            await self._show_path()

    def action_edit(self, text: str = "") -> None:
        """Edit the user's last message, replaced by `text` if that is given."""
        last = self._branch.last_user_message
        if last is not None and not self._is_busy():
            self._begin_edit(last, escape(text) or None)

    def action_rewrite(self, text: str = "") -> None:
        """Edit the last reply, replaced by `text` if that is given."""
        last = self._branch.last_reply
        if last is not None and not self._is_busy():
            self._begin_edit(last, escape(text) or None)

    def _begin_edit(self, message: Message, text: str | None = None) -> None:
        self._draft.begin_edit(message, text)
        self._activity.show(_(_EDITING))
        self.refresh_bindings()

    def _end_edit(self) -> bool:
        if was_editing := self._draft.end_edit():
            self._activity.show()
            self.refresh_bindings()
        return was_editing

    async def _show_path(self) -> None:
        await self._history.show(self._branch.path)
        await self._show_unseen()
        self.on_queue_empty()

    def _show_chats(self) -> None:
        chats, character = self._session.library.chats, self._saved_character
        with suppress(StorageError):  # another program writes for a long time
            if character is None:
                self._sidebar.show_chats(chats.latest_assistant_chats(), self.number)
            else:
                self._sidebar.show_chats(chats.latest_chats(character=character.id), self.number)

    def on_text_area_changed(self) -> None:
        self._draft.schedule_save()

    def action_stop(self) -> None:
        """End an edit, or else stop the reply. Its text so far stays."""
        if not self._end_edit():
            self._queue.stop()

    def action_again(self) -> None:
        """Regenerate the last reply."""
        self._request_reply("regenerate")

    def action_more(self) -> None:
        """Continue the last reply."""
        if self._history.last_reply is None:
            self.notify(_("There's no reply to continue."), timeout=3)
        else:
            self._request_reply("continue")

    @show_errors
    async def action_swipe(self, step: int) -> None:
        """Show the previous or next swipe of the last reply; after the last one, generate one."""
        if self._is_busy():
            return
        if self._branch.swipe(step):
            await self._show_path()
            self._activity.show(self._swipe_mark())
        elif step > 0:
            self._request_reply("regenerate")
        else:
            self.notify(_("This is the first reply."), timeout=3)

    async def action_earlier(self) -> None:
        await self._history.show_more()

    def action_fold(self) -> None:
        """Hide or show the sidebar, which is visible from 90 columns on."""
        self._sidebar.set_class(not self._sidebar.has_class("-folded"), "-folded")

    def action_new(self) -> None:
        """Start another chat with the same character."""
        self.post_message(OpenCharacterChat(self._saved_character, new=True))

    def action_back(self) -> None:
        self.leave()
        self.app.pop_screen()

    def leave(self) -> None:
        """Stop the reply, since the engine is needed for the next chat, and save the draft."""
        self._draft.abandon_edit()
        self._is_away = True
        self._queue.leave()
        self.workers.cancel_group(self, "prewarm")
        self._draft.save()

    def _request_reply(self, kind: ReplyKind) -> None:
        if not self._branch.path and self._controller.character is None:
            self.notify(_("Send a message first."), timeout=3)
        elif not self._is_busy():
            self._queue.start(kind)

    def _busy_reason(self) -> str:
        if self._draft.edited_message is not None:
            return _("Finish editing first: Enter to save, Esc to cancel.")
        return _("Wait for the reply, or press Esc to stop it.") if self.replying else ""

    def _is_busy(self) -> bool:
        """Return True, and tell the user, if an edit or a reply has to end first."""
        if reason := self._busy_reason():
            self.notify(reason, timeout=3)
        return reason != ""

    def _swipe_mark(self) -> str:
        """Return the swipe mark of the last reply, whose beginning may have scrolled away."""
        last = self._branch.last_reply
        return self._history.swipe_mark(last) if last is not None else ""
