"""`refsheet bench`: the speed on this computer, compared with other programs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from time import monotonic
from typing import Any

import click

from refsheet_tui.bench import BenchPlan, build_json, draw_plot, format_table, run_bench
from refsheet_tui.cli.console import print_note
from refsheet_tui.cli.options import model_options, read_config
from refsheet_tui.engine import LoadSettings, probe_build
from refsheet_tui.weights import build_load_settings


async def measure(
    settings: LoadSettings,
    plan: BenchPlan,
    llama_bin: Path | None,
    *,
    as_json: bool,
    plot: Path | None,
) -> str:
    """Measure, and return the results as a table or as JSON.

    Args:
        settings: The model to measure.
        plan: How often and for how long to measure.
        llama_bin: The folder of llama.cpp's programs; None to measure RefSheet alone.
        as_json: Return JSON instead of a table.
        plot: Where to draw the results as a PNG; None for no picture.
    """
    start = monotonic()
    threads = settings.threads or probe_build().threads

    def print_progress(text: str) -> None:
        print_note(f"{monotonic() - start:5.0f} s  {text}")

    result = await run_bench(settings, plan, threads, llama_bin, print_progress)
    if plot is not None:
        draw_plot(result.measurements, plot)
    result_arguments = (result.measurements, result.machine, settings, result.bandwidth_share)
    return (
        json.dumps(build_json(*result_arguments))
        if as_json
        else "\n".join(format_table(*result_arguments))
    )


@click.command()
@model_options
@click.option(
    "--llama-bin", type=click.Path(path_type=Path), metavar="DIR", help="llama.cpp's folder."
)
@click.option("--runs", type=click.IntRange(1), default=3, show_default=True, help="Repetitions.")
@click.option(
    "--turns", type=click.IntRange(8), default=40, show_default=True, help="Turns of the chat."
)
@click.option(
    "--typing",
    type=click.FloatRange(0),
    default=20.0,
    show_default=True,
    help="Seconds the user types.",
)
@click.option("--json", "as_json", is_flag=True, help="Print all measurements as JSON.")
@click.option("--plot", type=click.Path(path_type=Path), metavar="FILE.png", help="Save a plot.")
def bench(
    llama_bin: Path | None,
    runs: int,
    turns: int,
    typing: float,
    as_json: bool,
    plot: Path | None,
    **options: Any,
) -> None:
    """Measure the speed on this computer.

    With --llama-bin, llama.cpp's own programs are measured on the same files, too. With a 4B model
    this takes about 15 minutes.
    """
    settings = build_load_settings(read_config(options), print_note)
    plan = BenchPlan(runs, turns, typing)
    click.echo(asyncio.run(measure(settings, plan, llama_bin, as_json=as_json, plot=plot)))
