"""Files from outside: no more of one is read than it may hold, and what is wrong names it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from refsheet_tui.errors import HostileFileError, RefsheetError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted.text import one_line

T = TypeVar("T")


def read_file(path: Path, limit: int, read: Callable[[bytes], T], too_large: RefsheetError) -> T:
    """What `read` makes of the bytes of a file, of which there are at most `limit`. What it raises
    is raised as an error of the kind of `too_large` that names the file."""
    kind, name = type(too_large), one_line(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise kind(
            _("{file} can't be read: {reason}.").format(file=name, reason=error.strerror),
            _("Check the path and its permissions."),
        ) from error
    try:
        if len(data) > limit:
            raise too_large
        return read(data)
    except (kind, HostileFileError) as error:
        raise kind(f"{name}: {error.problem}", error.remedy) from error
