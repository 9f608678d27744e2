"""Reading untrusted files up to a limit, with errors that name the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from refsheet_tui.errors import RefsheetError, UntrustedFileError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted.text import one_line

T = TypeVar("T")


def read_file(path: Path, limit: int, read: Callable[[bytes], T], too_large: RefsheetError) -> T:
    """Read and parse a file of a limited size.

    Args:
        path: The file.
        limit: The most bytes that it may have.
        read: Parses the bytes of the file. Its errors may be of the class of `too_large`, or
            `UntrustedFileError`.
        too_large: The error for a file with more bytes. All errors are raised as its class.

    Returns:
        The result of `read`.

    Raises:
        RefsheetError: The file can't be read or parsed. The error is of the class of `too_large`,
            and names the file.
    """
    kind, name = type(too_large), one_line(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except FileNotFoundError as error:
        raise kind(
            _("{file} doesn't exist.").format(file=name), _("Check the folder and the file name.")
        ) from error
    except IsADirectoryError as error:
        raise kind(
            _("{file} is a folder, not a file.").format(file=name),
            _("Choose a file in that folder."),
        ) from error
    except OSError as error:
        raise kind(
            _("Can't read {file}: {reason}.").format(file=name, reason=error.strerror),
            _("Check the path and its permissions."),
        ) from error
    try:
        if len(data) > limit:
            raise too_large
        return read(data)
    except (kind, UntrustedFileError) as error:
        raise kind(f"{name}: {error.problem}", error.remedy) from error
