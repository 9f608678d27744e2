"""`refsheet characters describe`: a card, written by looking at the sheet."""

from __future__ import annotations

import sys
from contextlib import aclosing

import click

from refsheet_tui.characters.profile import Profile
from refsheet_tui.chats.portrayal import FIELDS, Field, Portrayal
from refsheet_tui.cli.console import ReplyPrinter, Status, note
from refsheet_tui.cli.exits import InterruptedByPersonError
from refsheet_tui.cli.library import print_json
from refsheet_tui.cli.options import Settings
from refsheet_tui.cli.pictures import check_pictures
from refsheet_tui.cli.profiles import edited
from refsheet_tui.cli.replies import Desk, loaded
from refsheet_tui.cli.speaker import Speaker, Speakers

_KEEP, _EDIT, _DROP = "keep", "edit", "drop"


async def portray(
    settings: Settings, speaker: Speaker, profile: Profile, *, again: bool
) -> Profile:
    """`profile` with what the model wrote. Raises `RefsheetError`, `InterruptedByPersonError`."""
    character = speaker.character
    check_pictures((character.sheet, *character.extras))
    async with loaded(settings) as desk:
        sheet, *extras = map(desk.vision.require_view, (character.sheet, *character.extras))
        portrayal = Portrayal(
            desk.engine,
            settings.of_its_own(profile.generation),
            character.language,
            sheet,
            extras,
            profile,
        )
        fields = FIELDS if again else portrayal.missing()
        if not fields:
            note("All of it is written already. To write it anew: --again")
        for what in fields:
            await _write(desk, portrayal, what)
        return portrayal.profile


async def _write(desk: Desk, portrayal: Portrayal, what: Field) -> None:
    printer = None if desk.settings.as_json else ReplyPrinter(as_json=False, label=f"{what}: ")
    with desk.interrupts.reply():
        async with Status() as status, aclosing(portrayal.write(what)) as events:
            async for event in events:
                status.event(event)
                if printer is not None:
                    printer.event(event)
    if printer is not None:
        printer.end()
    if desk.interrupts.stopped_reply:
        raise InterruptedByPersonError


def keep(
    speakers: Speakers, speaker: Speaker, profile: Profile, *, save: bool, as_json: bool
) -> None:
    """Ask what is to become of it, where nobody said. Raises `PictureError`, `StorageError`."""
    if not save and not as_json and sys.stdin.isatty():
        save, profile = _asked(profile)
    number = None
    if save:
        number = speakers.rewrite(speaker, profile).id
    if as_json:
        written = {
            "description": profile.description,
            "personality": profile.card.get("personality", ""),
            "tags": profile.tags,
            "greeting": profile.greeting,
        }
        print_json({"character": number, **written})
    elif number is not None:
        click.echo(f"It is kept. As a card: refsheet characters export {number} FILE.png", err=True)
    else:
        click.echo("Nothing was kept; --save does.", err=True)


def _asked(profile: Profile) -> tuple[bool, Profile]:
    while True:
        choice = click.prompt(
            "Keep it, edit it first, or drop it?",
            type=click.Choice([_KEEP, _EDIT, _DROP]),
            default=_KEEP,
            err=True,
        )
        if choice != _EDIT:
            return choice == _KEEP, profile
        profile = edited(profile) or profile
