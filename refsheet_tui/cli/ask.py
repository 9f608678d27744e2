"""`refsheet ask`: the answer to one question."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from refsheet_tui.chats import Branch, Library
from refsheet_tui.cli.exits import InterruptedByUserError
from refsheet_tui.cli.options import Settings, read_settings, reply_options
from refsheet_tui.cli.pictures import find_picture, open_pictures
from refsheet_tui.cli.reply_console import load_model, run
from refsheet_tui.untrusted import clean_text


async def answer(
    settings: Settings, images: Sequence[Path], question: str, system: str | None
) -> None:
    """Print the answer to `question` about the pictures, which the model sees in this order.

    `system` is the system prompt. Raises `InterruptedByUserError`, `RefsheetError`.
    """
    images_by_path = open_pictures(images)
    with Library.in_memory() as library:
        branch = Branch(library.tree, library.chats.create_chat(None).id)
        async with load_model(settings, images_by_path) as console:
            conversation = console.open_conversation(
                branch, None, clean_text(system) if system else ""
            )
            pictures = [conversation.open_picture(image) for image in images]
            conversation.add_user_message(clean_text(question), pictures)
            if settings.dump_prompt:
                await console.print_prompt(await conversation.prompt())
                return
            await console.print_reply(conversation.reply())
            if console.interrupts.stopped_reply:
                raise InterruptedByUserError


@click.command()
@reply_options
@click.option("--system", metavar="TEXT", help="System prompt.")
@click.argument("images", nargs=-1, metavar="[IMAGE]...")
@click.argument("prompt")
def ask(images: tuple[str, ...], prompt: str, system: str | None, **options: Any) -> None:
    """Answer one question, with or without pictures."""
    if not prompt.strip():
        raise click.UsageError("The prompt is empty.")
    settings = read_settings(options)
    pictures = [find_picture(image) for image in images]
    run(lambda: answer(settings, pictures, prompt, system))
