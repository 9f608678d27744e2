"""`refsheet chats delete`, `goto`, `rename`, `note` and `update`: changes to a chat."""

from __future__ import annotations

import click

from refsheet_tui.cli.console import print_json
from refsheet_tui.cli.library import find_character, find_message, open_library
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
            message_to_change = find_message(library, chat, message, deleted=undo)
            if undo:
                library.tree.undelete_message(message_to_change)
            else:
                library.tree.delete_message(message_to_change)
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
        subject = f"Message {message} of chat {chat}" if message is not None else f"Chat {chat}"
        click.echo(f"{subject} restored.")
    else:
        arguments = f"{chat} --message {message}" if message is not None else f"{chat}"
        click.echo(f"Deleted. To undo: refsheet chats delete {arguments} --undo")


@click.command()
@click.argument("chat", type=int)
@click.argument("message", type=int)
def goto(chat: int, message: int) -> None:
    """Switch to the branch of a chat that contains MESSAGE.

    To start a new branch there: refsheet talk --chat CHAT --at MESSAGE
    """
    with open_library() as library:
        leaf = library.tree.select_newest_leaf(find_message(library, chat, message))
    click.echo(f"Switched. The last message is now {leaf.id}.")


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
        saved_chat = library.chats.get_chat(chat)
        if text is not None:
            library.chats.set_note(chat, clean_text(text).strip())
            saved_chat = library.chats.get_chat(chat)
    click.echo(saved_chat.note or "No author's note for this chat.")


@click.command()
@click.argument("chat", type=int)
@click.option("--version", type=int, help="Version of the character (default: newest).")
@click.option("--character", metavar="NAME", help="Character, for a chat without one.")
def update(chat: int, version: int | None, character: str | None) -> None:
    """Update a chat to the newest version of its character."""
    with open_library() as library:
        saved_chat = library.chats.get_chat(chat)
        if saved_chat.character_version is None:
            if character is None:
                raise NotFoundError(
                    f"Chat {chat} has no character.", "Choose one: --character NAME"
                )
            library.chats.set_character_version(chat, find_character(library, character).version)
            click.echo(f"Done. To continue: refsheet talk --chat {chat}")
            return
        if character is not None:
            raise NotFoundError(f"Chat {chat} already has a character.", "Omit --character.")
        old_version = library.characters.get_version(saved_chat.character_version)
        new_version = library.characters.get_character(old_version.id) if version is None else None
        new_version = new_version or library.characters.get_version(version or 0)
        if new_version.id != old_version.id:
            raise NotFoundError(
                f"Version {version} belongs to another character.", "Omit --version."
            )
        library.chats.set_character_version(chat, new_version.version)
    if new_version.version == old_version.version:
        click.echo("This chat already uses this version.")
    else:
        undo_command = f"refsheet chats update {chat} --version {old_version.version}"
        click.echo(f"Done. The model will process the chat again. To undo: {undo_command}")
