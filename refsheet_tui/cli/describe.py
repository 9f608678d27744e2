"""`refsheet characters describe`: the model looks at a sheet and writes the profile."""

from __future__ import annotations

import sys
from contextlib import aclosing

import click

from refsheet_tui.characters import PROFILE_FIELDS, CharacterWriter, Profile, ProfileField
from refsheet_tui.chats import with_own_settings
from refsheet_tui.cli.console import ReplyPrinter, StatusLine, print_json, print_note
from refsheet_tui.cli.exits import InterruptedByUserError
from refsheet_tui.cli.options import Settings
from refsheet_tui.cli.partner import Partner, PartnerResolver
from refsheet_tui.cli.pictures import open_pictures
from refsheet_tui.cli.profiles import edit_profile
from refsheet_tui.cli.reply_console import ReplyConsole, load_model

_SAVE, _EDIT, _DISCARD = "save", "edit", "discard"


async def write_profile(
    settings: Settings, partner: Partner, profile: Profile, *, again: bool
) -> Profile:
    """Let the model write the missing fields of `profile`, and return the result.

    `again` writes all fields. Raises `RefsheetError`, `InterruptedByUserError`.
    """
    character = partner.character
    images_by_path = open_pictures((character.sheet, *character.extra_pictures))
    async with load_model(settings, images_by_path) as console:
        sheet, *extras = map(
            console.vision.require_view, (character.sheet, *character.extra_pictures)
        )
        writer = CharacterWriter(
            console.engine,
            with_own_settings(
                settings.generation, profile.generation, settings.generation_overrides
            ),
            character.language,
            sheet,
            extras,
            profile,
            console.info.context_size,
        )
        fields = PROFILE_FIELDS if again else writer.missing_fields()
        if not fields:
            print_note("Nothing to write. To rewrite existing texts: --again")
        for field in fields:
            await _write(console, writer, field)
        return writer.profile


async def _write(console: ReplyConsole, writer: CharacterWriter, field: ProfileField) -> None:
    printer = None if console.settings.as_json else ReplyPrinter(as_json=False, label=f"{field}: ")
    try:
        with console.interrupts.reply():
            async with StatusLine() as status, aclosing(writer.write_field(field)) as events:
                async for event in events:
                    status.on_event(event)
                    if printer is not None:
                        printer.on_event(event)
    finally:
        if printer is not None:
            printer.end()
    if console.interrupts.stopped_reply:
        raise InterruptedByUserError


def save_or_discard(
    resolver: PartnerResolver, partner: Partner, profile: Profile, *, save: bool, as_json: bool
) -> None:
    """Save the character if `save` is set or the user says so, and print the result.

    The user is asked only in a terminal. Raises `PictureError`, `StorageError`.
    """
    if not save and not as_json and sys.stdin.isatty():
        save, profile = _ask_to_save(profile)
    character_id = None
    if save:
        character_id = resolver.save_profile(partner, profile).id
    if as_json:
        texts = {
            "description": profile.description,
            "personality": profile.card.get("personality", ""),
            "tags": profile.tags,
            "greeting": profile.greeting,
        }
        print_json({"character": character_id, **texts})
    elif character_id is not None:
        click.echo(
            f"Saved. To export a card: refsheet characters export {character_id} FILE.png", err=True
        )
    else:
        click.echo("Not saved. To save without asking: --save", err=True)


def _ask_to_save(profile: Profile) -> tuple[bool, Profile]:
    while True:
        choice = click.prompt(
            "Save, edit, or discard?",
            type=click.Choice([_SAVE, _EDIT, _DISCARD]),
            default=_SAVE,
            err=True,
        )
        if choice != _EDIT:
            return choice == _SAVE, profile
        profile = edit_profile(profile) or profile
