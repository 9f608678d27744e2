"""Loading the model and printing replies, for `ask`, `talk` and `describe`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from refsheet_tui.chats import (
    Branch,
    ContextOverflow,
    Conversation,
    LorebookOverflow,
    ReplyEvent,
    SpokeForUser,
    open_conversation,
)
from refsheet_tui.cli.console import ReplyPrinter, StatusLine, print_note, print_prompt
from refsheet_tui.cli.exits import InterruptedByUserError
from refsheet_tui.cli.interrupts import Interrupts, restore_signals
from refsheet_tui.cli.options import Settings
from refsheet_tui.engine import NOT_INSTRUCTION_TUNED, LocalEngine, ModelInfo, Vision
from refsheet_tui.prompting import Prompt
from refsheet_tui.weights import DEMO_NOTICE

if TYPE_CHECKING:
    from PIL import Image

    from refsheet_tui.characters import Character

Result = TypeVar("Result")


@dataclass
class ReplyConsole:
    """A loaded engine, and how commands use it.

    Attributes:
        engine: The engine, with the model loaded.
        info: The model.
        vision: How the model sees pictures.
        settings: The settings of the command.
        interrupts: The handler of Ctrl+C.
    """

    engine: LocalEngine
    info: ModelInfo
    vision: Vision
    settings: Settings
    interrupts: Interrupts

    def open_conversation(
        self, branch: Branch, character: Character | None, note: str = ""
    ) -> Conversation:
        """Open a conversation, as `chats.open_conversation` does.

        Options of the command line override the character's own settings.
        """
        return open_conversation(
            self.engine,
            self.settings.generation,
            self.vision,
            branch,
            character,
            note=note,
            overrides=self.settings.generation_overrides,
        )

    def print_text_only_note(self, *, has_pictures: bool = False) -> None:
        """Print a note if the model is text-only, and how to choose another one.

        `has_pictures` is True if the chat has pictures.
        """
        if not self.info.sees_pictures:
            limitation = (
                "see the pictures in this chat" if has_pictures else "read reference sheets"
            )
            print_note(
                f"{self.info.name} is text-only and can't {limitation}. "
                "To choose a vision model (4B or larger): refsheet models"
            )

    def print_greeting(self, text: str, label: str = "") -> None:
        """Print a complete reply that was not generated, such as a greeting."""
        ReplyPrinter(as_json=self.settings.as_json, label=label).print_complete(text)

    async def print_reply(self, reply: AsyncGenerator[ReplyEvent, None], label: str = "") -> None:
        """Print the model's reply as it arrives, until it ends or Ctrl+C stops it."""
        printer = ReplyPrinter(as_json=self.settings.as_json, label=label)
        try:
            with self.interrupts.reply():
                async with StatusLine() as status, aclosing(reply) as events:
                    async for event in events:
                        if isinstance(event, ContextOverflow | LorebookOverflow):
                            printer.print_overflow(event)
                        else:
                            if not isinstance(event, SpokeForUser):
                                status.on_event(event)
                            printer.on_event(event)
        finally:
            printer.end()

    async def print_prompt(self, prompt: Prompt) -> None:
        """Print the tokens of `prompt` as JSON."""
        print_prompt(await self.engine.tokenize(prompt))


def run(command: Callable[[], Awaitable[Result]]) -> Result:
    """Run a command's coroutine. Raises `InterruptedByUserError` instead of `CancelledError`."""

    async def run_interruptibly() -> Result:
        try:
            return await command()
        except asyncio.CancelledError as error:
            raise InterruptedByUserError from error

    try:
        return asyncio.run(run_interruptibly())
    finally:
        restore_signals()


@asynccontextmanager
async def load_model(
    settings: Settings, images_by_path: Mapping[Path, Image.Image]
) -> AsyncIterator[ReplyConsole]:
    """Load the model, and close the engine after the `async with` block.

    `images_by_path` are pictures that the model will see.
    """
    engine = LocalEngine()
    interrupts = Interrupts(engine)
    try:
        async with StatusLine() as status:
            info = await engine.load(settings.load, status.on_event)
        if info.is_demo:
            print_note(DEMO_NOTICE)
        if not info.is_instruction_tuned:
            print_note(NOT_INSTRUCTION_TUNED.format(model=info.name))
        if info.restrictions:
            print_note(
                f"The normal settings failed, so the engine uses safer ones: {info.restrictions}."
            )
        vision = Vision(info, settings.pan_and_scan, images_by_path)
        yield ReplyConsole(engine, info, vision, settings, interrupts)
    finally:
        interrupts.ignore_signals()
        await engine.close()
