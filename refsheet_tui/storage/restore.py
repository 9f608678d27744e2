"""Putting a library that was unpacked from a backup in the place of the user's own."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing, nullcontext, suppress
from datetime import datetime
from pathlib import Path
from time import time

from refsheet_tui.errors import StorageError
from refsheet_tui.file_io import sync_folder
from refsheet_tui.i18n import _
from refsheet_tui.storage.layout import DATABASE_NAME, PICTURES_FOLDER
from refsheet_tui.storage.library_lock import lock_database, lock_library
from refsheet_tui.storage.untold import mark_as_told, mark_as_untold, untold_paths

# Before the time, in the names of folders: the restored library while it is not in its place, what
# is left of its folder then, and the previous library.
_RESTORED, _FINISHED, _PREVIOUS = ".restored-", ".restore-finished-", "before-restore-"
# A file in the first of them, once the previous library is out of the way.
_PREVIOUS_IS_MOVED = "previous-is-moved"
_STALE_S = 24 * 3600.0
_COMPANION_SUFFIXES = ("-wal", "-shm", ".damaged")


def install_backup(folder: Path, data_folder: Path) -> Path | None:
    """Replace the library in `data_folder` by the one that was unpacked into `folder`.

    If the program is killed meanwhile, `finish_restore` does the rest.

    Args:
        folder: A complete library, in another folder on the same disk.
        data_folder: The folder of the user's library.

    Returns:
        The folder that the previous library was moved to; None if there was none.

    Raises:
        StorageError: The files can't be moved.
    """
    restored_folder = data_folder / f"{_RESTORED}{datetime.now():%Y%m%d-%H%M%S}"
    with lock_library(data_folder / DATABASE_NAME):
        finish_restore(data_folder)
        try:
            for path in folder.rglob("*"):
                _sync(path)
            folder.rename(restored_folder)
            sync_folder(data_folder)
        except OSError as error:
            raise _not_replaced_error(data_folder, error) from error
        return finish_restore(data_folder)


def is_restore_unfinished(data_folder: Path) -> bool:
    """Return True if a restore was interrupted while it replaced the library."""
    return _find_restored(data_folder) is not None


def finish_restore(data_folder: Path) -> Path | None:
    """Finish a restore that was interrupted while it replaced the library.

    Each step can be done again. The folder of the restored library is removed by the last one. The
    caller has the lock of `lock_library`.

    Returns:
        The folder that the previous library was moved to; None if there was none, or nothing to
        finish.

    Raises:
        StorageError: The files can't be moved.
    """
    restored_folder = _find_restored(data_folder)
    if restored_folder is None:
        return None
    time_of_restore = restored_folder.name.removeprefix(_RESTORED)
    previous_folder = data_folder / f"{_PREVIOUS}{time_of_restore}"
    marker = restored_folder / _PREVIOUS_IS_MOVED
    try:
        if not marker.exists():
            _move_previous(data_folder, previous_folder)
            marker.touch()
            sync_folder(restored_folder)
        for path in _library_paths(restored_folder):
            if path.exists():
                # What another process has written there meanwhile.
                _move_aside([data_folder / path.name], previous_folder)
                path.rename(data_folder / path.name)
        sync_folder(data_folder)
        if previous_folder.exists():
            mark_as_untold(previous_folder)
        # Under its name, the next start would take it for a restore that has just begun.
        finished_folder = data_folder / f"{_FINISHED}{time_of_restore}"
        restored_folder.rename(finished_folder)
    except OSError as error:
        raise _not_replaced_error(data_folder, error) from error
    shutil.rmtree(finished_folder, ignore_errors=True)
    return previous_folder if previous_folder.exists() else None


def untold_previous_folders(data_folder: Path) -> list[Path]:
    """Return the folders of previous libraries that nobody was told of."""
    return untold_paths(data_folder, f"{_PREVIOUS}*")


def remove_leftovers(data_folder: Path) -> None:
    """Remove what restores and recoveries have left that were killed a day ago or earlier.

    They had not begun to replace anything.
    """
    earliest = time() - _STALE_S
    for path in (
        *data_folder.glob(".restore-*"),
        *data_folder.glob(f"{DATABASE_NAME}.recovering*"),
    ):
        with suppress(OSError):
            if path.stat().st_mtime > earliest:
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _move_previous(data_folder: Path, previous_folder: Path) -> None:
    database = data_folder / DATABASE_NAME
    with lock_database(database) if database.exists() else nullcontext():
        _move_aside(_library_paths(data_folder), previous_folder)
    sync_folder(data_folder)


def _move_aside(paths: Iterable[Path], folder: Path) -> None:
    """Move files and folders that exist into `folder`, under names that are free there."""
    for path in filter(Path.exists, paths):
        folder.mkdir(mode=0o700, exist_ok=True)
        target, number = folder / path.name, 1
        while target.exists():
            number += 1
            target = folder / f"{path.name}-{number}"
        path.rename(target)
        sync_folder(folder)


def remove_if_empty(previous_folder: Path) -> bool:
    """Remove a previous library that holds nothing. Return False if it may hold something.

    It is only read: one that is damaged, or that has a picture or any other file, stays.
    """
    database = previous_folder / DATABASE_NAME
    own_names = {DATABASE_NAME, f"{DATABASE_NAME}-wal", f"{DATABASE_NAME}-shm"}
    if {path.name for path in previous_folder.rglob("*") if path.is_file()} - own_names:
        return False
    query = "SELECT EXISTS (SELECT 1 FROM characters) OR EXISTS (SELECT 1 FROM chats)"
    try:
        with closing(
            sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
        ) as reader:
            if reader.execute(query).fetchone() != (0,):
                return False
    except sqlite3.Error:
        return False
    shutil.rmtree(previous_folder, ignore_errors=True)
    mark_as_told(previous_folder)
    return True


def _find_restored(data_folder: Path) -> Path | None:
    return max(data_folder.glob(f"{_RESTORED}*"), default=None)


def _library_paths(folder: Path) -> list[Path]:
    """Return the files of a library that there may be, and a recovery that waits to be finished."""
    companions = (f"{DATABASE_NAME}{suffix}" for suffix in _COMPANION_SUFFIXES)
    paths = [folder / name for name in (DATABASE_NAME, *companions, PICTURES_FOLDER)]
    return [*paths, *folder.glob(f"{DATABASE_NAME}.recover*")]


def _sync(path: Path) -> None:
    """Write a file, or the names in a folder, to the disk. Raises `OSError`."""
    if path.is_dir():
        sync_folder(path)
        return
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _not_replaced_error(data_folder: Path, error: OSError) -> StorageError:
    return StorageError(
        _("Can't replace the library in {folder}: {reason}.").format(
            folder=data_folder, reason=error.strerror
        ),
        _("Make the folder writable, and start RefSheet again: it will finish the restore."),
    )
