"""`refsheet backup` and `refsheet restore`: everything of the user's in one file."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from refsheet_tui import paths
from refsheet_tui.cli.library import open_library
from refsheet_tui.errors import BackupError
from refsheet_tui.storage import (
    install_backup,
    mark_as_told,
    remove_if_empty,
    unpack_backup,
    write_backup,
)
from refsheet_tui.weights import format_bytes

_FILE = click.argument("file", type=click.Path(path_type=Path))


@click.command()
@_FILE
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def backup(file: Path, force: bool) -> None:
    """Save characters, pictures, and chats in FILE.

    This also works while RefSheet is running.
    """
    with open_library() as library:
        size = write_backup(library.database, file, force=force)
    click.echo(f"Saved {file} ({format_bytes(size)}). To restore it: refsheet restore {file}")


@click.command()
@_FILE
@click.option("--replace", is_flag=True, help="Move current data aside, and use FILE.")
def restore(file: Path, replace: bool) -> None:
    """Restore a backup from FILE. Current data is never overwritten."""
    if not replace:
        # With --replace the library is not opened, because it may be damaged.
        with open_library() as library:
            is_empty = library.is_empty
        if not is_empty:
            raise BackupError(
                "You already have characters or chats (they may be deleted ones).",
                "To move them aside and restore the backup, add --replace.",
            )
    data = paths.ensure_dir(paths.data_dir())
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=data) as folder:
        unpacked_folder = Path(folder) / "library"
        unpack_backup(file, unpacked_folder)
        previous_folder = install_backup(unpacked_folder, data)
    click.echo("Restored.")
    if previous_folder is not None and not remove_if_empty(previous_folder):
        click.echo(f"Your previous data is in {previous_folder}.")
        mark_as_told(previous_folder)
