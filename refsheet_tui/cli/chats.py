"""`refsheet chats`: the user's chats on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from refsheet_tui.chats import Chat, Library, search_messages, write_chat
from refsheet_tui.cli.chat_changes import delete, goto, rename, set_note, update
from refsheet_tui.cli.chat_files import read_drafts, save_draft
from refsheet_tui.cli.chat_text import message_json, message_text
from refsheet_tui.cli.console import print_json
from refsheet_tui.cli.library import (
    find_character,
    format_excerpt,
    format_time,
    open_library,
)
from refsheet_tui.untrusted import one_line

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def chats() -> None:
    """Manage your chats."""


for _change in (delete, goto, rename, set_note, update):
    chats.add_command(_change)


@chats.command("list")
@click.option("--character", metavar="NAME", help="Only chats with this character.")
@_JSON
def list_chats(character: str | None, as_json: bool) -> None:
    """List all chats, most recent first."""
    with open_library() as library:
        character_id = find_character(library, character).id if character else None
        chats_and_names = [
            (chat, _character_name(library, chat))
            for chat in library.chats.latest_chats(character=character_id)
        ]
    if as_json:
        print_json({"chats": [_chat_json(chat, name) for chat, name in chats_and_names]})
        return
    for chat, name in chats_and_names:
        click.echo(f"{chat.id:>5}  {format_time(chat.last_used)}  {name:<16}  {chat.title}")
    if not chats_and_names:
        click.echo("No chats yet. Start one: refsheet talk ember --save", err=True)


@chats.command()
@click.argument("chat", type=int)
@click.option("--all", "all_branches", is_flag=True, help="Include all branches.")
@_JSON
def show(chat: int, all_branches: bool, as_json: bool) -> None:
    """Show the messages of a chat. With --all, * marks the current branch."""
    with open_library() as library:
        saved_chat = library.chats.get_chat(chat)
        name = _character_name(library, saved_chat)
        path = library.tree.path_to(saved_chat.leaf) if saved_chat.leaf is not None else ()
        messages = library.tree.messages_of_chat(chat) if all_branches else path
    if as_json:
        message_objects = [message_json(each) for each in messages]
        print_json(
            {**_chat_json(saved_chat, name), "leaf": saved_chat.leaf, "messages": message_objects}
        )
        return
    click.echo(f"{saved_chat.title}\n")
    on_path = {each.id for each in path}
    for each in messages:
        text = message_text(each, name)
        if all_branches:
            mark = "*" if each.id in on_path else " "
            parent = f", answers {each.parent}" if each.parent is not None else ""
            text = f"{mark} [{each.id}{parent}] {text}"
        click.echo(f"{text}\n")


@chats.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@_JSON
def search(words: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find messages that contain all WORDS, in any language."""
    with open_library() as library:
        results = search_messages(library.database, " ".join(words), limit)
    if as_json:
        matches = [
            {
                "chat": each.chat,
                "message": each.message,
                "text": str(each.excerpt),
                "created": each.created,
            }
            for each in results
        ]
        print_json({"matches": matches})
        return
    for each in results:
        click.echo(f"{each.chat:>5}  {format_time(each.created)}  {format_excerpt(each.excerpt)}")


@chats.command("export")
@click.argument("chat", type=int)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def export_chat(chat: int, file: Path, force: bool) -> None:
    """Export a chat.

    FILE ends in .json (complete), .jsonl (for SillyTavern), or .md (to read).
    """
    with open_library() as library:
        notice = write_chat(library, library.chats.get_chat(chat), file, force=force)
    if notice:
        click.echo(notice, err=True)
    click.echo(f"Saved {file}.")


@chats.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--character", metavar="NAME", help="Character of the chats.")
@_JSON
def import_chats(files: tuple[str, ...], character: str | None, as_json: bool) -> None:
    """Import chats.

    FILE is a RefSheet or SillyTavern chat, or a list of messages with role and content. Damaged
    lines are left out.
    """
    # All files are read before anything is saved, so that a failed command can be repeated.
    drafts = read_drafts(files)
    with open_library() as library:
        new_chats = [save_draft(library, draft, character) for draft in drafts]
        chats_and_names = [(each, _character_name(library, each)) for each in new_chats]
    if as_json:
        print_json({"chats": [_chat_json(chat, name) for chat, name in chats_and_names]})
        return
    for chat, name in chats_and_names:
        click.echo(f"{chat.id:>5}  {name or '(no character)'}: {chat.title}")
        if not name:
            click.echo(
                f"To continue it: refsheet chats update {chat.id} --character NAME", err=True
            )


def _character_name(library: Library, chat: Chat) -> str:
    if chat.character_version is None:
        return ""
    return one_line(library.characters.get_version(chat.character_version).profile.name)


def _chat_json(chat: Chat, name: str) -> dict[str, Any]:
    return {
        "id": chat.id,
        "title": chat.title,
        "character": name or None,
        "created": chat.created,
        "used": chat.last_used,
    }
