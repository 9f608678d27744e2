"""`refsheet chats delete`, `goto`, `rename`, `note` and `update`: changes to a chat."""

from __future__ import annotations

import click

from refsheet_tui.cli.library import find_character, find_message, open_library, print_json
from refsheet_tui.errors import NotFoundError
from refsheet_tui.untrusted import clean_text

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@click.argument("chat", type=int)
@click.option(
    "--message", type=int, metavar="MESSAGE", help="This message and everything after it."
)
@click.option("--undo", is_flag=True, help="Restore it.")
@_JSON
def delete(chat: int, message: int | None, undo: bool, as_json: bool) -> None:
    """Delete a chat or one of its messages. You can undo this for a month."""
    with open_library() as library:
        if message is not None:
            found = find_message(library, chat, message, deleted=undo)
            if undo:
                library.tree.undelete_message(found)
            else:
                library.tree.delete_message(found)
        elif undo:
            library.chats.undelete_chat(chat)
            library.chats.get_chat(chat)
        else:
            library.chats.get_chat(chat)
            library.chats.delete_chat(chat)
    if as_json:
        print_json({"chat": chat, "message": message, "deleted": not undo})
        return
    if undo:
        what = f"Message {message} of chat {chat}" if message is not None else f"Chat {chat}"
        click.echo(f"{what} restored.")
    else:
        which = f"{chat} --message {message}" if message is not None else f"{chat}"
        click.echo(f"Deleted. To undo: refsheet chats delete {which} --undo")


@click.command()
@click.argument("chat", type=int)
@click.argument("message", type=int)
def goto(chat: int, message: int) -> None:
    """Switch to the branch of a chat that contains MESSAGE.

    To start a new branch there: refsheet talk --chat CHAT --at MESSAGE
    """
    with open_library() as library:
        end = library.tree.select_newest_leaf(find_message(library, chat, message))
    click.echo(f"Switched. The last message is now {end.id}.")


@click.command()
@click.argument("chat", type=int)
@click.argument("title")
def rename(chat: int, title: str) -> None:
    """Rename a chat; "" restores the automatic title."""
    with open_library() as library:
        library.chats.get_chat(chat)
        library.chats.rename_chat(chat, clean_text(title))
        click.echo(f"Renamed to: {library.chats.get_chat(chat).title}")


@click.command("note")
@click.argument("chat", type=int)
@click.argument("text", required=False)
def set_note(chat: int, text: str | None) -> None:
    """Show or set the author's note of a chat. "" restores the character's own."""
    with open_library() as library:
        found = library.chats.get_chat(chat)
        if text is not None:
            library.chats.set_note(chat, clean_text(text).strip())
            found = library.chats.get_chat(chat)
    click.echo(found.note or "No author's note for this chat.")


@click.command()
@click.argument("chat", type=int)
@click.option("--version", type=int, help="Version of the character (default: newest).")
@click.option("--character", metavar="NAME", help="Character, for a chat without one.")
def update(chat: int, version: int | None, character: str | None) -> None:
    """Update a chat to the newest version of its character."""
    with open_library() as library:
        found = library.chats.get_chat(chat)
        if found.character_version is None:
            if character is None:
                raise NotFoundError(
                    f"Chat {chat} has no character.", "Choose one: --character NAME"
                )
            library.chats.set_character_version(chat, find_character(library, character).version)
            click.echo(f"Done. To continue: refsheet talk --chat {chat}")
            return
        if character is not None:
            raise NotFoundError(f"Chat {chat} already has a character.", "Omit --character.")
        before = library.characters.get_version(found.character_version)
        after = library.characters.get_character(before.id) if version is None else None
        after = after or library.characters.get_version(version or 0)
        if after.id != before.id:
            raise NotFoundError(
                f"Version {version} belongs to another character.", "Omit --version."
            )
        library.chats.set_character_version(chat, after.version)
    if after.version == before.version:
        click.echo("This chat already uses this version.")
    else:
        undo = f"refsheet chats update {chat} --version {before.version}"
        click.echo(f"Done. The model will process the chat again. To undo: {undo}")
