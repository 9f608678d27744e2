"""What was found in the files of a model."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from refsheet_tui.i18n import N_, _
from refsheet_tui.tui.translation.translated_screen import Translated
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights.findings import Report, Verdict

_MARKS = {
    Verdict.GOOD: (N_("good"), "green"),
    Verdict.NOTED: (N_("note"), "yellow"),
    Verdict.BAD: (N_("BAD"), "bold red"),
}


class ReportScreen(Translated[None], ModalScreen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter", "dismiss", N_("Close"))]

    def __init__(self, title: str, report: Report) -> None:
        """`title` is what was looked at."""
        super().__init__()
        self._title = title
        self._report = report

    def compose(self) -> ComposeResult:
        title = one_line(self._title)
        whole = (
            _("{title} is whole and true.") if self._report.is_good else _("{title} is damaged.")
        )
        with Vertical(id="report", classes="" if self._report.is_good else "-bad"):
            yield Static(Text(whole.format(title=title)), id="report-what")
            with VerticalScroll(id="report-findings"):
                yield Static(self._findings())
            yield Button(_("OK"), variant="primary")

    def on_mount(self) -> None:
        self.query_one(Button).focus()

    def on_button_pressed(self) -> None:
        self.dismiss()

    def _findings(self) -> Text:
        lines = Text()
        file = None
        for check in self._report.checks:
            if check.file != file:
                file = check.file
                lines.append(f"{one_line(file.name)}\n", "bold")
            finding = check.finding
            words, style = _MARKS[finding.verdict]
            lines.append(f"  {_(words)} ", style)
            lines.append(f"{_(check.name)}: {one_line(finding.words)}\n")
            if finding.remedy:
                lines.append(f"    {finding.remedy}\n")
        lines.rstrip()
        return lines
