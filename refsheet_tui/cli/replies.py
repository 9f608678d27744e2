"""Loads the model and prints replies: what `ask` and `talk` have in common."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from refsheet_tui.chats import Overflow
from refsheet_tui.cli.console import ReplyPrinter, Status, note, print_prompt
from refsheet_tui.cli.exits import InterruptedByPersonError
from refsheet_tui.cli.interrupts import Interrupts
from refsheet_tui.cli.options import Settings
from refsheet_tui.engine import Event, LocalEngine, ModelInfo, Vision
from refsheet_tui.engine.tuning import NOT_TUNED
from refsheet_tui.prompting import Prompt
from refsheet_tui.weights import DEMO_NOTICE

Result = TypeVar("Result")


@dataclass
class Desk:
    """A loaded engine and the ways to use it from a command."""

    engine: LocalEngine
    info: ModelInfo
    settings: Settings
    interrupts: Interrupts

    @property
    def vision(self) -> Vision:
        return Vision(self.info, self.settings.pan_and_scan)

    def print_written(self, text: str, label: str = "") -> None:
        """What was written for a character to begin with."""
        ReplyPrinter(as_json=self.settings.as_json, label=label).written(text)

    async def print_reply(
        self, reply: AsyncGenerator[Event | Overflow, None], label: str = ""
    ) -> None:
        """Print what the model writes. A reply that ctrl+c stops is printed as far as it came."""
        printer = ReplyPrinter(as_json=self.settings.as_json, label=label)
        try:
            with self.interrupts.reply():
                async with Status() as status, aclosing(reply) as events:
                    async for event in events:
                        if isinstance(event, Overflow):
                            printer.overflow(event)
                        else:
                            status.event(event)
                            printer.event(event)
        finally:
            printer.end()

    async def print_prompt(self, prompt: Prompt) -> None:
        print_prompt(await self.engine.tokenize(prompt))


def run(command: Callable[[], Awaitable[Result]]) -> Result:
    """Run a command's coroutine. Raises `InterruptedByPersonError` instead of `CancelledError`."""

    async def runs() -> Result:
        try:
            return await command()
        except asyncio.CancelledError as cancelled:
            raise InterruptedByPersonError from cancelled

    return asyncio.run(runs())


@asynccontextmanager
async def loaded(settings: Settings) -> AsyncIterator[Desk]:
    """The engine with the model that the settings name; closed afterwards."""
    engine = LocalEngine()
    interrupts = Interrupts(engine)
    try:
        async with Status() as status:
            info = await engine.load(settings.load, status.event)
        if info.is_demo:
            note(DEMO_NOTICE)
        if not info.is_instruction_tuned:
            note(NOT_TUNED.format(model=info.name))
        if info.restrictions:
            note(
                "The usual settings failed, so the engine runs with safer ones: "
                f"{info.restrictions}."
            )
        yield Desk(engine, info, settings, interrupts)
    finally:
        interrupts.end()
        await engine.close()
