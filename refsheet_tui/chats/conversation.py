"""A chat with a loaded model: the turns that it reads, and the replies that it writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Literal

from refsheet_tui import paths
from refsheet_tui.chats.branch import Branch
from refsheet_tui.chats.chat_lorebook import ChatLorebook
from refsheet_tui.chats.context_notes import ContextNoteSelector
from refsheet_tui.chats.context_window import PINNED_TURNS, ContextWindow
from refsheet_tui.chats.impersonation import ImpersonationFilter, SpokeForUser
from refsheet_tui.chats.messages import Message
from refsheet_tui.chats.overflow import ContextOverflow, LorebookOverflow
from refsheet_tui.chats.reply_writer import ReplyWriter
from refsheet_tui.chats.speakers import values_for_swipes
from refsheet_tui.chats.token_counter import TokenCounter
from refsheet_tui.chats.turns import text_of, turns_of
from refsheet_tui.engine import (
    Engine,
    EngineEvent,
    GenerationSettings,
    ReplyFinished,
    Timings,
    Vision,
)
from refsheet_tui.errors import PictureError, RefsheetError, StoppedError, UsageError
from refsheet_tui.i18n import _
from refsheet_tui.pictures import PictureView
from refsheet_tui.prompting import Prompt, Turn, build_prefix, build_prompt

ReplyKind = Literal["reply", "regenerate", "continue"]
ReplyEvent = EngineEvent | ContextOverflow | LorebookOverflow | SpokeForUser


@dataclass(frozen=True)
class Attachment:
    """A picture file that the user attaches to a message.

    `view` is what the model sees of it, None for a text-only model.
    """

    path: Path
    view: PictureView | None


class Conversation:
    """A chat with one model, which reads the messages of a branch as turns after an opening.

    A reply is part of the branch from its first character on: if it is stopped, or if the engine
    dies, the text so far stays. If a reply never began, the user's turn stays open, and their next
    message is added to it.
    """

    def __init__(
        self,
        engine: Engine,
        settings: GenerationSettings,
        vision: Vision,
        branch: Branch,
        opening: Turn | None = None,
        *,
        system: str | None = None,
        user_name: str = "",
        character_name: str = "",
        context_note_selector: ContextNoteSelector | None = None,
        lorebook: ChatLorebook | None = None,
        lacks_character_info: bool = False,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Prepare a conversation; use `open_conversation` to open a chat.

        Args:
            engine: The engine, which has loaded the model that `vision` belongs to.
            settings: How replies are generated.
            vision: How pictures reach the model.
            branch: The messages. New ones are added to it.
            opening: The first turn of a chat with a character; None for the assistant.
            system: The system prompt, which stands in front of the first turn.
            user_name: The user's name; empty if the user has no name. In a chat with a character,
                a reply ends where the model begins to speak for the user.
            character_name: The character's name, which may also be the user's.
            context_note_selector: Chooses the context notes of the user's messages.
            lorebook: Keeps the lorebook within its budget; it has the opening.
            lacks_character_info: `opening` does not say who the character is.
            clock: Returns seconds; decides when a growing reply is saved.
        """
        self.branch = branch
        self._engine = engine
        self._settings = settings
        self._vision = vision
        self._opening = lorebook.opening if lorebook is not None else opening
        self._lorebook = lorebook
        self._system = system
        self._user_name = user_name
        self._character_name = character_name
        self._context_note_selector = context_note_selector or ContextNoteSelector()
        self._lacks_character_info = lacks_character_info
        self._clock = clock
        self._window = ContextWindow.for_reply_length(
            vision.info.context_size, settings.max_new_tokens
        )
        self._token_counter = TokenCounter(engine, system)
        self._announced_turn = self._oldest_visible_turn = PINNED_TURNS
        self._is_replying = False
        self._views: dict[str, PictureView | None] = {}
        self._turns: tuple[Turn, ...] = ()
        self._turns_path: tuple[Message, ...] | None = None

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The opening and the messages of the branch, as the model reads them."""
        path = self.branch.path
        if path is not self._turns_path:
            self._turns = turns_of(self._opening, path, self._load_views)
            self._turns_path = path
        return self._turns

    async def prompt(self) -> Prompt:
        """Return the prompt for the model's next turn.

        Raises:
            ValueError: It is not the model's turn.
            EngineError: The tokens could not be counted.
            StorageError: A message can't be saved.
        """
        await self._settle_lorebook()
        turns = self.turns
        return build_prompt(
            _visible_turns(turns, await self._find_oldest_visible_turn(turns)), self._system
        )

    def set_note(self, note: str) -> None:
        """Use `note` as the author's note from the next message on."""
        self._context_note_selector = self._context_note_selector.with_note(note)

    def open_picture(self, path: Path) -> Attachment:
        """Open a picture for `add_user_message`. This takes a while, and may run in a thread.

        Raises:
            EngineError: The model is text-only.
            PictureError: The picture can't be opened.
        """
        return Attachment(path, self._vision.require_view(path))

    def open_pictures(self) -> None:
        """Open the pictures of all messages. This takes a while, and may run in a thread."""
        for message in self.branch.path:
            self._load_views(message)

    def add_user_message(
        self,
        text: str,
        pictures: Sequence[Attachment] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> Message:
        """Save a message of the user, with the context notes that are due.

        Args:
            text: The text of the user.
            pictures: Pictures that `open_picture` has opened.
            extra: Values of another program that are stored with the message.

        Returns:
            The saved message, the last one of the branch.

        Raises:
            StorageError: The message can't be saved.
            PictureError: A picture can't be read.
        """
        due_notes = self._context_note_selector.due_notes(
            self.turns[1:],
            text,
            oldest_visible=self._oldest_visible_turn - 1,
            seed=f"{self.branch.chat} {len(self.branch.path)}",
        )
        if self._lorebook is None:
            context_notes = due_notes.texts(due_notes.entries)
        else:
            context_notes = self._lorebook.certain_texts(due_notes)
        message = self.branch.add_user_message(
            text, [each.path for each in pictures], context_notes, extra
        )
        if self._lorebook is not None:
            self._lorebook.add_message(message, due_notes)
        for sha256, picture in zip(message.pictures, pictures, strict=True):
            self._views.setdefault(sha256, picture.view)
        return message

    def edit(self, message: Message, text: str) -> Message:
        """Add `text` as a swipe of `message`, with the same pictures and speaker, and show it.

        Returns:
            The new message.

        Raises:
            StorageError: The message can't be saved.
        """
        if message.role == "model":
            return self.branch.replace(message, text)
        self._load_views(message)
        pictures = [
            Attachment(path, self._views[sha256])
            for sha256 in message.pictures
            if sha256 in self._views
            and paths.is_file(path := self.branch.tree.picture_path(sha256))
        ]
        extra = values_for_swipes(message.extra)
        return self.branch.add_swipe(message, lambda: self.add_user_message(text, pictures, extra))

    def reply(self, kind: ReplyKind = "reply") -> AsyncGenerator[ReplyEvent, None]:
        """Let the model write its next turn, and save it as it grows.

        Args:
            kind: `regenerate` adds a swipe of the last reply; if the model writes nothing, the last
                reply is shown again. `continue` extends the last reply; the model writes the white
                space at its end again.

        Yields:
            A `LorebookOverflow` first if entries of the lorebook were left out, and a
            `ContextOverflow` if turns have left the context since the last reply; then the events
            of the engine, up to where the model would speak for the user; a `SpokeForUser` before
            the last of them if it did so at once.

        Raises:
            EngineError: The engine failed. The text until then stays.
            UsageError: The model knows nothing of the character, or there is nothing to answer.
            StorageError: The reply can't be saved.
        """
        return self._reply(kind)

    async def _reply(self, kind: ReplyKind) -> AsyncGenerator[ReplyEvent, None]:
        previous_leaf = self.branch.leaf
        continued_message = self.branch.last_message if kind == "continue" else None
        if kind == "regenerate":
            self.branch.remove_last_reply()
        answered_turns = self.turns[:-1] if kind == "continue" else self.turns
        if not answered_turns or answered_turns[-1].role == "model":
            self.branch.move_to(previous_leaf)
            raise nothing_to_answer_error()
        writer = ReplyWriter(self.branch, self._clock, continued_message)
        cancel_task: asyncio.Task[None] | None = None
        self._is_replying = True
        try:
            try:
                await self._settle_lorebook()
                turns, reply_start = self.turns, ""
                if kind == "continue":
                    turns, reply_start = turns[:-1], text_of(turns[-1]).rstrip()
                has_spoken = reply_start or any(turn.role == "model" for turn in turns)
                if self._lacks_character_info and not has_spoken:
                    raise unknown_character_error()
                oldest = await self._find_oldest_visible_turn(turns)
            except StoppedError:
                writer.cancel()
                yield ReplyFinished("cancelled", 0, 0, 0, Timings())
                return
            if self._lorebook is not None and (overflow := self._lorebook.take_overflow()):
                yield overflow
            if oldest != self._announced_turn:
                self._announced_turn = oldest
                if oldest > PINNED_TURNS:
                    yield ContextOverflow(oldest, turns[oldest])
            prompt = build_prompt(_visible_turns(turns, oldest), self._system, reply_start)
            # The assistant may be asked to write a dialogue with "You:" in it.
            user_name = self._user_name if self._opening is not None else None
            impersonation_filter = ImpersonationFilter(
                user_name, self._character_name, continued_text=reply_start
            )
            async with aclosing(self._engine.generate(prompt, self._settings)) as events:
                async for engine_event in events:
                    for event in impersonation_filter.filter_event(engine_event):
                        if not isinstance(event, SpokeForUser):
                            writer.on_event(event)
                        yield event
                    if impersonation_filter.has_matched and cancel_task is None:
                        cancel_task = asyncio.create_task(self._engine.cancel())
            if cancel_task is not None:
                await cancel_task
        except (asyncio.CancelledError, GeneratorExit):
            writer.cancel()
            raise
        finally:
            self._is_replying = False
            try:
                writer.end()
            finally:
                if kind == "regenerate" and not self.branch.ends_with_reply:
                    self.branch.move_to(previous_leaf)

    async def prewarm(self, on_event: Callable[[EngineEvent], None] = lambda _: None) -> None:
        """Let the engine read the beginning of the next prompt while the user types.

        Errors are ignored. While a reply is written nothing is read, because the next prompt will
        contain the reply.

        Args:
            on_event: Is called with the progress of the engine.
        """
        if not self.turns:
            return
        with suppress(RefsheetError):
            await self._settle_lorebook()
            turns = self.turns
            oldest = await self._find_oldest_visible_turn(turns)
            # If a message was added meanwhile, this prefix is outdated: the engine would read it in
            # place of the new one.
            if self.turns == turns and not self._is_replying:
                prefix = build_prefix(_visible_turns(turns, oldest), self._system)
                await self._engine.prewarm(prefix, on_event)

    async def oldest_visible(self) -> Message | None:
        """Return the oldest message from which on the model sees everything.

        Returns:
            The message; None if the model sees the whole chat.

        Raises:
            EngineError: The tokens could not be counted.
        """
        await self._settle_lorebook()
        oldest = await self._find_oldest_visible_turn(self.turns)
        if oldest <= PINNED_TURNS:
            return None
        role, turn = "user", 0  # the opening, or the first turn of a chat with the assistant
        for message in self.branch.path:
            if message.is_hidden:
                continue
            if message.role != role:
                role, turn = message.role, turn + 1
            if turn == oldest:
                return message
        return None

    def start_over(self, branch: Branch, note: str) -> None:
        """Continue with `branch`, which belongs to another chat with the same character."""
        self.branch = branch
        self._context_note_selector = self._context_note_selector.with_note(note)
        self._announced_turn = self._oldest_visible_turn = PINNED_TURNS

    def _load_views(self, message: Message) -> list[PictureView]:
        """Return what the model sees of a message's pictures.

        Pictures that are missing, or can't be opened, are left out: the model can still read the
        text.
        """
        for sha256 in message.pictures:
            if sha256 not in self._views:
                with suppress(PictureError):
                    self._views[sha256] = self._vision.view(self.branch.tree.picture_path(sha256))
        views = (self._views.get(sha256) for sha256 in message.pictures)
        return [view for view in views if view is not None]

    async def _find_oldest_visible_turn(self, turns: tuple[Turn, ...]) -> int:
        """Return `ContextWindow.oldest_visible_turn`, with room for a turn not said yet."""
        oldest = PINNED_TURNS
        if len(turns) > PINNED_TURNS + 1:  # else no turn could leave: no need to count
            counts = await self._token_counter.count_turns(turns)
            oldest = self._window.oldest_visible_turn(counts if len(counts) % 2 else [*counts, 0])
        self._oldest_visible_turn = oldest
        return oldest

    async def _settle_lorebook(self) -> None:
        """Add the entries of the lorebook that fit to the opening and to the new messages.

        Raises `EngineError`, `StorageError`.
        """
        if self._lorebook is not None:
            await self._lorebook.settle(self.branch)
            if self._lorebook.opening is not self._opening:
                self._opening, self._turns_path = self._lorebook.opening, None


def unknown_character_error() -> UsageError:
    """Return the error for a character that the model knows neither by a picture nor by a text.

    The model would make up a stranger.
    """
    return UsageError(
        _("This character only has a picture, and the model is text-only."),
        _("Add a description, or choose a vision model (4B or larger)."),
    )


def nothing_to_answer_error() -> UsageError:
    """Return the error for a chat in which it is the user's turn: all that follows is hidden."""
    return UsageError(_("There's no message to answer."), _("Type a message."))


def _visible_turns(turns: Sequence[Turn], oldest: int) -> Sequence[Turn]:
    return (*turns[:PINNED_TURNS], *turns[oldest:])
