"""`refsheet characters add`, `edit` and `describe`: profiles by the user or by the model."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import closing
from typing import Any

import click

from refsheet_tui.characters import Profile, default_name
from refsheet_tui.cli.console import print_json
from refsheet_tui.cli.describe import save_or_discard, write_profile
from refsheet_tui.cli.library import character_json, find_character, open_library
from refsheet_tui.cli.options import read_settings, reply_options
from refsheet_tui.cli.partner import PartnerResolver
from refsheet_tui.cli.pictures import check_pictures, find_picture
from refsheet_tui.cli.profiles import apply_options, edit_profile, profile_options
from refsheet_tui.cli.reply_console import run
from refsheet_tui.prompting import choose_language

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@profile_options
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...")
@_JSON
def add(images: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Create a character. The first IMAGE is its reference sheet."""
    language = choose_language(options.pop("language"), os.environ)
    pictures = [find_picture(image) for image in images]
    check_pictures(pictures)
    default_profile = Profile(language=language.code, name=default_name(pictures[0]))
    profile = apply_options(default_profile, options)
    with open_library() as library:
        character = library.characters.add_character(profile, pictures)
    if as_json:
        print_json(character_json(character))
    else:
        name = shlex.quote(profile.name) or character.id
        click.echo(f"Created. To chat: refsheet talk {name} --save")


@click.command()
@profile_options
@click.option(
    "--picture", "pictures", multiple=True, help="Replace its pictures; reference sheet first."
)
@click.argument("character", metavar="NAME")
@click.option("--undo", is_flag=True, help="Undo the last change.")
@_JSON
def edit(
    pictures: tuple[str, ...], character: str, undo: bool, as_json: bool, **options: Any
) -> None:
    """Edit a character, by options or else in your text editor.

    Existing chats keep the character as it was; see refsheet chats update.
    """
    changes = {key: value for key, value in options.items() if value not in (None, ())}
    if not (changes or pictures or undo or sys.stdin.isatty()):
        raise click.UsageError("Specify a change, such as --description TEXT.")
    with open_library() as library:
        saved_character = find_character(library, character)
        if undo:
            edited_character = library.characters.undo_edit(saved_character.id)
        else:
            profile = (
                apply_options(saved_character.profile, changes)
                if changes or pictures
                else edit_profile(saved_character.profile)
            )
            if profile is None:
                click.echo("No changes.", err=True)
                return
            picture_paths = [find_picture(picture) for picture in pictures]
            check_pictures(picture_paths)
            edited_character = library.characters.edit_character(
                saved_character.id, profile, picture_paths or None
            )
    if as_json:
        print_json(character_json(edited_character))
    else:
        back = "Change undone." if undo else "Saved. To undo:"
        click.echo(
            back if undo else f"{back} refsheet characters edit {edited_character.id} --undo"
        )


@click.command()
@reply_options
@click.option("--language", metavar="LANGUAGE", help="Language of the character and the texts.")
@click.option("--again", is_flag=True, help="Rewrite existing texts.")
@click.option("--save", is_flag=True, help="Save without asking.")
@click.argument("character", metavar="IMAGE|NAME|SAMPLE")
def describe(character: str, language: str | None, again: bool, save: bool, **options: Any) -> None:
    """Let the model write a character's profile.

    It looks at the pictures and writes the description, personality, tags, and greeting. In a
    terminal, you can edit them before they are saved.
    """
    settings = read_settings(options)
    with closing(PartnerResolver((), None, language or settings.config.language)) as resolver:
        partner = resolver.find(character)
        current_profile = resolver.profile(partner)
        profile = run(lambda: write_profile(settings, partner, current_profile, again=again))
        save_or_discard(resolver, partner, profile, save=save, as_json=settings.as_json)
