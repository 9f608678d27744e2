"""The first start: which model shall speak?"""

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
from refsheet_tui.tui.dialogs.confirm_download import get_model
from refsheet_tui.tui.dialogs.guarded import guarded
from refsheet_tui.tui.messages import SettingsWanted
from refsheet_tui.tui.models.descriptions import fit_words
from refsheet_tui.tui.models.downloads import Transfer
from refsheet_tui.tui.models.manager import Models
from refsheet_tui.tui.models.progress import progress_of
from refsheet_tui.tui.screens.model_file import ModelFileScreen, files_wanted
from refsheet_tui.tui.translation.translated_screen import Translated
from refsheet_tui.tui.widgets.progress_line import ProgressLine
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights.choice import DEMO, ModelChoice
from refsheet_tui.weights.sizes import in_gb
from refsheet_tui.weights.table import Row

_TICK_S = 0.25


class WelcomeScreen(Translated[None], ModalScreen[None]):
    """Lies over the gallery until a model is chosen, or the person wants to look around first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "later", N_("Look around first"), id="welcome.later"),
        Binding("f3", "models", N_("Models"), id="welcome.models"),
        Binding("up", "app.focus_previous", N_("Up"), show=False, id="welcome.up"),
        Binding("down", "app.focus_next", N_("Down"), show=False, id="welcome.down"),
    ]

    def __init__(self, models: Models) -> None:
        super().__init__()
        self._models = models
        self._offered: Row | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="welcome") as box:
            box.border_title = _("Welcome to RefSheet")
            yield Static(
                _(
                    "Who speaks is a model on this machine. For real conversations one is "
                    "downloaded, once; after that nothing needs the network."
                ),
                id="welcome-about",
            )
            yield Static(id="welcome-offer", markup=False)
            yield ProgressLine()
            yield Button(_("Download it"), variant="primary", id="get", disabled=True, compact=True)
            yield Button(_("A GGUF file of mine"), id="file", compact=True)
            yield Button(_("The tiny demo, which knows the samples"), id="demo", compact=True)
            yield Button(_("Look around first"), id="later", compact=True)

    def on_mount(self) -> None:
        self.watch(self.app, "transfer", self._transfer_changed)
        self.watch(self.app, "engine_state", self._engine_changed)
        self.set_interval(_TICK_S, self._show_progress)
        self._begin()

    async def retranslate(self) -> None:
        await super().retranslate()
        self._begin()

    @property
    def _is_there(self) -> bool:
        """False while the screen is taken down: what was begun before may end only then."""
        return self.is_attached and bool(self.query("#later"))

    def _begin(self) -> None:
        self.query_one("#later", Button).focus()
        self._offer()

    @work(group="offer", exclusive=True)
    @guarded
    async def _offer(self) -> None:
        """The catalogue's default at once; the best for this machine when that was measured."""
        await self._show_offer(measuring=True)
        await self._models.measure()
        if self._is_there:
            await self._show_offer(measuring=False)

    async def _show_offer(self, *, measuring: bool) -> None:
        row = await in_thread(self._models.offered)
        if not self._is_there or row is None:
            return
        self._offered = row
        button = self.query_one("#get", Button)
        if button.disabled:
            button.disabled = False
            button.focus()
        self.query_one("#welcome-offer", Static).update(_offer_of(row, measuring=measuring))

    @guarded
    async def on_button_pressed(self, message: Button.Pressed) -> None:
        if message.button.id == "get":
            self._get_or_pause()
        elif message.button.id == "file":
            self.app.push_screen(ModelFileScreen(self._models.shop()), self._opened)
        elif message.button.id == "demo":
            self._chosen(SettingsWanted({"model": DEMO, "mmproj": None}))
        else:
            self.action_later()

    def _get_or_pause(self) -> None:
        if not self._models.downloads.pause() and self._offered is not None:
            self.run_worker(self._get(self._offered), group="get", exclusive=True)

    @guarded
    async def _get(self, row: Row) -> None:
        await get_model(self.app, self._models, row)

    def _opened(self, choice: ModelChoice | None) -> None:
        if choice is not None:
            self._chosen(files_wanted(choice))

    def _chosen(self, wanted: SettingsWanted) -> None:
        self.app.post_message(wanted)
        self.dismiss(None)

    def action_later(self) -> None:
        """A download that was begun goes on meanwhile."""
        self.dismiss(None)

    async def action_models(self) -> None:
        self.dismiss(None)
        await self.app.run_action("app.models")

    def _transfer_changed(self, before: Transfer | None, now: Transfer | None) -> None:
        if not self._is_there:
            return
        words = _("Download it") if now is None else _("Pause")
        self.query_one("#get", Button).label = words
        self._show_progress()

    def _engine_changed(self) -> None:
        """Nothing is left to ask once a model was chosen."""
        if self._models.config.model != DEMO and self.is_current:
            self.dismiss(None)

    def _show_progress(self) -> None:
        if not self._is_there:
            return
        transfer = self._models.downloads.transfer
        self.query_one(ProgressLine).show(progress_of(transfer) if transfer else None)


def _offer_of(row: Row, *, measuring: bool) -> Text:
    size = f" · {in_gb(row.size)}" if row.size else ""
    fits = fit_words(row)
    if not fits and measuring:
        fits = _("Measuring this machine, for 3 seconds …")
    return Text.assemble((f"{one_line(row.title)}{size}", "bold"), f"\n{fits}")
