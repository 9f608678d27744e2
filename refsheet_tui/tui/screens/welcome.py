"""The welcome dialog, which asks for a model on the first start."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from refsheet_tui.i18n import N_, _
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.dialogs.confirm_download import confirm_and_download
from refsheet_tui.tui.dialogs.show_errors import show_errors
from refsheet_tui.tui.messages import ChangeSettings
from refsheet_tui.tui.models.descriptions import describe_fit
from refsheet_tui.tui.models.downloads import DownloadProgress
from refsheet_tui.tui.models.manager import ModelCatalog
from refsheet_tui.tui.models.progress import download_progress
from refsheet_tui.tui.screens.model_file import ModelFileScreen
from refsheet_tui.tui.translation.translated_screen import TranslatedScreen
from refsheet_tui.tui.widgets.progress_line import ProgressLine
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights import DEMO, ModelRow, format_bytes

_TICK_S = 0.25


class WelcomeScreen(TranslatedScreen[None], ModalScreen[None]):
    """A dialog over the gallery that stays until the user chooses a model or skips it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "later", N_("Skip for now"), id="welcome.later"),
        Binding("f3", "models", N_("Models"), id="welcome.models"),
        Binding("up", "app.focus_previous", N_("Up"), show=False, id="welcome.up"),
        Binding("down", "app.focus_next", N_("Down"), show=False, id="welcome.down"),
    ]

    def __init__(self, models: ModelCatalog) -> None:
        super().__init__()
        self._models = models
        self._offered_row: ModelRow | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="welcome") as box:
            box.border_title = _("Welcome to RefSheet")
            yield Static(
                _(
                    "Characters are played by an AI model that runs on this computer. "
                    "Once you've downloaded a model, you can chat offline."
                ),
                id="welcome-about",
            )
            yield Static(id="welcome-offer", markup=False)
            yield ProgressLine()
            yield Button(_("Download"), variant="primary", id="get", disabled=True, compact=True)
            yield Button(_("Use my own GGUF file…"), id="file", compact=True)
            yield Button(_("Use the tiny demo (sample characters only)"), id="demo", compact=True)
            yield Button(_("Skip for now"), id="later", compact=True)

    def on_mount(self) -> None:
        self.watch(self.app, "download", self._on_download_progress)
        self.watch(self.app, "engine_state", self._on_engine_state)
        self.set_interval(_TICK_S, self._show_progress)
        self._start_offer()

    async def retranslate(self) -> None:
        await super().retranslate()
        self._start_offer()

    @property
    def _is_present(self) -> bool:
        """False while the screen is being removed, when work of before may still end."""
        return self.is_attached and bool(self.query("#later"))

    def _start_offer(self) -> None:
        self.query_one("#later", Button).focus()
        self._offer()

    @work(group="offer", exclusive=True)
    @show_errors
    async def _offer(self) -> None:
        """Offer the catalog's default, and the best model after this machine is measured."""
        await self._show_offer(is_measuring=True)
        await self._models.measure()
        if self._is_present:
            await self._show_offer(is_measuring=False)

    async def _show_offer(self, *, is_measuring: bool) -> None:
        row = await in_thread(self._models.recommended_row)
        if not self._is_present or row is None:
            return
        self._offered_row = row
        button = self.query_one("#get", Button)
        if button.disabled:
            button.disabled = False
            button.focus()
        self.query_one("#welcome-offer", Static).update(_offer_text(row, is_measuring=is_measuring))

    @show_errors
    async def on_button_pressed(self, message: Button.Pressed) -> None:
        if message.button.id == "get":
            self._download_or_pause()
        elif message.button.id == "file":
            self.app.push_screen(ModelFileScreen(self._models.model_manager()), self._use_files)
        elif message.button.id == "demo":
            self._choose_and_close(ChangeSettings({"model": DEMO, "mmproj": None}))
        else:
            self.action_later()

    def _download_or_pause(self) -> None:
        if not self._models.downloads.pause() and self._offered_row is not None:
            self.run_worker(self._download(self._offered_row), group="get", exclusive=True)

    @show_errors
    async def _download(self, row: ModelRow) -> None:
        await confirm_and_download(self.app, self._models, row)

    def _use_files(self, change: ChangeSettings | None) -> None:
        if change is not None:
            self._choose_and_close(change)

    def _choose_and_close(self, change: ChangeSettings) -> None:
        self.app.post_message(change)
        self.dismiss(None)

    def action_later(self) -> None:
        """Close the dialog. A download continues."""
        self.dismiss(None)

    async def action_models(self) -> None:
        self.dismiss(None)
        await self.app.run_action("app.models")

    def _on_download_progress(
        self, previous: DownloadProgress | None, current: DownloadProgress | None
    ) -> None:
        if not self._is_present:
            return
        label = _("Download") if current is None else _("Pause")
        self.query_one("#get", Button).label = label
        self._show_progress()

    def _on_engine_state(self) -> None:
        """Close the dialog if a model was chosen."""
        if self._models.config.model != DEMO and self.is_current:
            self.dismiss(None)

    def _show_progress(self) -> None:
        if not self._is_present:
            return
        download = self._models.downloads.progress
        self.query_one(ProgressLine).show(download_progress(download) if download else None)


def _offer_text(row: ModelRow, *, is_measuring: bool) -> Text:
    size = f" · {format_bytes(row.size)}" if row.size else ""
    fits = describe_fit(row)
    if not fits and is_measuring:
        fits = _("Measuring this computer (3 seconds)…")
    return Text.assemble((f"{one_line(row.title)}{size}", "bold"), f"\n{fits}")
