"""`refsheet talk`: a character greets the user, then answers each line of standard input."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refsheet_tui.characters import profile_from_character
from refsheet_tui.chats import (
    Branch,
    Library,
    ReplyKind,
    check_known,
    is_command,
    text_of,
    unescape,
)
from refsheet_tui.cli.console import begin_line, print_note
from refsheet_tui.cli.exits import InterruptedByUserError
from refsheet_tui.cli.line_reader import LineReader
from refsheet_tui.cli.options import Settings, read_settings, reply_options
from refsheet_tui.cli.partner import Partner, PartnerResolver
from refsheet_tui.cli.pictures import open_pictures
from refsheet_tui.cli.reply_console import ReplyConsole, load_model, run
from refsheet_tui.cli.talk_commands import TalkCommands
from refsheet_tui.errors import EngineDiedError, RefsheetError, UsageError
from refsheet_tui.untrusted import clean_text

if TYPE_CHECKING:
    from PIL import Image


async def run_talk(
    settings: Settings,
    partner: Partner,
    images_by_path: Mapping[Path, Image.Image],
    library: Library | None,
) -> None:
    """Chat until standard input ends.

    Args:
        settings: The model to load, and how replies are generated.
        partner: The character, and the chat to continue, if any.
        images_by_path: The character's pictures.
        library: The library that the chat is saved in; None to save nothing.
    """
    async with load_model(settings, images_by_path) as console:
        if partner.chat is None and not partner.character.greetings:
            check_known(partner.character, console.vision)  # fail before a chat is created
        if settings.dump_prompt:
            await _dump_prompt(console, partner)
            return
        if library is not None:
            await _Talk(console, partner, library, is_saved=True).run()
        else:
            with Library.in_memory() as temporary_library:
                await _Talk(console, partner, temporary_library, is_saved=False).run()


async def _dump_prompt(console: ReplyConsole, partner: Partner) -> None:
    """Print the prompt of the character's first message."""
    with Library.in_memory() as library:
        branch = Branch(library.tree, library.chats.create_chat(None).id)
        conversation = console.open_conversation(branch, partner.character, partner.note)
        console.print_text_only_note()
        await console.print_prompt(await conversation.prompt())


