"""The models screen: choosing, downloading, verifying and removing models."""

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
from refsheet_tui.tui.dialogs.confirm_download import confirm_and_download
from refsheet_tui.tui.dialogs.confirmation import ConfirmScreen
from refsheet_tui.tui.dialogs.show_errors import show_errors
from refsheet_tui.tui.messages import ChangeSettings
from refsheet_tui.tui.models.descriptions import (
    HEADINGS,
    describe_machine,
    describe_model,
    incomplete_model_error,
    table_cells,
)
from refsheet_tui.tui.models.downloads import DownloadProgress
from refsheet_tui.tui.models.manager import ModelCatalog
from refsheet_tui.tui.models.progress import download_progress
from refsheet_tui.tui.models.verification import FileCheck
from refsheet_tui.tui.screens.model_file import ModelFileScreen, files_wanted
from refsheet_tui.tui.screens.report import ReportScreen
from refsheet_tui.tui.session import EngineState
from refsheet_tui.tui.translation.translated_screen import TranslatedScreen
from refsheet_tui.tui.widgets.footer import KeyLine
from refsheet_tui.tui.widgets.heading import Heading
from refsheet_tui.tui.widgets.progress_line import ProgressLine
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights import (
    DEMO,
    FileState,
    InstalledModel,
    ModelChoice,
    ModelRow,
    choose_model,
    format_bytes,
)

_TICK_S = 0.25
_STATE_COLUMN = "state"
# The width of "100 %", which a download shows for a while.
_LEAST_WIDTH = 5


