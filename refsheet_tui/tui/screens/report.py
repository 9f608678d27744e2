"""A dialog with the results of verifying a model."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from refsheet_tui.i18n import N_, _
from refsheet_tui.tui.translation.translated_screen import TranslatedScreen
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights import CheckResult, VerificationReport

_MARKS = {
    CheckResult.GOOD: (N_("Passed"), "green"),
    CheckResult.NOTED: (N_("Note"), "yellow"),
    CheckResult.BAD: (N_("Failed"), "bold red"),
}


class ReportScreen(TranslatedScreen[None], ModalScreen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter", "dismiss", N_("Close"))]

    def __init__(self, title: str, report: VerificationReport) -> None:
        """Show `report` about the model called `title`."""
        super().__init__()
        self._title = title
        self._report = report

    def compose(self) -> ComposeResult:
        title = one_line(self._title)
        summary = (
            _("{title}: all files verified.") if self._report.is_good else _("{title} is damaged.")
        )
        with Vertical(id="report", classes="" if self._report.is_good else "-bad"):
            yield Static(Text(summary.format(title=title)), id="report-what")
            with VerticalScroll(id="report-findings"):
                yield Static(self._findings())
            yield Button(_("OK"), variant="primary")

    def on_mount(self) -> None:
        self.query_one(Button).focus()

    def on_button_pressed(self) -> None:
        self.dismiss()

    def _findings(self) -> Text:
        lines = Text()
        last_file = None
        for check in self._report.checks:
            if check.file != last_file:
                last_file = check.file
                lines.append(f"{one_line(last_file.name)}\n", "bold")
            finding = check.finding
            label, style = _MARKS[finding.result]
            lines.append(f"  {_(label)} ", style)
            lines.append(f"{_(check.name)}: {one_line(finding.message)}\n")
            if finding.remedy:
                lines.append(f"    {finding.remedy}\n")
        lines.rstrip()
        return lines
