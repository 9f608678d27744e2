"""`refsheet ask`: one question, one answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from refsheet_tui.chats import Conversation
from refsheet_tui.cli.exits import InterruptedByPersonError
from refsheet_tui.cli.options import Settings
from refsheet_tui.cli.pictures import check_pictures
from refsheet_tui.cli.replies import loaded
from refsheet_tui.prompting import Turn
from refsheet_tui.untrusted import clean


async def ask(
    settings: Settings, images: Sequence[Path], question: str, system: str | None
) -> None:
    """Answer `question` about the pictures, in the order they are given."""
    check_pictures(images)
    async with loaded(settings) as desk:
        views = map(desk.vision.require_view, images)
        opening = Turn("user", (*views, clean(question)))
        conversation = Conversation(
            desk.engine,
            settings.generation,
            opening,
            clean(system) if system else None,
            context_size=desk.info.context_size,
        )
        if settings.dump_prompt:
            await desk.print_prompt(await conversation.prompt())
            return
        await desk.print_reply(conversation.reply())
        if desk.interrupts.stopped_reply:
            raise InterruptedByPersonError
