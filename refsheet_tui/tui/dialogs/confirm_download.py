"""The questions before a model is downloaded."""

from __future__ import annotations

from textual.app import App

from refsheet_tui.i18n import _
from refsheet_tui.tui.dialogs.confirmation import ConfirmScreen
from refsheet_tui.tui.models.manager import ModelCatalog
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights import CatalogEntry, FitVerdict, ModelManager, ModelRow, format_bytes


async def confirm_and_download(app: App[object], models: ModelCatalog, row: ModelRow) -> bool:
    """Start or resume a model's download if the user agrees.

    Must be called in a worker. Returns True if the user has agreed. Raises `RefsheetError`.
    """
    if row.catalog_entry is None or not await _confirm_size(app, row):
        return False
    manager = models.model_manager()
    if not manager.has_accepted_terms(row.catalog_entry) and not await _confirm_terms(
        app, manager, row.catalog_entry
    ):
        return False
    models.download(row.name, row.catalog_entry)
    return True


async def _confirm_size(app: App[object], row: ModelRow) -> bool:
    if row.fit is None or row.fit.verdict is not FitVerdict.TOO_LARGE:
        return True
    question = ConfirmScreen(
        _("{name} is too large for this computer.").format(name=one_line(row.title)),
        _("It needs {memory} of memory, so it can't be loaded on this computer.").format(
            memory=format_bytes(row.fit.memory.total)
        ),
        yes=_("Download anyway"),
        no=_("Cancel"),
        is_risky=True,
    )
    return await app.push_screen_wait(question)


async def _confirm_terms(app: App[object], manager: ModelManager, entry: CatalogEntry) -> bool:
    licence = manager.catalog.licence_of(entry)
    if licence is None:
        return True
    question = ConfirmScreen(
        _("To download {model}, you need to accept the {licence}.").format(
            licence=licence.title, model=entry.title
        ),
        f"{licence.notice}\n\n{_('Full terms:')} {licence.url}",
        yes=_("Accept"),
        no=_("Cancel"),
    )
    if not await app.push_screen_wait(question):
        return False
    manager.accept_terms(entry)
    return True
