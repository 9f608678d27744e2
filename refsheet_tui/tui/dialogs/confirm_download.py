"""What is asked before a model is downloaded."""

from __future__ import annotations

from textual.app import App

from refsheet_tui.i18n import _
from refsheet_tui.tui.dialogs.confirm import QuestionScreen
from refsheet_tui.tui.models.manager import Models
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights.catalog import Entry
from refsheet_tui.weights.fit import Verdict
from refsheet_tui.weights.shop import Shop
from refsheet_tui.weights.sizes import in_gb
from refsheet_tui.weights.table import Row


async def get_model(app: App[object], models: Models, row: Row) -> bool:
    """Let its download begin, or go on, once the person has agreed; whether they have. Only in a
    worker. Raises `RefsheetError`."""
    if row.entry is None or not await _agrees_to_its_size(app, row):
        return False
    shop = models.shop()
    if not shop.accepted(row.entry) and not await _accepts(app, shop, row.entry):
        return False
    models.download(row.name, row.entry)
    return True


async def _agrees_to_its_size(app: App[object], row: Row) -> bool:
    if row.fit is None or row.fit.verdict is not Verdict.TOO_LARGE:
        return True
    question = QuestionScreen(
        _("{name} is too large for this machine.").format(name=one_line(row.title)),
        _("It takes {memory} of memory and will not be loaded here.").format(
            memory=in_gb(row.fit.need.total)
        ),
        yes=_("Download it all the same"),
        no=_("Not now"),
        is_risky=True,
    )
    return await app.push_screen_wait(question)


async def _accepts(app: App[object], shop: Shop, entry: Entry) -> bool:
    licence = shop.catalog.licence(entry)
    if licence is None:
        return True
    question = QuestionScreen(
        _("{model} comes under the {licence}.").format(model=entry.title, licence=licence.title),
        f"{licence.notice}\n\n{_('Read them:')} {licence.url}",
        yes=_("Accept"),
        no=_("Not now"),
    )
    if not await app.push_screen_wait(question):
        return False
    shop.accept(entry)
    return True
