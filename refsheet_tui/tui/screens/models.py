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
from refsheet_tui.tui.screens.model_file import ModelFileScreen
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
    ModelRow,
    choose_model,
    forget_model,
    format_bytes,
)

_TICK_S = 0.25
_STATE_COLUMN = "state"
# The width of "100 %", which a download shows for a while.
_MIN_WIDTH = 5


class ModelsScreen(TranslatedScreen[None]):
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (118, "-wide")]  # noqa: RUF012

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", N_("Back"), id="models.back"),
        Binding("u", "use", N_("Use"), key_display="⏎", id="models.use"),
        Binding("d", "download", N_("Download"), id="models.download"),
        Binding("p", "pause", N_("Pause"), id="models.pause"),
        Binding("v", "verify", N_("Verify"), id="models.verify"),
        Binding("x,delete", "remove", N_("Remove"), key_display="X", id="models.remove"),
        Binding("o", "open", N_("Use my own file…"), id="models.open"),
    ]

    def __init__(self, models: ModelCatalog) -> None:
        super().__init__()
        self._models = models
        self._rows: dict[str, ModelRow] = {}
        self._load_count = 0
        self._file_check: FileCheck | None = None

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
        self._start()
        self.watch(self.app, "download", self._on_download_progress)
        self.watch(self.app, "engine_state", self._on_engine_state, init=False)
        self.set_interval(_TICK_S, self._show_progress)

    def on_unmount(self) -> None:
        if self._file_check is not None:
            self._file_check.stop()

    async def retranslate(self) -> None:
        self._rows = {}  # the new table has none yet
        await super().retranslate()
        self._start()

    def _start(self) -> None:
        self._table.focus()
        self._measure()

    @property
    def _table(self) -> DataTable[Text]:
        return self.query_one("#models-table", DataTable)

    @property
    def _is_present(self) -> bool:
        """False while the screen is being removed, when work of before may still end."""
        return self.is_attached and bool(self.query("#models-table"))

    @property
    def _selected_row(self) -> ModelRow | None:
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
        self._show_machine(is_measuring=True)
        await self._show_rows()
        await self._models.measure()
        if self._is_present:
            await self._show_rows()
        if self._is_present:
            self._show_machine(is_measuring=False)

    @work(group="rows", exclusive=True)
    @show_errors
    async def _reload(self) -> None:
        await self._show_rows()

    async def _show_rows(self) -> None:
        self._load_count = load_count = self._load_count + 1
        rows, default_name = await in_thread(self._load_rows)
        # The user has left, or newer rows come.
        if not self._is_present or load_count != self._load_count:
            return
        selected = self._selected_row
        cursor_name = selected.name if selected is not None else default_name
        self._rows = {row.name: row for row in rows}
        table = self._table
        table.clear(columns=True)
        table_rows = [table_cells(row, self._models.downloads.progress) for row in rows]
        for (key, heading), column in zip(HEADINGS, zip(*table_rows, strict=True), strict=True):
            # Computed here, because the table computes widths when it is idle, after it has drawn.
            width = max(cell_len(_(heading)), _MIN_WIDTH, *(cell.cell_len for cell in column))
            table.add_column(_(heading), key=key, width=width)
        for row, cells in zip(rows, table_rows, strict=True):
            table.add_row(*cells, key=row.name)
        table.move_cursor(
            row=next((index for index, row in enumerate(rows) if row.name == cursor_name), 0)
        )
        self._show_description()

    def _load_rows(self) -> tuple[list[ModelRow], str]:
        """Return all models, and the name of the one to start with.

        That is the model in use, or the recommended one if the demo is in use. Reads files.
        """
        current_model = self._models.config.model
        recommended = self._models.recommended_row() if current_model == DEMO else None
        return self._models.rows(), recommended.name if recommended is not None else current_model

    def on_data_table_row_highlighted(self) -> None:
        if self._is_present:
            self._show_description()

    def _show_description(self) -> None:
        row = self._selected_row
        self.query_one("#about-model", Static).update(
            describe_model(row) if row is not None else ""
        )

    def _show_machine(self, *, is_measuring: bool) -> None:
        text = describe_machine(self._models.measurement, is_measuring=is_measuring)
        self.query_one("#machine", Static).update(text)

    def _on_download_progress(
        self, previous: DownloadProgress | None, current: DownloadProgress | None
    ) -> None:
        if (previous is None) != (current is None):
            self.refresh_bindings()
            self._reload()
        elif current is not None and current.name in self._rows and self._is_present:
            state = table_cells(self._rows[current.name], current)[2]
            self._table.update_cell(current.name, _STATE_COLUMN, state)
        self._show_progress()

    def _on_engine_state(self, previous: EngineState, current: EngineState) -> None:
        """Show the rows again, since another model may be in use."""
        if previous.availability != current.availability:
            self._reload()

    def _show_progress(self) -> None:
        if not self._is_present:
            return
        download, file_check = self._models.downloads.progress, self._file_check
        self.query_one("#transfer", ProgressLine).show(
            download_progress(download) if download else None
        )
        self.query_one("#verifying", ProgressLine).show(file_check.progress if file_check else None)

    # Actions.

    async def on_data_table_row_selected(self) -> None:
        await self.action_use()

    def action_back(self) -> None:
        self.dismiss(None)

    @show_errors
    async def action_use(self) -> None:
        row = self._selected_row
        if row is None:
            return
        if row.catalog_entry is not None and row.state is not FileState.COMPLETE:
            raise incomplete_model_error(row)
        if row.is_in_use:  # try again to load it
            self.post_message(ChangeSettings({"model": row.name}))
        else:
            mmproj = str(row.mmproj) if row.mmproj else None
            self.post_message(ChangeSettings({"model": row.name, "mmproj": mmproj}))

    def action_download(self) -> None:
        row = self._selected_row
        if row is not None and row.catalog_entry is None:
            self.notify(_("This model is already on this computer."), timeout=3)
        elif row is not None:
            self.run_worker(self._download(row), group="get", exclusive=True)

    @show_errors
    async def _download(self, row: ModelRow) -> None:
        await confirm_and_download(self.app, self._models, row)

    def action_pause(self) -> None:
        self._models.downloads.pause()

    @show_errors
    async def action_verify(self) -> None:
        row = self._selected_row
        if row is None:
            return
        if self._file_check is not None:
            self.notify(_("Another model is being verified. Try again when it's done."), timeout=4)
            return
        self.run_worker(self._verify(row), group="verify")

    @show_errors
    async def _verify(self, row: ModelRow) -> None:
        self._file_check = FileCheck(self._installed_model(row))
        try:
            report = await self._file_check.run()
        finally:
            self._file_check = None
        if report is not None and self._is_present:
            self._show_progress()
            self.app.push_screen(ReportScreen(row.title, report))
            self._reload()

    def _installed_model(self, row: ModelRow) -> InstalledModel:
        """Return the files of a model. Raises `WeightsError` if they are missing."""
        manager = self._models.model_manager()
        if row.catalog_entry is None:
            return manager.model_for_choice(choose_model(row.name, row.mmproj, manager.store))
        if row.state in (FileState.ABSENT, FileState.PARTIAL):
            raise incomplete_model_error(row)
        return manager.installed_model(row.name)

    @show_errors
    async def action_remove(self) -> None:
        row = self._selected_row
        if row is None:
            return
        if row.catalog_entry is None and not row.is_in_use and row.name != DEMO:
            await in_thread(partial(forget_model, row.name))
            self.notify(_("Removed from the list. The file stays where it is."), timeout=4)
            self._reload()
        elif row.catalog_entry is None:
            self.notify(_("Only downloaded models can be removed."), timeout=4)
        elif row.state is FileState.ABSENT:
            self.notify(_("This model isn't downloaded."), timeout=3)
        else:
            self.run_worker(self._remove(row), group="remove", exclusive=True)

    @show_errors
    async def _remove(self, row: ModelRow) -> None:
        in_use_warning = (
            _("This model is in use, so choose another one afterwards.") if row.is_in_use else ""
        )
        download_warning = _("To use it again, you'll have to download it.")
        question = ConfirmScreen(
            _("Remove the files of {model}?").format(model=one_line(row.title)),
            f"{download_warning} {in_use_warning}".strip(),
            yes=_("Remove"),
            no=_("Keep"),
            is_risky=True,
        )
        if await self.app.push_screen_wait(question):
            removed_files, freed_bytes = await in_thread(
                partial(self._models.model_manager().remove_model, row.name)
            )
            notice = (
                _("Freed {size}.").format(size=format_bytes(freed_bytes))
                if removed_files
                else _("Nothing removed: another model uses the same files.")
            )
            self.notify(notice, timeout=4)
            self._reload()

    @show_errors
    async def action_open(self) -> None:
        self.app.push_screen(ModelFileScreen(self._models.model_manager()), self._use_files)

    def _use_files(self, change: ChangeSettings | None) -> None:
        if change is not None:
            self.post_message(change)
