"""The table of `refsheet models`: what there is, and what this machine makes of it."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass

import click
from rich import box
from rich.console import Console
from rich.table import Table

from refsheet_tui.cli.console import note
from refsheet_tui.cli.model_files import ModelFiles
from refsheet_tui.engine import LoadSettings
from refsheet_tui.engine.machine import ask_build
from refsheet_tui.errors import EngineError
from refsheet_tui.paths import demo_model
from refsheet_tui.text import one_line
from refsheet_tui.weights.catalog import Entry
from refsheet_tui.weights.fit import Fit, Machine, Verdict, fit_entry, recommended
from refsheet_tui.weights.sizes import in_gb
from refsheet_tui.weights.speed import writing_speed
from refsheet_tui.weights.store import State

_FITS = {Verdict.FITS: "yes", Verdict.CLOSE: "when others close", Verdict.TOO_LARGE: "no"}
# A pipe has no width; this is room for all of it.
_PLAIN_WIDTH = 160


@dataclass(frozen=True)
class Row:
    """One model of the catalogue."""

    name: str
    entry: Entry
    state: State
    size: int | None
    fit: Fit | None
    in_use: bool
    recommended: bool

    def as_json(self) -> dict[str, object]:
        fit = self.fit
        return {
            "name": self.name,
            "title": self.entry.title,
            "state": self.state.value,
            "bytes": self.size,
            "gated": self.entry.gated,
            "sees_pictures": self.entry.projector is not None,
            "in_use": self.in_use,
            "recommended": self.recommended,
            "fits": fit.verdict.value if fit else None,
            "memory_bytes": fit.need.total if fit else None,
            "context_size": fit.context if fit else None,
            "gpu_layers": fit.gpu_layers if fit else None,
            "tokens_per_s": fit.speed if fit else None,
        }


def print_table(files: ModelFiles, *, measure: bool, as_json: bool) -> None:
    """On standard output; what it says beside it is for the person."""
    machine = _machine(measure=measure)
    rows = _rows(files, machine)
    if as_json:
        click.echo(json.dumps({"models": [row.as_json() for row in rows]}))
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


def _machine(*, measure: bool) -> Machine:
    """Without a llama.cpp that starts nothing can be measured, but the models can be shown."""

    build = speed = None
    try:
        build = ask_build()
        speed = writing_speed(
            build, again=measure, before=lambda: note("Measuring this machine, for 3 seconds …")
        )
    except EngineError as error:
        note(str(error))
    return Machine.this(build, speed)


def _rows(files: ModelFiles, machine: Machine) -> list[Row]:
    catalog, store, config = files.shop.catalog, files.shop.store, files.config
    settings = LoadSettings(
        demo_model(),
        context_size=config.context_size,
        gpu_layers=config.gpu_layers,
        kv_type=config.kv_cache,
        full_window_cache=config.window_cache == "full",
    )
    fits = {
        name: fit_entry(catalog, entry, store, settings, machine)
        for name, entry in catalog.models.items()
    }
    best = recommended(catalog, fits, machine)
    return [
        Row(
            name,
            entry,
            store.state_of(entry),
            entry.size,
            fits[name],
            in_use=config.model == name,
            recommended=name == best,
        )
        for name, entry in catalog.models.items()
    ]


def _cells(row: Row) -> tuple[str, ...]:
    fit = row.fit
    mark = "*" if row.in_use else ">" if row.recommended else ""
    verdict = _FITS[fit.verdict] if fit else "?"
    if fit and fit.verdict is not Verdict.TOO_LARGE and fit.is_smaller:
        verdict += f", context {fit.context}"
    return (
        mark,
        row.name,
        row.entry.title + (" (gated)" if row.entry.gated else ""),
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
