"""A dialog to choose a GGUF file on the disk."""

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
from refsheet_tui.config import NO_PROJECTOR, is_no_projector
from refsheet_tui.engine import part_names
from refsheet_tui.errors import RefsheetError
from refsheet_tui.i18n import N_, _
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.messages import ChangeSettings
from refsheet_tui.tui.translation.translated_screen import TranslatedScreen
from refsheet_tui.tui.widgets.picture_field import PathInput
from refsheet_tui.untrusted import clean_text
from refsheet_tui.weights import ModelChoice, ModelManager, Verification, choose_model


@dataclass(frozen=True)
class _Problem:
    """A file can't be used. `field` is the field that it was typed into."""

    field: str
    text: str


class ModelFileScreen(TranslatedScreen[ChangeSettings | None], ModalScreen[ChangeSettings | None]):
    """A dialog whose result is the change of settings to use a checked model, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", N_("Close")),
        Binding("ctrl+s", "done", N_("Use this model"), id="model-file.done"),
    ]

    def __init__(self, manager: ModelManager) -> None:
        super().__init__()
        self._manager = manager

    def compose(self) -> ComposeResult:
        with Vertical(id="model-file"):
            yield Label(_("Gemma 3 model (GGUF file)"))
            yield PathInput(placeholder=_("Enter a path, or drop a file here"), id="file-model")
            yield Static(id="problem-model", classes="field-problem", markup=False)
            yield Label(_("Vision projector (optional)"))
            yield PathInput(
                placeholder=_("Leave blank to use the mmproj file in the same folder"),
                id="file-mmproj",
            )
            yield Static(id="problem-mmproj", classes="field-problem", markup=False)
            with Horizontal(id="model-file-buttons"):
                yield Button(_("Use this model"), variant="primary", id="use-file")
                yield Button(_("Cancel"), id="close-file")

    def on_mount(self) -> None:
        self.query_one("#file-model").focus()

    def on_path_input_dropped(self, message: PathInput.Dropped) -> None:
        """Use another dropped file as the projector, if it is not a part of the model."""
        model = Path(self.query_one("#file-model", PathInput).value)
        parts = {str(model.with_name(name)) for name in part_names(model.name)}
        others = [path for path in message.others if path not in parts]
        if others:
            self.query_one("#file-mmproj", PathInput).set_paths(others[:1])

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
        model, mmproj = self._typed_path("model"), self._typed_path("mmproj")
        if model is None:
            self._show_problem(
                _Problem("model", _("Enter the path to a model, or drop a file here."))
            )
            return
        result = await in_thread(partial(_check_files, self._manager, model, mmproj))
        if self.is_current:  # otherwise the user has left
            if isinstance(result, _Problem):
                self._show_problem(result)
            else:
                self.dismiss(_settings_for_files(result, mmproj))

    def _typed_path(self, field: str) -> Path | None:
        text = self.query_one(f"#file-{field}", PathInput).value.strip()
        if field == "mmproj" and is_no_projector(Path(text)):
            return NO_PROJECTOR
        return paths.absolute_path(text) if text else None

    def _show_problem(self, problem: _Problem) -> None:
        for field in ("model", "mmproj"):
            text = problem.text if problem.field == field else ""
            self.query_one(f"#problem-{field}", Static).update(clean_text(text))
        self.query_one(f"#file-{problem.field}").focus()


def _check_files(manager: ModelManager, model: Path, mmproj: Path | None) -> ModelChoice | _Problem:
    """Check the files as far as that takes less than a second.

    Returns the choice, or the first problem.
    """
    try:
        choice = choose_model(str(model), mmproj, manager.store)
        installed_model = manager.model_for_choice(choice)
    except (RefsheetError, ValueError) as error:  # ValueError: a NUL in the name
        return _Problem("model", str(error))
    report = Verification(
        installed_model.parts, installed_model.projector, lambda _file, _count: None
    ).run(quick=True)
    for check in report.failures:
        # A problem of a projector that was not typed is shown at the model.
        is_model_problem = check.file != choice.mmproj or mmproj is None
        text = f"{check.finding.message} {check.finding.remedy}".strip()
        return _Problem("model" if is_model_problem else "mmproj", text)
    return choice


def _settings_for_files(choice: ModelChoice, mmproj: Path | None) -> ChangeSettings:
    """Return the change of settings to use a model, with the projector that the user typed."""
    model = str(paths.absolute_path(choice.model))
    return ChangeSettings({"model": model, "mmproj": str(mmproj) if mmproj else None})
