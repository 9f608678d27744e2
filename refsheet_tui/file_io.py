"""Writing files as a whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from refsheet_tui.errors import StorageError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import one_line

OTHER_NAME_OR_FORCE = "Choose another name, or add --force."
CHOOSE_ANOTHER_LOCATION = N_("Choose another location.")

_IS_WINDOWS = os.name == "nt"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_DISK_FULL_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# File systems without hard links, such as FAT and some network shares.
_NO_LINK_ERRORS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
# Windows opens a device under these names, in every folder and with every extension.
_WINDOWS_DEVICES = frozenset(
    ("CON", "PRN", "AUX", "NUL", *(f"{name}{n}" for name in ("COM", "LPT") for n in range(1, 10)))
)
_WINDOWS_BAD_CHARACTERS = frozenset('<>:"|?*')


def atomic_write(file: Path, data: bytes, *, durable: bool = False) -> None:
    """Replace the content of `file`: readers find either the old content or the new one.

    The folder is created, readable only by the user. The permissions of an existing file stay.
    With `durable`, the file is on the disk when this returns, even if the power fails then. Raises
    `OSError`.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary_file = _temporary_file_beside(file)
    try:
        with temporary_file.open("xb") as out:
            out.write(data)
            if durable:
                out.flush()
                os.fsync(out.fileno())
        _copy_permissions(file, temporary_file)
        temporary_file.replace(file)
    except OSError:
        with suppress(OSError):
            temporary_file.unlink(missing_ok=True)
        raise


def make_private(path: Path) -> None:
    """Take a file or folder of the user's from everyone else, if that is possible."""
    with suppress(OSError):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & _OTHERS:
            path.chmod(mode & ~_OTHERS)


@contextmanager
def open_new_file(
    file: Path,
    *,
    force: bool = False,
    advice: str = OTHER_NAME_OR_FORCE,
    is_private: bool = False,
) -> Iterator[BinaryIO]:
    """Open a file that the user asked for, and give it its name when all of it is written.

    If anything fails, an existing file stays as it was. A symbolic link stays one, and a device is
    written to directly.

    Args:
        file: The file, in an existing folder.
        force: Replace a file that exists, with its permissions; it must not be read-only.
        advice: The remedy in the error for a file that exists.
        is_private: Nobody else may read a file that is new.

    Yields:
        The stream to write to.

    Raises:
        StorageError: The file exists or can't be written. Errors of other files, which the caller
            reads, are raised as they are.
    """
    target = _resolve_links(file)
    temporary_file = _temporary_file_beside(target)
    try:
        mode = _check_target(file, force=force, advice=advice)
        if mode is not None and not stat.S_ISREG(mode):
            with file.open("wb") as out:
                yield out
            return
        with temporary_file.open("xb") as out:
            if is_private:
                make_private(temporary_file)
            yield out
            out.flush()
            os.fsync(out.fileno())
        if mode is not None:
            _copy_permissions(target, temporary_file)
            temporary_file.replace(target)
        else:
            _rename_without_replacing(temporary_file, target)
    except OSError as error:
        own_names = (None, *map(str, (file, target, temporary_file)))
        if error.filename not in own_names:
            raise
        if isinstance(error, FileExistsError):
            raise _exists_error(file, advice) from error
        raise write_error(file, error) from error
    finally:
        with suppress(OSError):
            temporary_file.unlink(missing_ok=True)


def write_new_file(
    file: Path,
    data: bytes,
    *,
    force: bool = False,
    advice: str = OTHER_NAME_OR_FORCE,
) -> None:
    """Write a file that the user asked for, as `open_new_file` does.

    An existing file is replaced only with `force`; otherwise it is an error, with `advice` as its
    remedy. Raises `StorageError`.
    """
    with open_new_file(file, force=force, advice=advice) as out:
        out.write(data)


def write_error(file: Path, error: OSError, remedy: str = CHOOSE_ANOTHER_LOCATION) -> StorageError:
    """Return the error for a file that can't be written.

    Args:
        file: The file, as the user named it.
        error: Why it can't be written.
        remedy: What to do, untranslated. It is not used for a full disk or a missing folder.
    """
    name, folder = one_line(str(file)), one_line(str(_resolve_links(file).parent))
    if is_disk_full(error):
        return StorageError(
            _("Can't write {file}: no space left in {folder}.").format(file=name, folder=folder),
            _("Free up some space there, or choose another location."),
        )
    if error.errno == errno.ENOENT:
        return StorageError(
            _("Can't write {file}: the folder {folder} doesn't exist.").format(
                file=name, folder=folder
            ),
            _("Create the folder, or choose another location."),
        )
    if error.errno == errno.ENAMETOOLONG:
        return StorageError(
            _("Can't write {file}: the name is too long.").format(file=name),
            _("Choose a shorter name."),
        )
    reason = error.strerror or type(error).__name__
    return StorageError(
        _("Can't write {file}: {reason}.").format(file=name, reason=reason), _(remedy)
    )


