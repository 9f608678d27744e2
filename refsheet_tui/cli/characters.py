"""`refsheet characters`: who there is to talk with, from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from refsheet_tui.cli.character_making import add, describe, edit

_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.group()
def characters() -> None:
    """Your characters: list, make, change, import, export and delete them."""


characters.add_command(add)
characters.add_command(edit)
characters.add_command(describe)


@characters.command("list")
@_JSON
def list_characters(as_json: bool) -> None:
    """All characters, the one used last first."""
    from refsheet_tui.cli.library import character_json, opened, print_json, when
    from refsheet_tui.untrusted import one_line

    with opened() as library:
        found = library.characters.latest()
    if as_json:
        print_json({"characters": [character_json(each) for each in found]})
        return
    for each in found:
        name = one_line(each.profile.name) or "(no name)"
        click.echo(f"{each.id:>5}  {when(each.used)}  {each.profile.language:<8}{name}")
    if not found:
        click.echo("There are no characters yet: refsheet characters add IMAGE", err=True)


@characters.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@_JSON
def search(words: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find characters by their names, tags and descriptions, in any language."""
    from refsheet_tui.characters.search import search as run_search
    from refsheet_tui.cli.library import highlighted, opened, print_json

    with opened() as library:
        found = run_search(library.database, " ".join(words), limit)
    if as_json:
        matches = [
            {"id": each.character, "name": each.name, "text": str(each.excerpt)} for each in found
        ]
        print_json({"matches": matches})
        return
    for each in found:
        click.echo(f"{each.character:>5}  {highlighted(each.excerpt)}")


@characters.command()
@click.argument("name")
@_JSON
def show(name: str, as_json: bool) -> None:
    """All that is known of a character."""
    from refsheet_tui.cli.library import character_json, find_character, opened, print_json
    from refsheet_tui.untrusted import clean

    with opened() as library:
        found = find_character(library, name)
        pictures = library.characters.pictures(found)
    if as_json:
        print_json({**character_json(found), "pictures": [str(path) for path in pictures]})
        return
    told = found.profile.model_dump(exclude_defaults=True, exclude={"card", "card_outside"})
    for field, value in {**told, **_texts(found.profile.card)}.items():
        shown = ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
        click.echo(f"{field}: {clean(shown)}")
    for path in pictures:
        click.echo(f"picture: {path}")


def _texts(card: dict[str, Any]) -> dict[str, str]:
    """What a card says in words, beside what every character has."""
    return {key: value for key, value in card.items() if isinstance(value, str) and value.strip()}


@characters.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--sheet", metavar="IMAGE", help="For a card without a picture.")
@click.option("--language", metavar="CODE", help="Where the card doesn't say.")
@_JSON
def import_cards(
    files: tuple[str, ...], sheet: str | None, language: str | None, as_json: bool
) -> None:
    """Add characters from cards: PNG, JSON, YAML or CHARX."""
    import os

    from refsheet_tui.cli.cards import read_import
    from refsheet_tui.cli.library import character_json, opened, print_json
    from refsheet_tui.prompting import chosen_language
    from refsheet_tui.untrusted import one_line

    code = chosen_language(language, os.environ).code
    # All of them are read before one is kept: what fails can be tried again as it was.
    found = [read_import(file, sheet, code) for file in files]
    with opened() as library:
        made = [each.keep(library) for each in found]
    if as_json:
        print_json({"characters": [character_json(each) for each in made]})
        return
    for each in made:
        click.echo(f"{each.id:>5}  {one_line(each.profile.name) or '(no name)'} is here.")


@characters.command("export")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Over a file that is there.")
def export_card(name: str, file: Path, force: bool) -> None:
    """Write a character as a card that any other program reads: FILE.png or FILE.json."""
    from refsheet_tui.characters.cards import write_card
    from refsheet_tui.cli.library import find_character, opened

    with opened() as library:
        kept = find_character(library, name)
        write_card(kept.profile, library.characters.sheet(kept), file, force=force)
    click.echo(f"Written to {file}.")


@characters.command()
@click.argument("name")
@click.option("--undo", is_flag=True, help="Bring it back; NAME is its number then.")
@_JSON
def delete(name: str, undo: bool, as_json: bool) -> None:
    """Delete a character. Its chats stay; it can be brought back for a month."""
    from refsheet_tui.cli.library import find_character, opened, print_json
    from refsheet_tui.errors import NotFoundError

    with opened() as library:
        if undo:
            if not name.isdecimal():
                raise NotFoundError("Only its number brings it back.", "'delete' said which.")
            library.characters.undelete(int(name))
            number = library.characters.get(int(name)).id
        else:
            number = find_character(library, name).id
            library.characters.delete(number)
    if as_json:
        print_json({"character": number, "deleted": not undo})
    elif undo:
        click.echo(f"Character {number} is back.")
    else:
        click.echo(f"Deleted. To bring it back: refsheet characters delete {number} --undo")