class _Talk:
    """An interactive chat, either new or continued."""

    def __init__(
        self, console: ReplyConsole, partner: Partner, library: Library, *, is_saved: bool
    ) -> None:
        self._console = console
        self._character = partner.character
        self._is_saved = is_saved
        version = _version_in(library, partner, is_saved=is_saved)
        chat = partner.chat or library.chats.create_chat(version, created=partner.created)
        leaf = partner.leaf if partner.leaf is not None else chat.leaf
        branch = Branch(library.tree, chat.id, leaf)
        self._conversation = console.open_conversation(branch, self._character, partner.note)
        self._commands = TalkCommands(
            library,
            self._conversation,
            self._character,
            version,
            self._print_last_message,
            is_saved=is_saved,
        )

    async def run(self) -> None:
        self._print_chat_number()
        has_pictures = any(message.pictures for message in self._branch.path)
        self._console.print_text_only_note(has_pictures=has_pictures)
        if self._is_interactive:
            print_note(
                "Type a message and press Enter. Ctrl+C stops a reply, Ctrl+D ends the chat."
            )
            print_note("Type /help to see all commands.")
        await self._begin()
        lines = LineReader(sys.stdin.fileno())
        while (line := await self._next_line_with_prewarm(lines)) is not None:
            text = clean_text(line).strip()
            if is_command(text):
                await self._run_command(text)
            elif text:
                pictures, self._commands.pictures = self._commands.pictures, []
                self._conversation.add_user_message(unescape(text), pictures)
                await self._reply()

    @property
    def _branch(self) -> Branch:
        return self._conversation.branch

    def _print_chat_number(self) -> None:
        if self._is_saved:
            chat_id = self._branch.chat
            print_note(
                f"This is chat {chat_id}. To continue it later: refsheet talk --chat {chat_id}"
            )

    async def _run_command(self, line: str) -> None:
        chat_id = self._branch.chat
        try:
            kind = self._commands.run(line)
        except EngineDiedError:
            raise
        except RefsheetError as error:
            print_note(str(error))
            return
        try:
            if self._branch.chat != chat_id:
                self._print_chat_number()
                await self._begin()
            elif kind is not None:
                await self._reply(kind)
        except UsageError as error:  # the model knows nothing of the character
            print_note(str(error))

    def _print_last_message(self) -> None:
        """Print the last message of the branch."""
        if not self._branch.path:
            print_note("No messages yet.")
            return
        last = self._branch.last_message or self._branch.path[-1]
        position, count = self._branch.position(last)
        mark = f"‹{position}/{count}› " if count > 1 else ""
        if last.role == "model":
            begin_line(mark)
            self._console.print_greeting(last.text, self._label)
        else:
            print_note(f"You: {mark}{last.text}")

    async def _begin(self) -> None:
        """Show the greeting, answer an unanswered message, or repeat the last reply."""
        if not self._branch.path and self._character.greetings:
            self._branch.add_greetings(self._character.greetings)
            self._console.print_greeting(self._branch.path[-1].text, self._label)
        elif not self._branch.ends_with_reply:
            await self._reply()
        else:
            text = clean_text(text_of(self._conversation.turns[-1]))
            name = self._character.name
            print_note(f"{name}: {text}" if name else text)
            last = self._branch.last_message
            if last is not None and last.was_cut_off:
                await self._reply("continue")
            elif last is not None and last.is_unfinished:
                print_note("This reply was stopped. To continue it: /continue")

    async def _next_line_with_prewarm(self, lines: LineReader) -> str | None:
        """Return the next line. While the user types, the engine reads the prompt before it."""
        prewarm_task = asyncio.create_task(self._conversation.prewarm())
        try:
            return await self._next_line(lines)
        finally:
            prewarm_task.cancel()

    @property
    def _is_interactive(self) -> bool:
        return sys.stdin.isatty() and sys.stderr.isatty()

    @property
    def _label(self) -> str:
        """The character's name and a colon, or nothing if standard output isn't a terminal."""
        is_shown = (
            self._is_interactive and sys.stdout.isatty() and not self._console.settings.as_json
        )
        return f"{self._character.name}: " if is_shown and self._character.name else ""

    async def _next_line(self, lines: LineReader) -> str | None:
        if not self._is_interactive:
            return await lines.next()
        begin_line("You: ")
        line = None
        try:
            line = await lines.next()
        finally:
            if line is None:  # Ctrl+C and Ctrl+D leave the cursor after the label
                print_note("")
        return line

    async def _reply(self, kind: ReplyKind = "reply") -> None:
        try:
            await self._console.print_reply(self._conversation.reply(kind), self._label)
        except EngineDiedError as error:
            if not self._is_interactive:
                raise
            print_note(str(error))
        # A user who stopped a reply wants to keep chatting. An interrupted script ends.
        if self._console.interrupts.stopped_reply and not self._is_interactive:
            raise InterruptedByUserError


def _version_in(library: Library, partner: Partner, *, is_saved: bool) -> int | None:
    """Return the version of the character in `library`, which an unsaved chat needs for exports."""
    if is_saved:
        return partner.saved.version if partner.saved is not None else None
    character = partner.character
    profile = partner.saved.profile if partner.saved else profile_from_character(character)
    pictures = (character.sheet, *character.extra_pictures)
    return library.characters.add_character(profile, pictures).version


@click.command()
@reply_options
@click.option(
    "--extra", "extras", multiple=True, metavar="IMAGE", help="Another picture of the character."
)
@click.option("--description", metavar="TEXT", help="What the picture doesn't show.")
@click.option("--language", metavar="LANGUAGE", help="Language code or name.")
@click.option("--save", is_flag=True, help="Save the chat (see refsheet chats).")
@click.option("--chat", type=int, metavar="NUMBER", help="Continue a saved chat.")
@click.option(
    "--at", "message", type=int, metavar="MESSAGE", help="Continue the chat from this message."
)
@click.argument("image", metavar="IMAGE|NAME|SAMPLE", required=False)
def talk(
    image: str | None,
    extras: tuple[str, ...],
    description: str | None,
    language: str | None,
    save: bool,
    chat: int | None,
    message: int | None,
    **options: Any,
) -> None:
    """Chat with a character. It greets you, then answers each line you type.

    Type /help in the chat to see all commands.
    """
    if (image is None) == (chat is None):
        raise click.UsageError("Specify either a character or --chat NUMBER.")
    if message is not None and chat is None:
        raise click.UsageError("--at requires --chat.")
    settings = read_settings(options)
    language_code = language or settings.config.language
    with closing(PartnerResolver(extras, description, language_code)) as resolver:
        partner = (
            resolver.find_by_chat(chat, message) if chat is not None else resolver.find(image or "")
        )
        images_by_path = open_pictures((partner.character.sheet, *partner.character.extra_pictures))
        if save:
            partner = resolver.save(partner)
        library = resolver.library if save or chat is not None else None
        run(lambda: run_talk(settings, partner, images_by_path, library))
