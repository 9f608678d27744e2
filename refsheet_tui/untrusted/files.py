"""Reading untrusted files up to a limit, with errors that name the file."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from refsheet_tui.errors import RefsheetError, UntrustedFileError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted.text import one_line

T = TypeVar("T")
_WEB_ADDRESS = re.compile(r"(https?|ftp):[/\\]+", re.IGNORECASE)


def read_file(
    path: Path, limit: int, parse: Callable[[bytes], T], too_large_error: RefsheetError
) -> T:
    """Read and parse a file of a limited size.

    Args:
        path: The file. Anything else, such as a pipe, is refused.
        limit: The most bytes that it may have.
        parse: Parses the bytes of the file. Its errors may be of the class of `too_large_error`, or
            `UntrustedFileError`.
        too_large_error: The error for a file with more bytes. All errors are raised as its class,
            or as the subclass that `parse` raised.

    Returns:
        The result of `parse`.

    Raises:
        RefsheetError: The file can't be read or parsed. The error is of the class of
            `too_large_error`, and names the file.
    """
    error_class, name = type(too_large_error), one_line(str(path))
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise error_class(
                _("{file} is a folder, not a file.").format(file=name),
                _("Choose a file in that folder."),
            )
        if not stat.S_ISREG(mode):  # reading it could wait forever
            raise error_class(
                _("{file} is a device or pipe, not a file.").format(file=name),
                _("Save its content as a file first."),
            )
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except FileNotFoundError as error:
        address = _WEB_ADDRESS.match(name)
        if address is not None:  # a path has lost one of its slashes
            name = f"{address[1]}://{name[address.end() :]}"
            raise error_class(
                _("{file} is a web address, not a file.").format(file=name),
                _("Download the file first, and then choose it."),
            ) from error
        raise error_class(
            _("{file} doesn't exist.").format(file=name), _("Check the folder and the file name.")
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise error_class(
            _("Can't read {file}: {reason}.").format(file=name, reason=one_line(reason)),
            _("Check the path and its permissions."),
        ) from error
    try:
        if len(data) > limit:
            raise too_large_error
        return parse(data)
    except (error_class, UntrustedFileError) as error:
        raised_class = type(error) if isinstance(error, error_class) else error_class
        raise raised_class(f"{name}: {error.problem}", error.remedy) from error
