"""`refsheet chats`: what was said, from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refsheet_tui.cli.chat_changes import delete, goto, rename, set_note, update

if TYPE_CHECKING:
    from refsheet_tui.chats.library import Library
    from refsheet_tui.chats.shelf import Chat

_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.group()
def chats() -> None:
    """Your chats: list, read, search, change, import, export and delete them."""


for _change in (delete, goto, rename, set_note, update):
    chats.add_command(_change)


@chats.command("list")
@click.option("--character", metavar="NAME", help="Only with this one.")
@_JSON
def list_chats(character: str | None, as_json: bool) -> None:
    """All chats, the one used last first."""
    from refsheet_tui.cli.library import find_character, opened, print_json, when

    with opened() as library:
        whose = find_character(library, character).id if character else None
        found = [
            (chat, _with_whom(library, chat)) for chat in library.chats.latest(character=whose)
        ]
    if as_json:
        print_json({"chats": [_chat_json(chat, name) for chat, name in found]})
        return
    for chat, name in found:
        click.echo(f"{chat.id:>5}  {when(chat.used)}  {name:<16}  {chat.title}")
    if not found:
        click.echo("There are no chats yet. Keep one: refsheet talk ember --save", err=True)


@chats.command()
@click.argument("chat", type=int)
@click.option("--all", "everything", is_flag=True, help="With what was said beside it.")
@_JSON
def show(chat: int, everything: bool, as_json: bool) -> None:
    """What was said in a chat, as it ends now; * marks that where there is more."""
    from refsheet_tui.cli.chat_text import message_json, message_text
    from refsheet_tui.cli.library import opened, print_json

    with opened() as library:
        found = library.chats.get(chat)
        name = _with_whom(library, found)
        path = library.tree.path(found.leaf) if found.leaf is not None else ()
        said = library.tree.all_of(chat) if everything else path
    if as_json:
        messages = [message_json(each) for each in said]
        print_json({**_chat_json(found, name), "leaf": found.leaf, "messages": messages})
        return
    click.echo(f"{found.title}\n")
    on_path = {each.id for each in path}
    for each in said:
        text = message_text(each, name)
        if everything:
            mark = "*" if each.id in on_path else " "
            answered = f", answers {each.parent}" if each.parent is not None else ""
            text = f"{mark} [{each.id}{answered}] {text}"
        click.echo(f"{text}\n")


@chats.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@_JSON
def search(words: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find messages that hold all of WORDS, in any language."""
    from refsheet_tui.chats.search import search as run_search
    from refsheet_tui.cli.library import highlighted, opened, print_json, when

    with opened() as library:
        found = run_search(library.database, " ".join(words), limit)
    if as_json:
        matches = [
            {
                "chat": each.chat,
                "message": each.message,
                "text": str(each.excerpt),
                "created": each.created,
            }
            for each in found
        ]
        print_json({"matches": matches})
        return
    for each in found:
        click.echo(f"{each.chat:>5}  {when(each.created)}  {highlighted(each.excerpt)}")


@chats.command("export")
@click.argument("chat", type=int)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Over a file that is there.")
def export_chat(chat: int, file: Path, force: bool) -> None:
    """Write a chat as FILE.json (all of it), FILE.jsonl (for SillyTavern) or FILE.md (to read)."""
    from refsheet_tui.chats.files import write_chat
    from refsheet_tui.cli.library import opened

    with opened() as library:
        remark = write_chat(library, library.chats.get(chat), file, force=force)
    if remark:
        click.echo(remark, err=True)
    click.echo(f"Written to {file}.")


@chats.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--character", metavar="NAME", help="Whom it was held with.")
@_JSON
def import_chats(files: tuple[str, ...], character: str | None, as_json: bool) -> None:
    """Add chats: refsheet's own, SillyTavern's JSONL, lists of messages with role and content."""
    from refsheet_tui.cli.chat_files import keep_draft, read_drafts
    from refsheet_tui.cli.library import opened, print_json

    # All of them are read before one is kept: what fails can be tried again as it was.
    drafts = read_drafts(files)
    with opened() as library:
        made = [keep_draft(library, draft, character) for draft in drafts]
        named = [(each, _with_whom(library, each)) for each in made]
    if as_json:
        print_json({"chats": [_chat_json(chat, name) for chat, name in named]})
        return
    for chat, name in named:
        click.echo(f"{chat.id:>5}  {name or '(nobody)'}: {chat.title}")
        if not name:
            click.echo(f"To talk on: refsheet chats update {chat.id} --character NAME", err=True)


def _with_whom(library: Library, chat: Chat) -> str:
    from refsheet_tui.untrusted import one_line

    if chat.version is None:
        return ""
    return one_line(library.characters.at(chat.version).profile.name)


def _chat_json(chat: Chat, name: str) -> dict[str, Any]:
    return {
        "id": chat.id,
        "title": chat.title,
        "character": name or None,
        "created": chat.created,
        "used": chat.used,
    }
