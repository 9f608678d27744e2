"""Texts about models on the screens."""

from __future__ import annotations

from rich.text import Text

from refsheet_tui.engine import NOT_INSTRUCTION_TUNED
from refsheet_tui.errors import WeightsError
from refsheet_tui.i18n import N_, _, join_sentences
from refsheet_tui.tui.models.downloads import DownloadProgress
from refsheet_tui.tui.models.progress import download_progress
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights import (
    DEMO,
    FileState,
    Fit,
    FitVerdict,
    MachineMeasurement,
    ModelRow,
    format_bytes,
)

# Wide enough for every name in the shipped catalog.
_NAME_WIDTH = 18
HEADINGS = (
    ("name", N_("Name")),
    ("size", N_("Size")),
    ("state", N_("Status")),
    ("fits", N_("Fits")),
    ("memory", N_("Memory")),
    ("speed", N_("tokens/s")),
)
"""The keys and headings of the table's columns."""

_STATES = {
    FileState.WHOLE: N_("on disk"),
    FileState.PARTIAL: N_("partial"),
    FileState.DAMAGED: N_("damaged"),
    FileState.ABSENT: N_("available"),
}
_VERDICTS = {
    FitVerdict.FITS: N_("yes"),
    FitVerdict.CLOSE: N_("close apps first"),
    FitVerdict.TOO_LARGE: N_("no"),
}


def table_cells(row: ModelRow, transfer: DownloadProgress | None) -> tuple[Text, ...]:
    """Return the cells of a model's row, one for each of `HEADINGS`."""
    fit = row.fit
    name = one_line(row.title if row.catalog_entry is None and row.name != DEMO else row.name)
    mark, style = ("*", "bold") if row.is_in_use else (">", "") if row.is_recommended else (" ", "")
    shown = Text(f"{mark} {name}", style, no_wrap=True, overflow="ellipsis")
    shown.truncate(_NAME_WIDTH + 2, overflow="ellipsis")
    return (
        shown,
        Text(format_bytes(row.size) if row.size else "?", justify="right"),
        Text(_state(row, transfer)),
        Text(_fits(fit)),
        Text(format_bytes(fit.need.total) if fit else "?", justify="right"),
        Text(f"{fit.tokens_per_s:.1f}" if fit and fit.tokens_per_s else "?", justify="right"),
    )


def _state(row: ModelRow, transfer: DownloadProgress | None) -> str:
    if transfer is not None and transfer.name == row.name:
        return download_progress(transfer).share or "…"
    if row.catalog_entry is None and row.state is FileState.ABSENT:
        return _("missing")
    return _(_STATES[row.state])


def _fits(fit: Fit | None) -> str:
    if fit is None:
        return "?"
    if fit.verdict is FitVerdict.FITS and fit.has_smaller_context:
        return _("context {tokens}").format(tokens=f"{fit.context_size:,}")
    return _(_VERDICTS[fit.verdict])


def describe_model(row: ModelRow) -> Text:
    """Return a complete description of a model, the most important first."""
    lines = [Text(one_line(row.title), "bold")]
    words = (_standing(row), describe_fit(row), _kind(row), _tuning(row))
    lines += [Text(line) for line in words if line]
    if row.licence is not None:
        lines.append(Text(f"{row.licence.title}: {row.licence.url}"))
    lines.append(Text(one_line(str(row.files[0])), "dim"))
    return Text("\n").join(lines)


def _standing(row: ModelRow) -> str:
    """Return whether a model is in use or recommended, and what to do with it."""
    if row.is_in_use and row.state is FileState.WHOLE:
        return _("In use.")
    words = []
    if row.is_in_use:
        words.append(_("In use, but incomplete."))
    if row.is_recommended:
        words.append(_("Recommended for this computer."))
    if row.state is FileState.WHOLE:
        words.append(_("Press Enter to use it."))
    elif row.state is FileState.PARTIAL:
        words.append(_("Press D to resume the download."))
    elif row.state is FileState.DAMAGED:
        words.append(_("Press D to download it again."))
    elif row.catalog_entry is not None:
        words.append(_("Press D to download."))
        if row.catalog_entry.gated:
            words.append(_("The publisher requires you to log in and accept the terms."))
    return join_sentences(*words)


def describe_fit(row: ModelRow) -> str:
    """Return how well a model runs on this machine; empty if unknown."""
    fit = row.fit
    if fit is None:
        return ""
    memory = format_bytes(fit.need.total)
    if fit.verdict is FitVerdict.TOO_LARGE:
        return _("Too large for this computer: needs {memory} of memory.").format(memory=memory)
    words = [
        _("Uses {memory} of memory with a {tokens}-token context").format(
            memory=memory, tokens=f"{fit.context_size:,}"
        )
    ]
    if fit.tokens_per_s:
        words.append(_("about {speed} tokens/s").format(speed=f"{fit.tokens_per_s:.0f}"))
    if fit.gpu_layers:
        words.append(_("{count} layers on the GPU").format(count=fit.gpu_layers))
    close = _("Fits if you close other apps.") if fit.verdict is FitVerdict.CLOSE else ""
    return f"{', '.join(words)}. {close}".strip()


def _kind(row: ModelRow) -> str:
    return _("Can see pictures.") if row.sees_pictures else _("Text-only: can't see pictures.")


def _tuning(row: ModelRow) -> str:
    if row.is_instruction_tuned:
        return ""
    return _(NOT_INSTRUCTION_TUNED).format(model=one_line(row.title))


def describe_machine(measured: MachineMeasurement | None, *, measuring: bool) -> str:
    """Return the line under the table, with the memory of the machine."""
    legend = _("* in use · > recommended")
    if measuring and measured is None:
        return _("Measuring this computer (3 seconds)…")
    if measured is None:
        return legend
    if measured.problem is not None:
        return one_line(str(measured.problem))
    memory = _("{total} of memory, {free} free").format(
        total=format_bytes(measured.machine.total_memory),
        free=format_bytes(measured.machine.available_memory),
    )
    return f"{legend}  ·  {memory}"


def incomplete_model_error(row: ModelRow) -> WeightsError:
    """Return the error for a model whose files are missing, partial or damaged."""
    problems = {
        FileState.ABSENT: (N_("{name} isn't downloaded yet."), N_("Press D to download.")),
        FileState.PARTIAL: (
            N_("{name} isn't fully downloaded yet."),
            N_("Press D to resume the download."),
        ),
        FileState.DAMAGED: (
            N_("A file of {name} has the wrong size."),
            N_("Press D to download it again."),
        ),
    }
    problem, remedy = problems[row.state]
    return WeightsError(_(problem).format(name=row.name), _(remedy))
