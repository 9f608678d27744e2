"""`refsheet characters`: the user's characters on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from refsheet_tui.characters import (
    PROFILE_KEYS,
    repair_mojibake,
    search_characters,
    write_card,
)
from refsheet_tui.cli.cards import read_import
from refsheet_tui.cli.character_making import add, describe, edit
from refsheet_tui.cli.console import print_json
from refsheet_tui.cli.library import (
    character_json,
    find_character,
    format_excerpt,
    format_time,
    open_library,
)
from refsheet_tui.cli.lorebook import lorebook
from refsheet_tui.errors import NotFoundError
from refsheet_tui.untrusted import clean_text, one_line

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def characters() -> None:
    """Manage your characters."""


characters.add_command(add)
characters.add_command(edit)
characters.add_command(describe)
characters.add_command(lorebook)


@characters.command("list")
@_JSON
def list_characters(as_json: bool) -> None:
    """List all characters, most recently used first."""
    with open_library() as library:
        saved_characters = library.characters.latest_characters()
    if as_json:
        print_json({"characters": [character_json(each) for each in saved_characters]})
        return
    for each in saved_characters:
        name = one_line(each.profile.name) or "(no name)"
        click.echo(f"{each.id:>5}  {format_time(each.last_used)}  {each.profile.language:<8}{name}")
    if not saved_characters:
        click.echo("No characters yet. Create one: refsheet characters add IMAGE", err=True)


@characters.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@_JSON
def search(words: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find characters by name, tags, or description, in any language."""
    with open_library() as library:
        results = search_characters(library.database, " ".join(words), limit)
    if as_json:
        matches = [
            {"id": each.character, "name": each.name, "text": str(each.excerpt)} for each in results
        ]
        print_json({"matches": matches})
        return
    for each in results:
        click.echo(f"{each.character:>5}  {format_excerpt(each.excerpt)}")


@characters.command()
@click.argument("name")
@_JSON
def show(name: str, as_json: bool) -> None:
    """Show everything about a character."""
    with open_library() as library:
        character = find_character(library, name)
        pictures = library.characters.picture_paths(character)
    if as_json:
        print_json({**character_json(character), "pictures": [str(path) for path in pictures]})
        return
    fields = character.profile.model_dump(exclude_defaults=True, exclude={"card", "card_outside"})
    for field, value in {**fields, **_card_texts(character.profile.card)}.items():
        text = ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
        click.echo(f"{field}: {clean_text(text)}")
    for path in pictures:
        click.echo(f"picture: {path}")


def _card_texts(card: dict[str, Any]) -> dict[str, str]:
    """Return the texts of a card that a profile has no field for."""
    texts = {key: repair_mojibake(value) for key, value in card.items() if isinstance(value, str)}
    return {key: text for key, text in texts.items() if text.strip() and key not in PROFILE_KEYS}


@characters.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--sheet", metavar="IMAGE", help="Reference sheet, for a card without a picture.")
@click.option(
    "--language",
    metavar="CODE",
    help="Language, if the card names none. By default, that of its texts.",
)
@_JSON
def import_cards(
    files: tuple[str, ...], sheet: str | None, language: str | None, as_json: bool
) -> None:
    """Import character cards (PNG, JSON, YAML, or CHARX)."""
    # All files are read before anything is saved, so that a failed command can be repeated.
    card_imports = [read_import(file, sheet, language) for file in files]
    with open_library() as library:
        new_characters = [each.save(library) for each in card_imports]
    if as_json:
        print_json({"characters": [character_json(each) for each in new_characters]})
        return
    for each, card_import in zip(new_characters, card_imports, strict=True):
        click.echo(f"{each.id:>5}  Imported {one_line(each.profile.name)}.")
        if card_import.detected_language is not None:
            click.echo(
                f"       Language: {card_import.detected_language.native}. To change it:"
                f" refsheet characters edit {each.id} --language CODE",
                err=True,
            )


@characters.command("export")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def export_card(name: str, file: Path, force: bool) -> None:
    """Export a character as a card for other apps. FILE ends in .png or .json."""
    with open_library() as library:
        character = find_character(library, name)
        write_card(character.profile, library.characters.sheet_path(character), file, force=force)
    click.echo(f"Saved {file}.")


@characters.command()
@click.argument("name")
@click.option("--undo", is_flag=True, help="Restore it; NAME must be its number.")
@_JSON
def delete(name: str, undo: bool, as_json: bool) -> None:
    """Delete a character but not its chats. You can undo this for a month."""
    with open_library() as library:
        if undo:
            if not name.isdecimal():
                raise NotFoundError(
                    "To restore a character, use its number.", "'delete' showed the number."
                )
            library.characters.undelete_character(int(name))
            character_id = library.characters.get_character(int(name)).id
        else:
            character_id = find_character(library, name).id
            library.characters.delete_character(character_id)
    if as_json:
        print_json({"character": character_id, "deleted": not undo})
    elif undo:
        click.echo(f"Character {character_id} restored.")
    else:
        click.echo(f"Deleted. To undo: refsheet characters delete {character_id} --undo")
