"""Reporting bugs of this program: the traceback goes to a file, and one sentence to the user."""

from __future__ import annotations

import traceback

from refsheet_tui import paths
from refsheet_tui.errors import RefsheetError, StorageError
from refsheet_tui.i18n import _


def write_crash_report(error: Exception) -> RefsheetError:
    """Append the traceback to a log file, and return an error that tells the user of the file."""
    problem = _("Unexpected error: {kind}.").format(kind=type(error).__name__)
    try:
        log = paths.ensure_dir(paths.log_dir()) / "crash.log"
        with log.open("a", encoding="utf-8") as file:
            traceback.print_exception(type(error), error, error.__traceback__, file=file)
    except (StorageError, OSError):
        return RefsheetError(
            problem, _("Make the log folder writable so the details can be saved.")
        )
    return RefsheetError(
        problem, _("Please report this problem and attach the file {file}.").format(file=log)
    )
