"""`refsheet chats delete`, `goto`, `rename`, `note` and `update`: what can be done with a chat."""

from __future__ import annotations

import click

_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.command()
@click.argument("chat", type=int)
@click.option("--message", type=int, metavar="MESSAGE", help="This one, and all that came of it.")
@click.option("--undo", is_flag=True, help="Bring it back.")
@_JSON
def delete(chat: int, message: int | None, undo: bool, as_json: bool) -> None:
    """Delete a chat, or a message of it. It can be brought back for a month."""
    from refsheet_tui.cli.library import find_message, opened, print_json

    with opened() as library:
        if message is not None:
            found = find_message(library, chat, message, deleted=undo)
            if undo:
                library.tree.undelete(found)
            else:
                library.tree.delete(found)
        elif undo:
            library.chats.undelete(chat)
            library.chats.get(chat)
        else:
            library.chats.get(chat)
            library.chats.delete(chat)
    if as_json:
        print_json({"chat": chat, "message": message, "deleted": not undo})
        return
    if undo:
        what = f"Message {message} of chat {chat}" if message is not None else f"Chat {chat}"
        click.echo(f"{what} is back.")
    else:
        which = f"{chat} --message {message}" if message is not None else f"{chat}"
        click.echo(f"Deleted. To bring it back: refsheet chats delete {which} --undo")


@click.command()
@click.argument("chat", type=int)
@click.argument("message", type=int)
def goto(chat: int, message: int) -> None:
    """Let a chat end with a message of it, or with what came of that last.

    To go on behind a message itself: refsheet talk --chat CHAT --at MESSAGE
    """
    from refsheet_tui.cli.library import find_message, opened

    with opened() as library:
        end = library.tree.go_to(find_message(library, chat, message))
    click.echo(f"It ends with message {end.id} now.")


@click.command()
@click.argument("chat", type=int)
@click.argument("title")
def rename(chat: int, title: str) -> None:
    """Call a chat something else; "" takes its first words again."""
    from refsheet_tui.cli.library import opened
    from refsheet_tui.untrusted import clean

    with opened() as library:
        library.chats.get(chat)
        library.chats.rename(chat, clean(title))
        click.echo(f"It is called: {library.chats.get(chat).title}")


@click.command("note")
@click.argument("chat", type=int)
@click.argument("text", required=False)
def set_note(chat: int, text: str | None) -> None:
    """Show or change what the character is reminded of in a chat; "" for what its own note says."""
    from refsheet_tui.cli.library import opened
    from refsheet_tui.untrusted import clean

    with opened() as library:
        found = library.chats.get(chat)
        if text is not None:
            library.chats.set_note(chat, clean(text).strip())
            found = library.chats.get(chat)
    click.echo(found.note or "It has no note of its own.")


@click.command()
@click.argument("chat", type=int)
@click.option("--version", type=int, help="This one of the character, not its newest.")
@click.option("--character", metavar="NAME", help="For a chat that came in without one.")
def update(chat: int, version: int | None, character: str | None) -> None:
    """Hold a chat with its character as it is now. Without this it keeps the one it began with."""
    from refsheet_tui.cli.library import find_character, opened
    from refsheet_tui.errors import NotFoundError

    with opened() as library:
        found = library.chats.get(chat)
        if found.version is None:
            if character is None:
                raise NotFoundError(
                    f"Chat {chat} is held with nobody.", "Say with whom: --character NAME"
                )
            library.chats.move_to(chat, find_character(library, character).version)
            click.echo(f"Done. To go on: refsheet talk --chat {chat}")
            return
        if character is not None:
            raise NotFoundError(
                f"Chat {chat} is held with somebody already.", "Leave --character out."
            )
        before = library.characters.at(found.version)
        after = library.characters.get(before.id) if version is None else None
        after = after or library.characters.at(version or 0)
        if after.id != before.id:
            raise NotFoundError(
                f"Version {version} is of another character.", "Leave --version out."
            )
        library.chats.move_to(chat, after.version)
    if after.version == before.version:
        click.echo("It is held with this version already.")
    else:
        undo = f"refsheet chats update {chat} --version {before.version}"
        click.echo(f"Done; what was said is read anew once. To take it back: {undo}")