def is_disk_full(error: OSError) -> bool:
    """Return True if there is no space left, or the user's quota or the file is full."""
    return error.errno in _DISK_FULL_ERRORS


def is_read_only(mode: int) -> bool:
    """Return True if nobody may write to a file with this mode, although `rename` could."""
    return not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)


def is_windows_name(name: str) -> bool:
    """Return False if Windows can't have a file of this name."""
    stem = name.partition(".")[0].rstrip().upper()
    has_bad_character = any(each in _WINDOWS_BAD_CHARACTERS or each < " " for each in name)
    return not has_bad_character and name == name.rstrip(". ") and stem not in _WINDOWS_DEVICES


def _check_target(file: Path, *, force: bool, advice: str) -> int | None:
    """Return the mode of an existing file that may be replaced; None if there is none.

    Raises `StorageError`, `OSError`.
    """
    if _IS_WINDOWS and not is_windows_name(file.name):
        raise StorageError(
            _("Can't write {file}: Windows doesn't allow this name.").format(
                file=one_line(str(file))
            ),
            _("Choose another name."),
        )
    try:
        mode = file.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise StorageError(
            _("Can't write {file}: it is a folder.").format(file=one_line(str(file))),
            _("Add a file name."),
        )
    if not force:
        raise _exists_error(file, advice)
    if is_read_only(mode) or not os.access(file, os.W_OK):
        raise StorageError(
            _("Can't write {file}: it is read-only.").format(file=one_line(str(file))),
            _("Choose another name, or make the file writable."),
        )
    return mode


def _exists_error(file: Path, advice: str) -> StorageError:
    return StorageError(_("{file} already exists.").format(file=one_line(str(file))), advice)


def _resolve_links(file: Path) -> Path:
    """Return the absolute path of a file. Raises `StorageError` if no file can have this name."""
    try:
        return Path(os.path.realpath(file))
    except ValueError as error:  # a NUL, or a letter that file names can't have here
        raise StorageError(
            _("Can't write {file}: no file can have this name.").format(file=one_line(str(file))),
            _("Choose another name."),
        ) from error


def _temporary_file_beside(file: Path) -> Path:
    """Return a file in the same folder. Its name is short, because the file's may be the longest.

    The name begins with a period, so that it is hidden if it stays after a power cut.
    """
    return file.parent / f".refsheet-{secrets.token_hex(6)}.tmp"


def _copy_permissions(file: Path, temporary_file: Path) -> None:
    """Give the temporary file the permissions of the file that it will replace, if there is one."""
    with suppress(OSError):
        temporary_file.chmod(stat.S_IMODE(file.stat().st_mode))


def _rename_without_replacing(temporary_file: Path, target: Path) -> None:
    """Give a file its name. Raises `FileExistsError` if the name was taken meanwhile."""
    if _IS_WINDOWS:
        temporary_file.rename(target)  # Windows never replaces a file here
        return
    try:
        target.hardlink_to(temporary_file)
    except OSError as error:
        if error.errno not in _NO_LINK_ERRORS:
            raise
        target.open("xb").close()  # takes the name, which the next line replaces
        temporary_file.replace(target)


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name; where that isn't possible, copy it. Raises `OSError`."""
    try:
        target.hardlink_to(source)
    except OSError as error:
        if error.errno not in _NO_LINK_ERRORS:
            raise
        copy = _temporary_file_beside(target)
        try:
            shutil.copy2(source, copy)
            with copy.open("rb+") as file:
                os.fsync(file.fileno())
            copy.rename(target)  # complete under its name, or not there
        finally:
            copy.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Write the names of a folder's files to the disk, so that they outlast a power cut."""
    with suppress(OSError):  # Windows can't open a folder, and some file systems can't do this
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class JsonFile:
    """A file with a JSON object that the program can do without, such as an estimate."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> dict[str, object]:
        """Return the object; empty if the file is missing or damaged."""
        with suppress(OSError, ValueError):
            content = json.loads(self._file.read_text(encoding="utf-8"))
            if isinstance(content, dict):
                return content
        return {}

    def write(self, content: dict[str, object]) -> None:
        """Replace the object. Errors are ignored, because the values can be computed again."""
        with suppress(OSError):
            atomic_write(self._file, json.dumps(content, indent=1).encode())
