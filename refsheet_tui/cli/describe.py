"""`refsheet characters describe`: the model looks at a sheet and writes the profile."""

from __future__ import annotations

import sys
from contextlib import aclosing

import click

from refsheet_tui.characters import PROFILE_FIELDS, CharacterWriter, Profile, ProfileField
from refsheet_tui.chats import with_own_settings
from refsheet_tui.cli.console import ReplyPrinter, StatusLine, note
from refsheet_tui.cli.exits import InterruptedByUserError
from refsheet_tui.cli.library import print_json
from refsheet_tui.cli.options import Settings
from refsheet_tui.cli.partner import Partner, PartnerResolver
from refsheet_tui.cli.pictures import open_pictures
from refsheet_tui.cli.profiles import edited
from refsheet_tui.cli.reply_console import ReplyConsole, load_model

_KEEP, _EDIT, _DROP = "save", "edit", "discard"


async def portray(
    settings: Settings, partner: Partner, profile: Profile, *, again: bool
) -> Profile:
    """Let the model write the missing fields of `profile`, and return the result.

    `again` writes all fields. Raises `RefsheetError`, `InterruptedByUserError`.
    """
    character = partner.character
    opened = open_pictures((character.sheet, *character.extra_pictures))
    async with load_model(settings, opened) as console:
        sheet, *extras = map(
            console.vision.require_view, (character.sheet, *character.extra_pictures)
        )
        portrayal = CharacterWriter(
            console.engine,
            with_own_settings(settings.generation, profile.generation, settings.given),
            character.language,
            sheet,
            extras,
            profile,
        )
        fields = PROFILE_FIELDS if again else portrayal.missing_fields()
        if not fields:
            note("Nothing to write. To rewrite existing texts: --again")
        for what in fields:
            await _write(console, portrayal, what)
        return portrayal.profile


async def _write(console: ReplyConsole, portrayal: CharacterWriter, what: ProfileField) -> None:
    printer = None if console.settings.as_json else ReplyPrinter(as_json=False, label=f"{what}: ")
    try:
        with console.interrupts.reply():
            async with StatusLine() as status, aclosing(portrayal.write_field(what)) as events:
                async for event in events:
                    status.on_event(event)
                    if printer is not None:
                        printer.on_event(event)
    finally:
        if printer is not None:
            printer.end()
    if console.interrupts.stopped_reply:
        raise InterruptedByUserError


def keep(
    resolver: PartnerResolver, partner: Partner, profile: Profile, *, save: bool, as_json: bool
) -> None:
    """Save the character if `save` is set or the user says so, and print the result.

    The user is asked only in a terminal. Raises `PictureError`, `StorageError`.
    """
    if not save and not as_json and sys.stdin.isatty():
        save, profile = _asked(profile)
    number = None
    if save:
        number = resolver.rewrite(partner, profile).id
    if as_json:
        written = {
            "description": profile.description,
            "personality": profile.card.get("personality", ""),
            "tags": profile.tags,
            "greeting": profile.greeting,
        }
        print_json({"character": number, **written})
    elif number is not None:
        click.echo(
            f"Saved. To export a card: refsheet characters export {number} FILE.png", err=True
        )
    else:
        click.echo("Not saved. To save without asking: --save", err=True)


def _asked(profile: Profile) -> tuple[bool, Profile]:
    while True:
        choice = click.prompt(
            "Save, edit, or discard?",
            type=click.Choice([_KEEP, _EDIT, _DROP]),
            default=_KEEP,
            err=True,
        )
        if choice != _EDIT:
            return choice == _KEEP, profile
        profile = edited(profile) or profile
