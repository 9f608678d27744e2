"""The table of `refsheet models`: all models, and how well they run on this computer."""

from __future__ import annotations

import json
import sys

import click
from rich import box
from rich.console import Console
from rich.table import Table

from refsheet_tui.cli.console import print_note
from refsheet_tui.cli.model_files import ModelFiles, use_command
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights import (
    FileState,
    FitVerdict,
    ModelRow,
    catalogue_rows,
    format_bytes,
    measure_machine,
    own_rows,
)

_FITS = {
    FitVerdict.FITS: "yes",
    FitVerdict.CLOSE: "close apps first",
    FitVerdict.TOO_LARGE: "no",
}
# A pipe has no width. Every row fits into this one.
_PLAIN_WIDTH = 160


def print_table(files: ModelFiles, *, measure: bool, as_json: bool) -> None:
    """Print the models on standard output, and notes for the user on standard error.

    `measure` measures the computer's speed again.
    """
    measurement = measure_machine(
        remeasure=measure, on_measuring=lambda: print_note("Measuring this computer (3 seconds)…")
    )
    if measurement.problem is not None:
        print_note(str(measurement.problem))
    rows = catalogue_rows(files.model_manager, files.config, measurement.machine)
    own = own_rows(files.model_manager, files.config, measurement.machine)
    if as_json:
        click.echo(json.dumps({"models": [_as_json(row) for row in (*rows, *own)]}))
        return
    table = Table(box=box.SIMPLE, pad_edge=False)
    for heading in ("", "Name", "Model", "Status", "Download", "Fits", "Memory", "tokens/s"):
        is_number = heading in ("Download", "Memory", "tokens/s")
        table.add_column(heading, justify="right" if is_number else "left", no_wrap=not is_number)
    for row in rows:
        table.add_row(*_cells(row))
    width = None if sys.stdout.isatty() else _PLAIN_WIDTH
    console = Console(width=width, markup=False, highlight=False, emoji=False)
    console.print(table)
    click.echo(_legend(files, rows, own))


def _as_json(row: ModelRow) -> dict[str, object]:
    fit = row.fit
    return {
        "name": row.name,
        "title": row.title,
        "state": row.state.value,
        "bytes": row.size,
        "gated": _is_gated(row),
        "sees_pictures": row.sees_pictures,
        "instruction_tuned": row.is_instruction_tuned,
        "in_use": row.is_in_use,
        "recommended": row.is_recommended,
        "fits": fit.verdict.value if fit else None,
        "memory_bytes": fit.memory.total if fit else None,
        "context_size": fit.context_size if fit else None,
        "gpu_layers": fit.gpu_layers if fit else None,
        "tokens_per_s": fit.tokens_per_s if fit else None,
    }


def _is_gated(row: ModelRow) -> bool:
    return row.catalog_entry is not None and row.catalog_entry.gated


def _cells(row: ModelRow) -> tuple[str, ...]:
    fit = row.fit
    mark = "*" if row.is_in_use else ">" if row.is_recommended else ""
    verdict = _FITS[fit.verdict] if fit else "?"
    if fit and fit.verdict is not FitVerdict.TOO_LARGE and fit.has_smaller_context:
        verdict += f", context {fit.context_size}"
    return (
        mark,
        row.name,
        row.title
        + (" (gated)" if _is_gated(row) else "")
        + ("" if row.is_instruction_tuned else " (not instruction-tuned)"),
        "" if row.state is FileState.ABSENT else row.state.value,
        format_bytes(row.size) if row.size else "?",
        verdict,
        format_bytes(fit.memory.total) if fit else "?",
        f"{fit.tokens_per_s:.1f}" if fit and fit.tokens_per_s else "?",
    )


def _legend(files: ModelFiles, rows: list[ModelRow], own: list[ModelRow]) -> str:
    lines = [f"Folder: {one_line(str(files.model_manager.store.folder))}"]
    for row in own:
        if not row.is_in_use:
            lines.append(f"To use your own file: {one_line(use_command(row.name, row.mmproj))}")
    best = next((row.name for row in rows if row.is_recommended), None)
    if any(row.is_in_use for row in rows):
        lines.append("* In use")
    else:
        lines.append(f"In use: {one_line(files.config.model)}")
    if best is not None:
        lines.append(f"> Recommended for this computer: refsheet models download {best}")
    if any(row.fit and row.fit.tokens_per_s for row in rows):
        lines.append("To measure the speed again: refsheet models --measure")
    return "\n".join(lines)
