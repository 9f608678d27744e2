"""The controller between a chat's screen and the engine. After an error no message is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from refsheet_tui.characters import Character
from refsheet_tui.chats import (
    Branch,
    Chat,
    ContextOverflow,
    Conversation,
    LorebookOverflow,
    Message,
    ReplyKind,
    SpokeForUser,
    escape,
    open_conversation,
)
from refsheet_tui.engine import EngineEvent, PromptProgress, ReplyFinished, SaferSettings, TextDelta
from refsheet_tui.errors import EngineDiedError, RefsheetError
from refsheet_tui.i18n import N_, _
from refsheet_tui.prompting import Turn
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.chat.reply_summary import reply_summary
from refsheet_tui.tui.session import ContextUsage, Session
from refsheet_tui.untrusted import one_line

_SHEET_UNSEEN = N_(
    "{name} is text-only and can't read reference sheets. Press F3 and choose a vision model (4B "
    "or larger)."
)
_CHAT_UNSEEN = N_(
    "{name} is text-only and can't see the pictures in this chat. Press F3 and choose a vision "
    "model (4B or larger)."
)
_NO_PICTURES = N_(
    "{name} is text-only and can't see pictures. Press F3 and choose a vision model (4B or larger)."
)


@dataclass(frozen=True)
class UserInput:
    """A text and pictures that the user sends together."""

    text: str
    pictures: tuple[Path, ...] = ()


@dataclass
class ReplyResult:
    """How a reply ended.

    Attributes:
        has_text: True if the model has written something.
        is_stopped: True if the user has stopped it.
        problem: An error to show in the chat; empty for none.
        summary: One line about its speed.
        notices: Notices to show for a while.
    """

    has_text: bool = False
    is_stopped: bool = False
    problem: str = ""
    summary: str = ""
    notices: list[str] = field(default_factory=list)


class ChatController:
    """A chat with a character or the assistant, one reply at a time.

    Attributes:
        chat: The number of the chat.
        character: The character; None for the assistant.
        branch: The branch that is shown, with or without a model.
        usage: How much of the context the chat takes.
    """

    def __init__(self, session: Session, character: Character | None, chat: Chat) -> None:
        """Open `chat` with `character`, or with the assistant if it is None.

        Raises `StorageError`.
        """
        self._session = session
        self.chat = chat.id
        self.character = character
        self.branch = Branch(session.library.tree, chat.id, chat.leaf)
        self.usage = ContextUsage()
        self._note = chat.note
        self._conversation: Conversation | None = None
        self._conversation_key: tuple[object, ...] = ()
        self._open_lock = asyncio.Lock()

    @property
    def name(self) -> str:
        """The name of the character, or of the assistant."""
        return self.character.name if self.character is not None else _("Assistant")

    @property
    def placeholder(self) -> str:
        """The text in the empty composer."""
        if self.character is None:
            return _("Message the assistant…")
        return _("Message {name}…").format(name=one_line(self.name))

    @property
    def title(self) -> str:
        """The name and the language of the character."""
        if self.character is None:
            return self.name
        return f"{self.name} · {self.character.language.native}"

    def show_latest(self) -> bool:
        """Show the branch with the newest message again, after another one was shown.

        Returns False if nothing changes. Raises `StorageError`.
        """
        leaf = self._session.library.chats.get_chat(self.chat).leaf
        if leaf is None or leaf == self.branch.leaf:
            return False
        self.branch.move_to(leaf)
        return True

    def user_texts(self) -> list[str]:
        """Return the user's messages, as they would be typed."""
        return [escape(each.text) for each in self.branch.path if each.role == "user"]

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The chat as the model reads it; empty while no model is loaded."""
        return self._conversation.turns if self._conversation is not None else ()

    @property
    def unseen_notice(self) -> str:
        """A notice about pictures that a text-only model can't see.

        Empty if the model sees everything, or while no model is loaded.
        """
        if any(message.pictures for message in self.branch.path):
            return self._if_text_only(_CHAT_UNSEEN)
        return self._if_text_only(_SHEET_UNSEEN) if self.character is not None else ""

    def refusal_of_pictures(self) -> str:
        """Return why pictures can't be sent and what to do.

        Empty if they can be sent, or while no model is loaded.
        """
        return self._if_text_only(_NO_PICTURES)

    def _if_text_only(self, text: str) -> str:
        info = self._session.info
        return "" if info is None or info.sees_pictures else _(text).format(name=info.name)

    def add_greetings(self) -> None:
        """Add the written greetings of the character to an empty chat. Raises `StorageError`."""
        if self.character is not None and self.character.greetings and not self.branch.path:
            self.branch.add_greetings(self.character.greetings)

    @property
    def awaits_greeting(self) -> bool:
        """True if the character has to generate a greeting first."""
        return self.character is not None and not self.branch.path

    def get_message(self, number: int) -> Message:
        """Return the message with this number. Raises `StorageError`."""
        return self._session.library.tree.get_message(number)

    def set_note(self, note: str) -> None:
        """Use another author's note from now on; empty means the character's own.

        The caller has saved it.
        """
        self._note = note
        if self._conversation is not None and self.character is not None:
            self._conversation.set_note(note or self.character.note)

    async def reply(
        self,
        kind: ReplyKind,
        inputs: Sequence[UserInput],
        result: ReplyResult,
        edited_message: Message | None = None,
    ) -> AsyncGenerator[str, None]:
        """Add the user's messages, and stream the reply.

        If nothing is written, after an error or because the user stops the reply, the chat is
        restored to its previous state. Errors are put into `result`; only cancellation is raised.

        Args:
            kind: The kind of reply to write.
            inputs: The user's messages, in order.
            result: Filled in as the reply ends.
            edited_message: The message that the first of `inputs` becomes a swipe of.

        Yields:
            The pieces of the reply's text.
        """
        added_messages: list[Message] = []
        leaf, owner = self.branch.leaf, object()
        try:
            conversation = await self._open()
            if edited_message is not None:
                added_messages.append(conversation.edit(edited_message, inputs[0].text))
            for each in inputs[len(added_messages) :]:
                pictures = [
                    await in_thread(partial(conversation.open_picture, path))
                    for path in each.pictures
                ]
                added_messages.append(conversation.add_user_message(each.text, pictures))
            async with aclosing(conversation.reply(kind)) as events:
                async for event in events:
                    if isinstance(event, ContextOverflow | LorebookOverflow | SaferSettings):
                        result.notices.append(str(event))
                    if isinstance(event, SpokeForUser):
                        result.problem = str(event)
                    if isinstance(event, ContextOverflow | LorebookOverflow | SpokeForUser):
                        continue
                    self._publish(event, owner)
                    if isinstance(event, TextDelta):
                        result.has_text = result.has_text or bool(event.text.strip())
                        yield event.text
                    elif isinstance(event, ReplyFinished):
                        result.summary = reply_summary(event)
            if not result.has_text and not result.problem:
                result.problem = _("The model returned an empty reply. Try rephrasing.")
        except RefsheetError as error:
            if isinstance(error, EngineDiedError):
                self._session.restart_engine()
            result.problem = str(error)
            retry_hint = _("Ctrl+G to retry") if kind == "continue" else _("Ctrl+R to retry")
            result.summary = retry_hint if result.has_text or not inputs else _("Enter to retry")
        except (asyncio.CancelledError, GeneratorExit):
            result.is_stopped, result.summary = True, _("Stopped")
            raise
        finally:
            self._session.end_work(owner)
            if added_messages and not result.has_text:
                self.branch.roll_back(added_messages[0], leaf)

    async def prewarm(self) -> None:
        """Let the engine read the prompt before the next message, while the user types it."""
        with suppress(RefsheetError):  # the next reply will fail with the same error
            if not self._session.has_failed:
                conversation, owner = await self._open(), object()
                try:
                    await conversation.prewarm(partial(self._publish, owner=owner))
                finally:
                    self._session.end_work(owner)

    async def oldest_visible(self) -> Message | None:
        """Return `Conversation.oldest_visible`, waiting for the model if it is still loading.

        Returns None if no model can be loaded.
        """
        with suppress(RefsheetError):
            if not self._session.has_failed:
                return await (await self._open()).oldest_visible()
        return None

    def _publish(self, event: EngineEvent, owner: object) -> None:
        if isinstance(event, PromptProgress):
            self.usage.tokens = event.total
        elif isinstance(event, ReplyFinished) and event.prompt_tokens:
            self.usage = ContextUsage(event.prompt_tokens + event.new_tokens, event.timings)
        self._session.publish(event, owner)

    async def _open(self) -> Conversation:
        """Return the conversation, opening it again if the model or the settings have changed.

        Waits until the model is loaded. Raises `RefsheetError`.
        """
        session = self._session
        info = await session.ready()
        async with self._open_lock:  # prewarming and a reply may open it at once
            config = session.config
            # The assistant's system prompt comes before all messages.
            system_prompt = self._note if self.character is None else ""
            key = (config.generation, config.pan_and_scan, info, system_prompt)
            if self._conversation is None or self._conversation_key != key:
                owner = object()
                if info.sees_pictures:
                    session.show_work(_("Opening the picture"), owner)
                vision, note = session.vision(info), self._note
                arguments = (
                    session.engine,
                    session.generation,
                    vision,
                    self.branch,
                    self.character,
                )
                try:
                    build_conversation = partial(open_conversation, *arguments, note=note)
                    self._conversation = await in_thread(build_conversation)
                finally:
                    session.end_work(owner)
                self._conversation_key = key
                self.set_note(self._note)  # the note may have changed meanwhile
            return self._conversation
