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
    FileState.COMPLETE: N_("on disk"),
    FileState.PARTIAL: N_("partial"),
    FileState.DAMAGED: N_("damaged"),
    FileState.ABSENT: N_("not downloaded"),
}
_VERDICTS = {
    FitVerdict.FITS: N_("yes"),
    FitVerdict.CLOSE: N_("tight"),
    FitVerdict.TOO_LARGE: N_("no"),
}


def table_cells(row: ModelRow, download: DownloadProgress | None) -> tuple[Text, ...]:
    """Return the cells of a model's row, one for each of `HEADINGS`."""
    fit = row.fit
    name = one_line(row.title if row.catalog_entry is None and row.name != DEMO else row.name)
    mark, style = ("*", "bold") if row.is_in_use else (">", "") if row.is_recommended else (" ", "")
    name_cell = Text(f"{mark} {name}", style, no_wrap=True, overflow="ellipsis")
    name_cell.truncate(_NAME_WIDTH + 2, overflow="ellipsis")
    return (
        name_cell,
        Text(format_bytes(row.size) if row.size else "?", justify="right"),
        Text(_state_text(row, download)),
        Text(_fit_text(fit)),
        Text(format_bytes(fit.memory.total) if fit else "?", justify="right"),
        Text(f"{fit.tokens_per_s:.1f}" if fit and fit.tokens_per_s else "?", justify="right"),
    )


def _state_text(row: ModelRow, download: DownloadProgress | None) -> str:
    if download is not None and download.name == row.name:
        return download_progress(download).share or "…"
    if row.catalog_entry is None and row.state is FileState.ABSENT:
        return _("missing")
    return _(_STATES[row.state])


def _fit_text(fit: Fit | None) -> str:
    if fit is None:
        return "?"
    if fit.verdict is FitVerdict.FITS and fit.has_smaller_context:
        return _("context {tokens}").format(tokens=f"{fit.context_size:,}")
    return _(_VERDICTS[fit.verdict])


def describe_model(row: ModelRow) -> Text:
    """Return a complete description of a model, the most important first."""
    lines = [Text(one_line(row.title), "bold")]
    paragraphs = (
        _describe_use(row),
        describe_fit(row),
        _describe_vision(row),
        _describe_tuning(row),
    )
    lines += [Text(paragraph) for paragraph in paragraphs if paragraph]
    if row.licence is not None:
        lines.append(Text(f"{row.licence.title}: {row.licence.url}"))
    path = _("File: {path}").format(path=one_line(str(row.files[0])))
    lines.append(Text(path, "dim"))
    return Text("\n").join(lines)


def _describe_use(row: ModelRow) -> str:
    """Return whether a model is in use or recommended, and what to do with it."""
    if row.is_in_use and row.state is FileState.COMPLETE:
        return _("In use.")
    sentences = []
    if row.is_in_use:
        sentences.append(_("In use, but incomplete."))
    if row.is_recommended:
        sentences.append(_("Recommended for this computer."))
    if row.state is FileState.COMPLETE:
        sentences.append(_("Press Enter to use it."))
    elif row.state is FileState.PARTIAL:
        sentences.append(_("Press D to resume the download."))
    elif row.state is FileState.DAMAGED:
        sentences.append(_("Press D to download it again."))
    elif row.catalog_entry is not None:
        sentences.append(_("Press D to download."))
        if row.catalog_entry.gated:
            sentences.append(_("The publisher requires you to log in and accept the terms."))
    return join_sentences(*sentences)


def describe_fit(row: ModelRow) -> str:
    """Return how well a model runs on this machine; empty if unknown."""
    fit = row.fit
    if fit is None:
        return ""
    memory = format_bytes(fit.memory.total)
    if fit.verdict is FitVerdict.TOO_LARGE:
        return _("Too large for this computer: needs {memory} of memory.").format(memory=memory)
    parts = [
        _("Uses {memory} of memory with a {tokens}-token context").format(
            memory=memory, tokens=f"{fit.context_size:,}"
        )
    ]
    if fit.tokens_per_s:
        parts.append(_("runs at about {speed} tokens/s").format(speed=f"{fit.tokens_per_s:.0f}"))
    if fit.gpu_layers:
        parts.append(_("{count} layers on the GPU").format(count=fit.gpu_layers))
    advice = _("Fits if you close other apps.") if fit.verdict is FitVerdict.CLOSE else ""
    return f"{'; '.join(parts)}. {advice}".strip()


def _describe_vision(row: ModelRow) -> str:
    return _("Can see pictures.") if row.sees_pictures else _("Text-only: can't see pictures.")


def _describe_tuning(row: ModelRow) -> str:
    if row.is_instruction_tuned:
        return ""
    return _(NOT_INSTRUCTION_TUNED).format(model=one_line(row.title))


def describe_machine(measurement: MachineMeasurement | None, *, is_measuring: bool) -> str:
    """Return the line under the table, with the memory of the machine."""
    legend = _("* in use · > recommended")
    if is_measuring and measurement is None:
        return _("Measuring this computer (3 seconds)…")
    if measurement is None:
        return legend
    if measurement.problem is not None:
        return one_line(str(measurement.problem))
    memory = _("{total} of memory, {free} free").format(
        total=format_bytes(measurement.machine.total_memory),
        free=format_bytes(measurement.machine.available_memory),
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