class ModelsScreen(TranslatedScreen[None]):
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (118, "-wide")]  # noqa: RUF012

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", N_("Back"), id="models.back"),
        Binding("u", "use", N_("Use"), key_display="⏎", id="models.use"),
        Binding("d", "download", N_("Download"), id="models.download"),
        Binding("p", "pause", N_("Pause"), id="models.pause"),
        Binding("v", "verify", N_("Verify"), id="models.verify"),
        Binding("x,delete", "remove", N_("Remove"), key_display="X", id="models.remove"),
        Binding("o", "open", N_("Open file"), id="models.open"),
    ]

    def __init__(self, models: ModelCatalog) -> None:
        super().__init__()
        self._models = models
        self._rows: dict[str, ModelRow] = {}
        self._asked = 0
        self._verifying: FileCheck | None = None

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
        """False while the screen is being removed, when work of before may still end."""
        return self.is_attached and bool(self.query("#models-table"))

    @property
    def _chosen(self) -> ModelRow | None:
        """The model at the cursor."""
        table = self._table
        if not table.row_count:
            return None
        key = table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value
        return self._rows.get(key or "")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable Pause while there is no download."""
        return action != "pause" or self._models.downloads.progress is not None

    # Showing models.

    @work(group="measure", exclusive=True)
    @show_errors
    async def _measure(self) -> None:
        """Show the models at once, and again after the machine is measured."""
        self._say_machine(measuring=True)
        await self._show_rows()
        await self._models.measure()
        if self._is_there:
            await self._show_rows()
        if self._is_there:
            self._say_machine(measuring=False)

    @work(group="rows", exclusive=True)
    @show_errors
    async def _reload(self) -> None:
        await self._show_rows()

    async def _show_rows(self) -> None:
        self._asked = asked = self._asked + 1
        rows, offered = await in_thread(self._looked)
        if not self._is_there or asked != self._asked:  # the user has left, or newer rows come
            return
        chosen = self._chosen
        at = chosen.name if chosen is not None else offered
        self._rows = {row.name: row for row in rows}
        table = self._table
        table.clear(columns=True)
        lines = [table_cells(row, self._models.downloads.progress) for row in rows]
        for (key, heading), column in zip(HEADINGS, zip(*lines, strict=True), strict=True):
            # Computed here, because the table computes widths when it is idle, after it has drawn.
            width = max(cell_len(_(heading)), _LEAST_WIDTH, *(cell.cell_len for cell in column))
            table.add_column(_(heading), key=key, width=width)
        for row, line in zip(rows, lines, strict=True):
            table.add_row(*line, key=row.name)
        table.move_cursor(row=next((i for i, row in enumerate(rows) if row.name == at), 0))
        self._show_about()

    def _looked(self) -> tuple[list[ModelRow], str]:
        """Return all models, and the name of the one to start with.

        That is the model in use, or the recommended one if the demo is in use. Reads files.
        """
        in_use = self._models.config.model
        offered = self._models.recommended() if in_use == DEMO else None
        return self._models.rows(), offered.name if offered is not None else in_use

    def on_data_table_row_highlighted(self) -> None:
        if self._is_there:
            self._show_about()

    def _show_about(self) -> None:
        row = self._chosen
        self.query_one("#about-model", Static).update(
            describe_model(row) if row is not None else ""
        )

    def _say_machine(self, *, measuring: bool) -> None:
        words = describe_machine(self._models.measured, measuring=measuring)
        self.query_one("#machine", Static).update(words)

    def _transfer_changed(
        self, before: DownloadProgress | None, now: DownloadProgress | None
    ) -> None:
        if (before is None) != (now is None):
            self.refresh_bindings()
            self._reload()
        elif now is not None and now.name in self._rows and self._is_there:
            state = table_cells(self._rows[now.name], now)[2]
            self._table.update_cell(now.name, _STATE_COLUMN, state)
        self._show_progress()

    def _engine_changed(self, before: EngineState, now: EngineState) -> None:
        """Show the rows again, since another model may be in use."""
        if before.availability != now.availability:
            self._reload()

    def _show_progress(self) -> None:
        if not self._is_there:
            return
        transfer, verifying = self._models.downloads.progress, self._verifying
        self.query_one("#transfer", ProgressLine).show(
            download_progress(transfer) if transfer else None
        )
        self.query_one("#verifying", ProgressLine).show(verifying.progress if verifying else None)

    # Actions.

    async def on_data_table_row_selected(self) -> None:
        await self.action_use()

    def action_back(self) -> None:
        self.dismiss(None)

    @show_errors
    async def action_use(self) -> None:
        row = self._chosen
        if row is None:
            return
        if row.catalog_entry is not None and row.state is not FileState.WHOLE:
            raise incomplete_model_error(row)
        if row.is_in_use:  # try again to load it
            self.post_message(ChangeSettings({"model": row.name}))
        else:
            self.post_message(ChangeSettings({"model": row.name, "mmproj": None}))

    def action_download(self) -> None:
        row = self._chosen
        if row is not None and row.catalog_entry is None:
            self.notify(_("This model is already on this computer."), timeout=3)
        elif row is not None:
            self.run_worker(self._get(row), group="get", exclusive=True)

    @show_errors
    async def _get(self, row: ModelRow) -> None:
        await confirm_and_download(self.app, self._models, row)

    def action_pause(self) -> None:
        self._models.downloads.pause()

    @show_errors
    async def action_verify(self) -> None:
        row = self._chosen
        if row is None:
            return
        if self._verifying is not None:
            self.notify(_("Another model is being verified. Try again when it's done."), timeout=4)
            return
        self.run_worker(self._verify(row), group="verify")

    @show_errors
    async def _verify(self, row: ModelRow) -> None:
        self._verifying = FileCheck(self._pair(row))
        try:
            report = await self._verifying.run()
        finally:
            self._verifying = None
        if report is not None and self._is_there:
            self._show_progress()
            self.app.push_screen(ReportScreen(row.title, report))
            self._reload()

    def _pair(self, row: ModelRow) -> InstalledModel:
        """Return the files of a model. Raises `WeightsError` if they are missing."""
        shop, config = self._models.shop(), self._models.config
        if row.catalog_entry is None:
            mmproj = config.mmproj if row.is_in_use else None
            return shop.model_for_choice(choose_model(row.name, mmproj, shop.store))
        if row.state in (FileState.ABSENT, FileState.PARTIAL):
            raise incomplete_model_error(row)
        return shop.installed_model(row.name)

    @show_errors
    async def action_remove(self) -> None:
        row = self._chosen
        if row is None:
            return
        if row.catalog_entry is None:
            self.notify(_("Only downloaded models can be removed."), timeout=4)
        elif row.state is FileState.ABSENT:
            self.notify(_("This model isn't downloaded."), timeout=3)
        else:
            self.run_worker(self._remove(row), group="remove", exclusive=True)

    @show_errors
    async def _remove(self, row: ModelRow) -> None:
        in_use = (
            _("This model is in use, so choose another one afterwards.") if row.is_in_use else ""
        )
        again = _("To use it again, you'll have to download it.")
        question = ConfirmScreen(
            _("Remove the files of {model}?").format(model=one_line(row.title)),
            f"{again} {in_use}".strip(),
            yes=_("Remove"),
            no=_("Keep"),
            is_risky=True,
        )
        if await self.app.push_screen_wait(question):
            gone, freed = await in_thread(partial(self._models.shop().remove_model, row.name))
            words = (
                _("Freed {size}.").format(size=format_bytes(freed))
                if gone
                else _("Nothing removed: another model uses the same files.")
            )
            self.notify(words, timeout=4)
            self._reload()

    @show_errors
    async def action_open(self) -> None:
        self.app.push_screen(ModelFileScreen(self._models.shop()), self._opened)

    def _opened(self, choice: ModelChoice | None) -> None:
        if choice is not None:
            self.post_message(files_wanted(choice))
