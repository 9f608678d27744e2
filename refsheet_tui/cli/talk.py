"""`refsheet talk`: a character greets, then answers each line of standard input."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from refsheet_tui.characters import Character
from refsheet_tui.chats import Conversation, Overflow
from refsheet_tui.chats.kept import Held, KeptConversation
from refsheet_tui.chats.library import Library
from refsheet_tui.chats.messages import Message
from refsheet_tui.cli.console import begin_line, note
from refsheet_tui.cli.exits import InterruptedByPersonError
from refsheet_tui.cli.lines import Lines
from refsheet_tui.cli.options import Settings
from refsheet_tui.cli.pictures import check_pictures
from refsheet_tui.cli.replies import Desk, loaded
from refsheet_tui.cli.speaker import Speaker
from refsheet_tui.cli.talk_commands import TalkCommands, Then
from refsheet_tui.engine import Event, ModelInfo, Vision
from refsheet_tui.errors import EngineDiedError, NotFoundError, UsageError
from refsheet_tui.untrusted import clean


async def talk(settings: Settings, speaker: Speaker, library: Library | None) -> None:
    """Talk until standard input ends. In `library` the chat is kept; without one it is not."""
    character = speaker.character
    check_pictures((character.sheet, *character.extras))
    async with loaded(settings) as desk:
        own = settings.of_its_own(character.generation)
        conversation = Conversation.with_character(
            desk.engine, own, character, desk.vision, speaker.note
        )
        if speaker.chat is None and not character.greetings:
            conversation.check_known()  # before a chat is begun for nothing
        if settings.dump_prompt:
            _note_what_is_unseen(desk.info)
            await desk.print_prompt(await conversation.prompt())
            return
        if library is None:
            await _Talk(desk, conversation, character, None).hold()
            return
        kept, commands = _kept(library, speaker, conversation, desk.vision)
        await _Talk(desk, kept, character, commands).hold()


def _kept(
    library: Library, speaker: Speaker, conversation: Conversation, vision: Vision
) -> tuple[KeptConversation, TalkCommands]:
    """A new chat, or the one that goes on."""
    assert speaker.kept is not None
    chat = speaker.chat or library.chats.begin(speaker.kept.version)
    kept = KeptConversation(conversation, library.tree, chat.id, vision=vision)
    kept.open(speaker.leaf if speaker.leaf is not None else chat.leaf)
    note(f"This is chat {chat.id}. To go on with it later: refsheet talk --chat {chat.id}")
    return kept, TalkCommands(library, kept, chat.id, speaker.character.note)


def _note_what_is_unseen(info: ModelInfo, messages: Sequence[Message] = ()) -> None:
    """Say once what a text-only model can't see, and what to do."""
    if not info.sees_pictures:
        has_pictures = any(message.pictures for message in messages)
        unseen = "see the pictures in this chat" if has_pictures else "read reference sheets"
        note(
            f"{info.name} is text-only and can't {unseen}. "
            "To choose a vision model (4B or larger): refsheet models"
        )


@dataclass(frozen=True)
class _Talk:
    desk: Desk
    conversation: Held
    character: Character
    commands: TalkCommands | None

    async def hold(self) -> None:
        kept = self.conversation
        _note_what_is_unseen(
            self.desk.info, kept.path if isinstance(kept, KeptConversation) else ()
        )
        if self._interactive:
            note("Say something and press enter; ctrl+c stops a reply, ctrl+d ends the talk.")
            if self.commands is not None:
                note("/help shows what else there is.")
        await self._begin()
        lines = Lines(sys.stdin.fileno())
        while (line := await self._next_while_reading_ahead(lines)) is not None:
            said = clean(line).strip()
            if said.startswith("/") and not said.startswith("//"):
                await self._command(said)
            elif said:
                self.conversation.say(said[1:] if said.startswith("/") else said)
                await self._reply()

    async def _command(self, line: str) -> None:
        try:
            if self.commands is None:
                raise UsageError(
                    "Commands are for chats that are kept.", "Talk with --save; // says a slash."
                )
            then = self.commands.run(line)
            if then is Then.SHOW:
                self._show_last()
            elif then is not Then.NOTHING:
                await self._reply(then)
        except (UsageError, NotFoundError) as error:
            note(str(error))

    def _show_last(self) -> None:
        """What the chat ends with now."""
        kept = self.conversation
        assert isinstance(kept, KeptConversation)
        if not kept.path:
            note("Nothing is said yet.")
            return
        last = kept.path[-1]
        place, count = kept.place(last)
        mark = f"‹{place}/{count}› " if count > 1 else ""
        if last.role == "model":
            begin_line(mark)
            self.desk.print_written(last.text, self._label)
        else:
            note(f"You: {mark}{last.text}")

    async def _begin(self) -> None:
        """Greet; or answer what was left unanswered; or remind of what was said last."""
        *before, last = self.conversation.turns
        greetings = self.character.greetings
        if last.role == "model":
            words = "".join(item for item in last.content if isinstance(item, str))
            name = self.character.name
            note(f"{name}: {clean(words)}" if name else clean(words))
            kept = self.conversation
            if isinstance(kept, KeptConversation):
                if kept.path[-1].was_cut_off:
                    await self._reply(Then.GO_ON)
                elif kept.path[-1].is_unfinished:
                    note("It was stopped there. To let it go on: /continue")
        elif greetings and not before:
            if isinstance(self.conversation, KeptConversation):
                self.conversation.greet(greetings)
            else:
                self.conversation.hear(greetings[0])
            self.desk.print_written(greetings[0], self._label)
        else:
            await self._reply()

    async def _next_while_reading_ahead(self, lines: Lines) -> str | None:
        """While the person types, the engine reads what their words will be added to."""
        reading = asyncio.create_task(self.conversation.prewarm())
        try:
            return await self._next(lines)
        finally:
            reading.cancel()

    @property
    def _interactive(self) -> bool:
        return sys.stdin.isatty() and sys.stderr.isatty()

    @property
    def _label(self) -> str:
        """Whose words they are, where the person sees both sides of the talk."""
        seen = self._interactive and sys.stdout.isatty() and not self.desk.settings.as_json
        return f"{self.character.name}: " if seen and self.character.name else ""

    async def _next(self, lines: Lines) -> str | None:
        if not self._interactive:
            return await lines.next()
        begin_line("You: ")
        line = None
        try:
            line = await lines.next()
        finally:
            if line is None:  # ctrl+c and ctrl+d leave the cursor behind the label
                note("")
        return line

    def _events(self, then: Then) -> AsyncGenerator[Event | Overflow, None]:
        if then is Then.GO_ON:
            return self.conversation.go_on()
        if then is Then.ANOTHER and isinstance(self.conversation, KeptConversation):
            return self.conversation.another()
        return self.conversation.reply()

    async def _reply(self, then: Then = Then.REPLY) -> None:
        try:
            await self.desk.print_reply(self._events(then), self._label)
        except EngineDiedError as error:
            if not self._interactive:
                raise
            note(str(error))
        # A person who stopped a reply wants to say something else; a script that is interrupted
        # ends.
        if self.desk.interrupts.stopped_reply and not self._interactive:
            raise InterruptedByPersonError
