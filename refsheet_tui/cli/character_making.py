"""`refsheet characters add`, `edit` and `describe`: profiles by the user or by the model."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import closing
from typing import Any

import click

from refsheet_tui.characters import Profile, default_name
from refsheet_tui.cli.describe import keep, portray
from refsheet_tui.cli.library import character_json, find_character, open_library, print_json
from refsheet_tui.cli.options import read_settings, reply_options
from refsheet_tui.cli.partner import PartnerResolver
from refsheet_tui.cli.pictures import find_picture
from refsheet_tui.cli.profiles import changed, edited, profile_options
from refsheet_tui.cli.reply_console import run
from refsheet_tui.prompting import choose_language

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@profile_options
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...")
@_JSON
def add(images: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """Create a character. The first IMAGE is its reference sheet."""
    spoken = choose_language(given.pop("language"), os.environ)
    pictures = [find_picture(image) for image in images]
    unnamed = Profile(language=spoken.code, name=default_name(pictures[0]))
    profile = changed(unnamed, given)
    with open_library() as library:
        made = library.characters.add_character(profile, pictures)
    if as_json:
        print_json(character_json(made))
    else:
        name = shlex.quote(profile.name) or made.id
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
    pictures: tuple[str, ...], character: str, undo: bool, as_json: bool, **given: Any
) -> None:
    """Edit a character, by options or else in your text editor.

    Existing chats keep the character as it was; see refsheet chats update.
    """
    said = {key: value for key, value in given.items() if value not in (None, ())}
    if not (said or pictures or undo or sys.stdin.isatty()):
        raise click.UsageError("Specify a change, such as --description TEXT.")
    with open_library() as library:
        kept = find_character(library, character)
        if undo:
            made = library.characters.undo_edit(kept.id)
        else:
            profile = changed(kept.profile, said) if said or pictures else edited(kept.profile)
            if profile is None:
                click.echo("No changes.", err=True)
                return
            paths = [find_picture(picture) for picture in pictures]
            made = library.characters.edit_character(kept.id, profile, paths or None)
    if as_json:
        print_json(character_json(made))
    else:
        back = "Change undone." if undo else "Saved. To undo:"
        click.echo(back if undo else f"{back} refsheet characters edit {made.id} --undo")


@click.command()
@reply_options
@click.option("--language", metavar="LANGUAGE", help="Language of the character and the texts.")
@click.option("--again", is_flag=True, help="Rewrite existing texts.")
@click.option("--save", is_flag=True, help="Save without asking.")
@click.argument("character", metavar="IMAGE|NAME|SAMPLE")
def describe(character: str, language: str | None, again: bool, save: bool, **given: Any) -> None:
    """Let the model write a character's profile.

    It looks at the pictures and writes the description, personality, tags, and greeting. In a
    terminal, you can edit them before they are saved.
    """
    settings = read_settings(given)
    with closing(PartnerResolver((), None, language or settings.config.language)) as resolver:
        partner = resolver.find(character)
        begun = resolver.profile(partner)
        profile = run(lambda: portray(settings, partner, begun, again=again))
        keep(resolver, partner, profile, save=save, as_json=settings.as_json)
