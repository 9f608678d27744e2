"""`refsheet characters lorebook`: what a character's lorebook tells the model, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import click

from refsheet_tui.characters import (
    EntryExplanation,
    Lorebook,
    RenderedProfile,
    ScanContext,
    count_estimate,
    explain_lorebook,
    import_notice,
)
from refsheet_tui.chats import count_texts
from refsheet_tui.cli.console import print_json, print_note
from refsheet_tui.cli.library import find_character, open_library
from refsheet_tui.cli.options import model_options, read_config
from refsheet_tui.cli.reply_console import run
from refsheet_tui.config import Config
from refsheet_tui.engine import LocalEngine
from refsheet_tui.errors import RefsheetError
from refsheet_tui.prompting import language
from refsheet_tui.untrusted import clean_text, one_line
from refsheet_tui.weights import build_load_settings

# The context that a model is loaded with to count tokens, which needs next to no memory.
_SMALLEST_CONTEXT = 256
_MAX_PREVIEW = 200  # characters of an entry's text


@click.command()
@model_options
@click.option("--try", "text", metavar="TEXT", help="Show what a message with TEXT would trigger.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.argument("name")
def lorebook(name: str, text: str | None, as_json: bool, **options: Any) -> None:
    """Show every entry of a character's lorebook.

    Each entry is shown with what triggers it, how many tokens it takes, and why it is told or left
    out.
    """
    config = read_config(options)
    with open_library() as library:
        profile = find_character(library, name).profile
    book = RenderedProfile(profile, language(profile.language)).lorebook()
    if not book.entries:
        if as_json:
            print_json({"entries": []})
        else:
            click.echo(f"{one_line(profile.name) or 'This character'} has no lorebook.", err=True)
            if notice := import_notice(book):
                print_note(notice)
        return
    counts, is_exact = _count_tokens(book, config)
    messages = [clean_text(text)] if text is not None else []
    entries = explain_lorebook(book, ScanContext(messages), counts, config.context_size)
    budget = book.budget_in(config.context_size)
    if as_json:
        print_json(
            {
                "budget": budget,
                "exact": is_exact,
                "recursive": book.is_recursive,
                "scan_depth": book.scan_depth,
                "entries": [_entry_json(each) for each in entries],
            }
        )
        return
    _print_entries(entries, is_exact=is_exact, is_tried=text is not None)
    told_tokens = sum(each.tokens for each in entries if each.is_told)
    mark = "" if is_exact else "about "
    unit = "entry" if len(entries) == 1 else "entries"
    verb = "is" if told_tokens == 1 else "are"
    click.echo(f"{len(entries):,} {unit}; {mark}{told_tokens:,} of {budget:,} tokens {verb} told.")
    if notice := import_notice(book):
        print_note(notice)


def _count_tokens(book: Lorebook, config: Config) -> tuple[Mapping[str, int], bool]:
    """Return the tokens of each entry's text, and True if they are exact.

    Without a model they are estimated.
    """
    texts = [entry.content for entry in book.entries]
    try:
        return run(lambda: _count_with_model(texts, config)), True
    except RefsheetError as error:
        print_note(f"{error} The numbers of tokens are estimates.")
        return {text: count_estimate(text) for text in texts}, False


async def _count_with_model(texts: Sequence[str], config: Config) -> Mapping[str, int]:
    """Count tokens with the model of the settings, of which only the tokenizer is needed.

    Without a projector, a GPU and repacking, hardly any of its file is read.
    """
    settings = replace(
        build_load_settings(config),
        mmproj=None,
        context_size=_SMALLEST_CONTEXT,
        gpu_layers=0,
        repack=False,
        cache=None,
    )
    engine = LocalEngine()
    try:
        await engine.load(settings)
        return await count_texts(engine, texts)
    finally:
        await engine.close()


def _entry_json(explanation: EntryExplanation) -> dict[str, Any]:
    entry = explanation.entry
    return {
        "name": entry.label,
        "keys": [*(key.text for key in entry.keys), *entry.patterns],
        "trigger": explanation.trigger,
        "tokens": explanation.tokens,
        "told": explanation.is_told,
        "status": explanation.status.value,
        "reason": explanation.reason,
        "content": entry.content,
    }


def _print_entries(entries: Sequence[EntryExplanation], *, is_exact: bool, is_tried: bool) -> None:
    for each in entries:
        mark = "" if is_exact else "~"
        unit = "token" if each.tokens == 1 else "tokens"
        click.echo(f"{one_line(each.entry.label)} ({mark}{each.tokens:,} {unit})")
        text = one_line(each.entry.content)
        click.echo(f"  {text[:_MAX_PREVIEW]}{'…' if len(text) > _MAX_PREVIEW else ''}")
        click.echo(f"  Trigger: {each.trigger}")
        if is_tried or each.is_notable:
            click.echo(f"  {each.reason}")
