"""A model of the person's own: a GGUF file that is on their disk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from refsheet_tui import paths
from refsheet_tui.engine.parts import part_names
from refsheet_tui.errors import RefsheetError
from refsheet_tui.i18n import N_, _
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.messages import SettingsWanted
from refsheet_tui.tui.translation.translated_screen import Translated
from refsheet_tui.tui.widgets.picture_field import PathInput
from refsheet_tui.untrusted import clean
from refsheet_tui.weights.choice import ModelChoice, choose_model
from refsheet_tui.weights.shop import Shop
from refsheet_tui.weights.verify import Verification


@dataclass(frozen=True)
class _Problem:
    """`field` is that of the file which can't be used."""

    field: str
    words: str


class ModelFileScreen(Translated[ModelChoice | None], ModalScreen[ModelChoice | None]):
    """Ends with files that were looked into, or None; the projector is None where none was typed
    and none found beside the model."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", N_("Close")),
        Binding("ctrl+s", "done", N_("Done"), id="model-file.done"),
    ]

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self._shop = shop

    def compose(self) -> ComposeResult:
        with Vertical(id="model-file"):
            yield Label(_("Gemma 3 text model, a GGUF file"))
            yield PathInput(placeholder=_("its path, or drop the file here"), id="file-model")
            yield Static(id="problem-model", classes="field-problem", markup=False)
            yield Label(_("Its vision projector (optional)"))
            yield PathInput(
                placeholder=_("empty: the only mmproj file beside it"), id="file-mmproj"
            )
            yield Static(id="problem-mmproj", classes="field-problem", markup=False)
            with Horizontal(id="model-file-buttons"):
                yield Button(_("Let it speak"), variant="primary", id="use-file")
                yield Button(_("Not now"), id="close-file")

    def on_mount(self) -> None:
        self.query_one("#file-model").focus()

    def on_path_input_dropped(self, message: PathInput.Dropped) -> None:
        """Both dropped at once, the model perhaps with all its parts."""
        model = Path(self.query_one("#file-model", PathInput).value)
        parts = {str(model.with_name(name)) for name in part_names(model.name)}
        others = [path for path in message.others if path not in parts]
        if others:
            self.query_one("#file-mmproj", PathInput).take(others[:1])

    async def on_input_submitted(self, message: Input.Submitted) -> None:
        await self.action_done()

    async def on_button_pressed(self, message: Button.Pressed) -> None:
        if message.button.id == "use-file":
            await self.action_done()
        else:
            self.action_close()

    def action_close(self) -> None:
        self.dismiss(None)

    async def action_done(self) -> None:
        model, mmproj = self._typed("model"), self._typed("mmproj")
        if model is None:
            self._tell(
                _Problem("model", _("Type the path of a model, paste it, or drop the file."))
            )
            return
        found = await in_thread(partial(_looked_into, self._shop, model, mmproj))
        if self.is_current:  # else the person has left
            if isinstance(found, _Problem):
                self._tell(found)
            else:
                self.dismiss(found)

    def _typed(self, which: str) -> Path | None:
        text = self.query_one(f"#file-{which}", PathInput).value.strip()
        return paths.absolute(text) if text else None

    def _tell(self, problem: _Problem) -> None:
        for which in ("model", "mmproj"):
            words = problem.words if problem.field == which else ""
            self.query_one(f"#problem-{which}", Static).update(clean(words))
        self.query_one(f"#file-{problem.field}").focus()


def _looked_into(shop: Shop, model: Path, mmproj: Path | None) -> ModelChoice | _Problem:
    """What can be seen in less than a second; whatever is wrong is told."""
    try:
        choice = choose_model(str(model), mmproj, shop.store)
        pair = shop.chosen(choice)
    except (RefsheetError, ValueError) as error:  # ValueError: a NUL in the name
        return _Problem("model", str(error))
    report = Verification(pair.parts, pair.projector, lambda _file, _count: None).run(quick=True)
    for check in report.bad:
        # A projector that was found, not typed, is told of where there is something typed.
        at_model = check.file != choice.mmproj or mmproj is None
        words = f"{check.finding.words} {check.finding.remedy}".strip()
        return _Problem("model" if at_model else "mmproj", words)
    return choice


def files_wanted(choice: ModelChoice) -> SettingsWanted:
    """These files speak from now on."""
    mmproj = str(paths.absolute(choice.mmproj)) if choice.mmproj else None
    return SettingsWanted({"model": str(paths.absolute(choice.model)), "mmproj": mmproj})
