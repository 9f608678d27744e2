"""`refsheet backup` and `refsheet restore`: all that is the person's own, in one file."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

_FILE = click.argument("file", type=click.Path(path_type=Path))


@click.command()
@_FILE
@click.option("--force", is_flag=True, help="Over a file that is there.")
def backup(file: Path, force: bool) -> None:
    """Write characters, pictures and chats into one FILE, also while refsheet runs."""
    from refsheet_tui.cli.library import opened
    from refsheet_tui.errors import StorageError
    from refsheet_tui.paths import exists
    from refsheet_tui.storage.backup import write_backup
    from refsheet_tui.weights.sizes import in_gb

    if exists(file) and not force:
        raise StorageError(f"{file} exists.", "Give another name, or say --force.")
    with opened() as library:
        size = write_backup(library.database, file)
    click.echo(f"Written to {file}: {in_gb(size)}. To have it back: refsheet restore {file}")


def _is_empty(folder: Path) -> bool:
    """Whether nothing is lost with a library. One that can't be opened is kept."""
    from refsheet_tui.chats.library import Library
    from refsheet_tui.errors import StorageError

    try:
        library = Library.open(folder)
    except StorageError:
        return False
    try:
        return library.is_empty
    finally:
        library.close()


@click.command()
@_FILE
@click.option("--replace", is_flag=True, help="Put what is here aside, and take FILE instead.")
def restore(file: Path, replace: bool) -> None:
    """Bring back what 'refsheet backup' wrote. What is here is never overwritten."""
    import tempfile

    from refsheet_tui import paths
    from refsheet_tui.cli.library import opened
    from refsheet_tui.errors import BackupError
    from refsheet_tui.storage.backup import put_in_place, read_backup

    if not replace:
        # Not looked at otherwise: it may be one that can't be opened.
        with opened() as library:
            is_empty = library.is_empty
        if not is_empty:
            raise BackupError(
                "There are characters or chats here already, if only deleted ones.",
                "To put them aside and take the backup instead, say --replace.",
            )
    data = paths.ensure_dir(paths.data_dir())
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=data) as folder:
        unpacked = Path(folder) / "library"
        read_backup(file, unpacked)
        aside = put_in_place(unpacked, data)
    click.echo("Restored.")
    if aside is not None and _is_empty(aside):
        shutil.rmtree(aside)
    elif aside is not None:
        click.echo(f"What was here before is in {aside}.")
