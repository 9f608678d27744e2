"""The models: what there is, what fits this machine, and which one speaks."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.widgets import DataTable, Static

from refsheet_tui.i18n import N_, _
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.dialogs.confirm import QuestionScreen
from refsheet_tui.tui.dialogs.confirm_download import get_model
from refsheet_tui.tui.dialogs.guarded import guarded
from refsheet_tui.tui.messages import SettingsWanted
from refsheet_tui.tui.models.descriptions import HEADINGS, about, cells, not_whole, of_machine
from refsheet_tui.tui.models.downloads import Transfer
from refsheet_tui.tui.models.manager import Models
from refsheet_tui.tui.models.progress import progress_of
from refsheet_tui.tui.models.verification import Verifying
from refsheet_tui.tui.screens.model_file import ModelFileScreen, files_wanted
from refsheet_tui.tui.screens.report import ReportScreen
from refsheet_tui.tui.session import EngineState
from refsheet_tui.tui.translation.translated_screen import Translated
from refsheet_tui.tui.widgets.footer import KeyLine
from refsheet_tui.tui.widgets.heading import Heading
from refsheet_tui.tui.widgets.progress_line import ProgressLine
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights.choice import DEMO, ModelChoice, choose_model
from refsheet_tui.weights.shop import Pair
from refsheet_tui.weights.sizes import in_gb
from refsheet_tui.weights.store import State
from refsheet_tui.weights.table import Row

_TICK_S = 0.25
_STATE_COLUMN = "state"
# That of "100 %", which comes and goes with a download.
_LEAST_WIDTH = 5


class ModelsScreen(Translated[None]):
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (118, "-wide")]  # noqa: RUF012

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", N_("Back"), id="models.back"),
        Binding("u", "use", N_("Use"), key_display="enter", id="models.use"),
        Binding("d", "download", N_("Download"), id="models.download"),
        Binding("p", "pause", N_("Pause"), id="models.pause"),
        Binding("v", "verify", N_("Verify"), id="models.verify"),
        Binding("x,delete", "remove", N_("Remove"), key_display="x", id="models.remove"),
        Binding("o", "open", N_("From disk"), id="models.open"),
    ]

    def __init__(self, models: Models) -> None:
        super().__init__()
        self._models = models
        self._rows: dict[str, Row] = {}
        self._asked = 0
        self._verifying: Verifying | None = None

    def compose(self) -> ComposeResult:
        yield Heading(f"RefSheet · {_('Models')}")
        with Container(id="models"):
            yield DataTable(cursor_type="row", id="models-table")
            with VerticalScroll(id="model", can_focus=False):
                yield Static(id="about-model", markup=False)
        yield ProgressLine(id="transfer")
        yield ProgressLine(id="verifying")
        yield Static(id="machine", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self._begin()
        self.watch(self.app, "transfer", self._transfer_changed)
        self.watch(self.app, "engine_state", self._engine_changed, init=False)
        self.set_interval(_TICK_S, self._show_progress)

    def on_unmount(self) -> None:
        if self._verifying is not None:
            self._verifying.stop()

    async def retranslate(self) -> None:
        self._rows = {}  # the new table has none yet
        await super().retranslate()
        self._begin()

    def _begin(self) -> None:
        self._table.focus()
        self._measure()

    @property
    def _table(self) -> DataTable[Text]:
        return self.query_one("#models-table", DataTable)

    @property
    def _is_there(self) -> bool:
        """False while the screen is taken down: what was begun before may end only then."""
        return self.is_attached and bool(self.query("#models-table"))

    @property
    def _chosen(self) -> Row | None:
        """The one that the cursor is on."""
        table = self._table
        if not table.row_count:
            return None
        key = table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value
        return self._rows.get(key or "")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what runs can be paused."""
        return action != "pause" or self._models.downloads.transfer is not None

    # What is shown.

    @work(group="measure", exclusive=True)
    @guarded
    async def _measure(self) -> None:
        """The models stand there before the machine is measured."""
        self._say_machine(measuring=True)
        await self._show_rows()
        await self._models.measure()
        if self._is_there:
            await self._show_rows()
        if self._is_there:
            self._say_machine(measuring=False)

    @work(group="rows", exclusive=True)
    @guarded
    async def _reload(self) -> None:
        await self._show_rows()

    async def _show_rows(self) -> None:
        self._asked = asked = self._asked + 1
        rows, offered = await in_thread(self._looked)
        if not self._is_there or asked != self._asked:  # the person has left; there is newer
            return
        chosen = self._chosen
        at = chosen.name if chosen is not None else offered
        self._rows = {row.name: row for row in rows}
        table = self._table
        table.clear(columns=True)
        lines = [cells(row, self._models.downloads.transfer) for row in rows]
        for (key, heading), column in zip(HEADINGS, zip(*lines, strict=True), strict=True):
            # Measured here: the table measures when it is idle, and may have drawn by then.
            width = max(cell_len(_(heading)), _LEAST_WIDTH, *(cell.cell_len for cell in column))
            table.add_column(_(heading), key=key, width=width)
        for row, line in zip(rows, lines, strict=True):
            table.add_row(*line, key=row.name)
        table.move_cursor(row=next((i for i, row in enumerate(rows) if row.name == at), 0))
        self._show_about()

    def _looked(self) -> tuple[list[Row], str]:
        """All there are, and which to begin with: the one in use, or what to have instead of the
        demo. Reads files."""
        in_use = self._models.config.model
        offered = self._models.offered() if in_use == DEMO else None
        return self._models.rows(), offered.name if offered is not None else in_use

    def on_data_table_row_highlighted(self) -> None:
        if self._is_there:
            self._show_about()

    def _show_about(self) -> None:
        row = self._chosen
        self.query_one("#about-model", Static).update(about(row) if row is not None else "")

    def _say_machine(self, *, measuring: bool) -> None:
        words = of_machine(self._models.measured, measuring=measuring)
        self.query_one("#machine", Static).update(words)

    def _transfer_changed(self, before: Transfer | None, now: Transfer | None) -> None:
        if (before is None) != (now is None):
            self.refresh_bindings()
            self._reload()
        elif now is not None and now.name in self._rows and self._is_there:
            state = cells(self._rows[now.name], now)[2]
            self._table.update_cell(now.name, _STATE_COLUMN, state)
        self._show_progress()

    def _engine_changed(self, before: EngineState, now: EngineState) -> None:
        """Another model is in use."""
        if before.phase != now.phase:
            self._reload()

    def _show_progress(self) -> None:
        if not self._is_there:
            return
        transfer, verifying = self._models.downloads.transfer, self._verifying
        self.query_one("#transfer", ProgressLine).show(progress_of(transfer) if transfer else None)
        self.query_one("#verifying", ProgressLine).show(verifying.progress if verifying else None)

    # What is done.

    async def on_data_table_row_selected(self) -> None:
        await self.action_use()

    def action_back(self) -> None:
        self.dismiss(None)

    @guarded
    async def action_use(self) -> None:
        row = self._chosen
        if row is None:
            return
        if row.entry is not None and row.state is not State.WHOLE:
            raise not_whole(row)
        if row.in_use:  # once more, where it could not be loaded before
            self.post_message(SettingsWanted({"model": row.name}))
        else:
            self.post_message(SettingsWanted({"model": row.name, "mmproj": None}))

    def action_download(self) -> None:
        row = self._chosen
        if row is not None and row.entry is None:
            self.notify(_("It is here already."), timeout=3)
        elif row is not None:
            self.run_worker(self._get(row), group="get", exclusive=True)

    @guarded
    async def _get(self, row: Row) -> None:
        await get_model(self.app, self._models, row)

    def action_pause(self) -> None:
        self._models.downloads.pause()

    @guarded
    async def action_verify(self) -> None:
        row = self._chosen
        if row is None:
            return
        if self._verifying is not None:
            self.notify(_("One at a time: another model is being looked through."), timeout=4)
            return
        self.run_worker(self._verify(row), group="verify")

    @guarded
    async def _verify(self, row: Row) -> None:
        self._verifying = Verifying(self._pair(row))
        try:
            report = await self._verifying.run()
        finally:
            self._verifying = None
        if report is not None and self._is_there:
            self._show_progress()
            self.app.push_screen(ReportScreen(row.title, report))
            self._reload()

    def _pair(self, row: Row) -> Pair:
        """Raises `WeightsError` for what is not there."""
        shop, config = self._models.shop(), self._models.config
        if row.entry is None:
            mmproj = config.mmproj if row.in_use else None
            return shop.chosen(choose_model(row.name, mmproj, shop.store))
        if row.state in (State.ABSENT, State.PARTIAL):
            raise not_whole(row)
        return shop.pair(row.name)

    @guarded
    async def action_remove(self) -> None:
        row = self._chosen
        if row is None:
            return
        if row.entry is None:
            self.notify(_("Only what was downloaded can be removed."), timeout=4)
        elif row.state is State.ABSENT:
            self.notify(_("It is not on this machine."), timeout=3)
        else:
            self.run_worker(self._remove(row), group="remove", exclusive=True)

    @guarded
    async def _remove(self, row: Row) -> None:
        in_use = _("It is the model in use: choose another one afterwards.") if row.in_use else ""
        again = _("It can be had again only by downloading it.")
        question = QuestionScreen(
            _("Remove the files of {model}?").format(model=one_line(row.title)),
            f"{again} {in_use}".strip(),
            yes=_("Remove"),
            no=_("Keep it"),
            is_risky=True,
        )
        if await self.app.push_screen_wait(question):
            gone, freed = await in_thread(partial(self._models.shop().remove, row.name))
            words = (
                _("{size} freed.").format(size=in_gb(freed))
                if gone
                else _("All of it belongs to another model, too.")
            )
            self.notify(words, timeout=4)
            self._reload()

    @guarded
    async def action_open(self) -> None:
        self.app.push_screen(ModelFileScreen(self._models.shop()), self._opened)

    def _opened(self, choice: ModelChoice | None) -> None:
        if choice is not None:
            self.post_message(files_wanted(choice))
