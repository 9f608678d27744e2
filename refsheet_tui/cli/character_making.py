"""`refsheet characters add`, `edit` and `describe`: who they are, said by the person or written by
the model."""

from __future__ import annotations

from typing import Any

import click

from refsheet_tui.cli.options import read_settings, reply_options
from refsheet_tui.cli.profiles import profile_options

_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.command()
@profile_options
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...")
@_JSON
def add(images: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """Make a character from its sheet, and more pictures of it."""
    import os
    import shlex

    from refsheet_tui.characters.profile import Profile, named_after
    from refsheet_tui.cli.library import character_json, opened, print_json
    from refsheet_tui.cli.pictures import find_picture
    from refsheet_tui.cli.profiles import changed
    from refsheet_tui.prompting import chosen_language

    spoken = chosen_language(given.pop("language"), os.environ)
    pictures = [find_picture(image) for image in images]
    unnamed = Profile(language=spoken.code, name=named_after(pictures[0]))
    profile = changed(unnamed, given)
    with opened() as library:
        made = library.characters.add(profile, pictures)
    if as_json:
        print_json(character_json(made))
    else:
        name = shlex.quote(profile.name) or made.id
        click.echo(f"It is here. To talk with it: refsheet talk {name} --save")


@click.command()
@profile_options
@click.option("--picture", "pictures", multiple=True, help="Instead of those it has; sheet first.")
@click.argument("character", metavar="NAME")
@click.option("--undo", is_flag=True, help="Back to what it was before the last change.")
@_JSON
def edit(
    pictures: tuple[str, ...], character: str, undo: bool, as_json: bool, **given: Any
) -> None:
    """Change a character. Without anything said, your editor opens.

    Chats that were begun with it stay as they are: refsheet chats update
    """
    import sys

    from refsheet_tui.cli.library import character_json, find_character, opened, print_json
    from refsheet_tui.cli.pictures import find_picture
    from refsheet_tui.cli.profiles import changed, edited

    said = {key: value for key, value in given.items() if value not in (None, ())}
    if not (said or pictures or undo or sys.stdin.isatty()):
        raise click.UsageError("Say what to change, such as --description TEXT.")
    with opened() as library:
        kept = find_character(library, character)
        if undo:
            made = library.characters.back(kept.id)
        else:
            profile = changed(kept.profile, said) if said or pictures else edited(kept.profile)
            if profile is None:
                click.echo("Nothing was changed.", err=True)
                return
            paths = [find_picture(picture) for picture in pictures]
            made = library.characters.edit(kept.id, profile, paths or None)
    if as_json:
        print_json(character_json(made))
    else:
        back = "It is what it was before." if undo else "Changed. To take it back:"
        click.echo(back if undo else f"{back} refsheet characters edit {made.id} --undo")


@click.command()
@reply_options
@click.option("--language", metavar="LANGUAGE", help="What it speaks, and is described in.")
@click.option("--again", is_flag=True, help="Also what is written already.")
@click.option("--save", is_flag=True, help="Keep it without asking.")
@click.argument("character", metavar="IMAGE|NAME|SAMPLE")
def describe(character: str, language: str | None, again: bool, save: bool, **given: Any) -> None:
    """Look at a character, and write down its description, personality, tags and greeting.

    On a terminal you can change them before they are kept.
    """
    from contextlib import closing

    from refsheet_tui.cli.describe import keep, portray
    from refsheet_tui.cli.replies import run
    from refsheet_tui.cli.speaker import Speakers

    settings = read_settings(given)
    with closing(Speakers((), None, language or settings.config.language)) as speakers:
        speaker = speakers.of(character)
        begun = speakers.profile(speaker)
        profile = run(lambda: portray(settings, speaker, begun, again=again))
        keep(speakers, speaker, profile, save=save, as_json=settings.as_json)
