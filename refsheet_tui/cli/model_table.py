"""The table of `refsheet models`: what there is, and what this machine makes of it."""

from __future__ import annotations

import json
import sys

import click
from rich import box
from rich.console import Console
from rich.table import Table

from refsheet_tui.cli.console import note
from refsheet_tui.cli.model_files import ModelFiles
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights.fit import Verdict
from refsheet_tui.weights.measuring import measure_machine
from refsheet_tui.weights.sizes import in_gb
from refsheet_tui.weights.store import State
from refsheet_tui.weights.table import Row, catalogue_rows

_FITS = {Verdict.FITS: "yes", Verdict.CLOSE: "when others close", Verdict.TOO_LARGE: "no"}
# A pipe has no width; this is room for all of it.
_PLAIN_WIDTH = 160


def print_table(files: ModelFiles, *, measure: bool, as_json: bool) -> None:
    """On standard output; what it says beside it is for the person."""
    measured = measure_machine(
        again=measure, before=lambda: note("Measuring this machine, for 3 seconds …")
    )
    if measured.problem is not None:
        note(str(measured.problem))
    rows = catalogue_rows(files.shop, files.config, measured.machine)
    if as_json:
        click.echo(json.dumps({"models": [_as_json(row) for row in rows]}))
        return
    table = Table(box=box.SIMPLE, pad_edge=False)
    for heading in ("", "name", "model", "here?", "download", "fits?", "memory", "tokens/s"):
        right = heading in ("download", "memory", "tokens/s")
        table.add_column(heading, justify="right" if right else "left", no_wrap=not right)
    for row in rows:
        table.add_row(*_cells(row))
    width = None if sys.stdout.isatty() else _PLAIN_WIDTH
    console = Console(width=width, markup=False, highlight=False, emoji=False)
    console.print(table)
    click.echo(_legend(files, rows))


def _as_json(row: Row) -> dict[str, object]:
    fit = row.fit
    return {
        "name": row.name,
        "title": row.title,
        "state": row.state.value,
        "bytes": row.size,
        "gated": _is_gated(row),
        "sees_pictures": row.sees_pictures,
        "instruction_tuned": row.is_instruction_tuned,
        "in_use": row.in_use,
        "recommended": row.recommended,
        "fits": fit.verdict.value if fit else None,
        "memory_bytes": fit.need.total if fit else None,
        "context_size": fit.context if fit else None,
        "gpu_layers": fit.gpu_layers if fit else None,
        "tokens_per_s": fit.speed if fit else None,
    }


def _is_gated(row: Row) -> bool:
    return row.entry is not None and row.entry.gated


def _cells(row: Row) -> tuple[str, ...]:
    fit = row.fit
    mark = "*" if row.in_use else ">" if row.recommended else ""
    verdict = _FITS[fit.verdict] if fit else "?"
    if fit and fit.verdict is not Verdict.TOO_LARGE and fit.is_smaller:
        verdict += f", context {fit.context}"
    return (
        mark,
        row.name,
        row.title
        + (" (gated)" if _is_gated(row) else "")
        + ("" if row.is_instruction_tuned else " (not instruction-tuned)"),
        "" if row.state is State.ABSENT else row.state.value,
        in_gb(row.size) if row.size else "?",
        verdict,
        in_gb(fit.need.total) if fit else "?",
        f"{fit.speed:.1f}" if fit and fit.speed else "?",
    )


def _legend(files: ModelFiles, rows: list[Row]) -> str:
    lines = [f"in {one_line(str(files.shop.store.folder))}"]
    best = next((row.name for row in rows if row.recommended), None)
    if any(row.in_use for row in rows):
        lines.append("* is in use.")
    else:
        lines.append(f"In use: {one_line(files.config.model)}.")
    if best is not None:
        lines.append(f"> is the best for this machine: refsheet models download {best}")
    if any(row.fit and row.fit.speed for row in rows):
        lines.append("tokens/s: as once measured here; again with refsheet models --measure")
    return "\n".join(lines)
