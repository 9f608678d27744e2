"""Mistakes of ours: the traceback goes to a file, one sentence to the person."""

from __future__ import annotations

import traceback

from refsheet_tui import paths
from refsheet_tui.errors import RefsheetError, StorageError
from refsheet_tui.i18n import _


def crash(error: Exception) -> RefsheetError:
    """Write the traceback down and say where."""
    problem = _("refsheet met a problem that it does not know: {kind}.").format(
        kind=type(error).__name__
    )
    try:
        log = paths.ensure_dir(paths.log_dir()) / "crash.log"
        with log.open("a", encoding="utf-8") as file:
            traceback.print_exception(type(error), error, error.__traceback__, file=file)
    except (StorageError, OSError):
        return RefsheetError(problem, _("Make the log folder writable to find out more."))
    return RefsheetError(problem, _("Please report it with the file {file}.").format(file=log))
