"""Measure every program that is available, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from refsheet_tui.bench import llama_bench, llama_server, stock_handler
from refsheet_tui.bench.chat_content import bench_characters
from refsheet_tui.bench.llama_server import BenchError
from refsheet_tui.bench.measurements import REFSHEET, Measurements
from refsheet_tui.bench.process_memory import measure_bandwidth
from refsheet_tui.bench.refsheet_bench import BenchPlan, RefsheetBench
from refsheet_tui.bench.report import BenchMachine
from refsheet_tui.chats import Library
from refsheet_tui.engine import LoadSettings, LocalEngine, model_size

# The tokens in the chat of the bench when its writing speed is measured.
_DEPTH = 512


@dataclass(frozen=True)
class BenchResult:
    """The result of a benchmark.

    `bandwidth_share` is the share of the memory bandwidth that writing reaches: each token takes
    all weights through the processor once.
    """

    measurements: Measurements
    machine: BenchMachine
    bandwidth_share: float | None


async def run_bench(
    settings: LoadSettings,
    plan: BenchPlan,
    threads: int,
    llama_bin: Path | None,
    report_progress: Callable[[str], None],
) -> BenchResult:
    """Measure our engine, then the other programs on the same files. Raises `RefsheetError`."""
    programs = _find_programs(llama_bin)
    measurements = Measurements()
    bandwidth = measure_bandwidth(threads)
    engine = LocalEngine()
    info = await engine.load(settings)
    await engine.close()
    with (
        bench_characters(info.require_picture_size()) as characters,
        Library.in_memory() as library,
    ):
        await RefsheetBench(settings, plan, measurements, library, report_progress).measure(
            characters
        )
        if programs is not None:
            server, bench = programs
            report_progress("llama-bench")
            _merge(
                measurements, llama_bench.measure(bench, settings.model, threads, _DEPTH, plan.runs)
            )
            report_progress("llama-server")
            _merge(
                measurements, llama_server.measure(server, settings, threads, plan.runs, characters)
            )
        report_progress("the handler of llama-cpp-python, one run")
        _merge(measurements, stock_handler.measure(settings, threads, next(characters)))
    write_speed = measurements.median_of(REFSHEET, "write")
    bandwidth_share = write_speed * model_size(settings.model) / bandwidth if write_speed else None
    return BenchResult(measurements, BenchMachine.describe(threads, bandwidth), bandwidth_share)


def _find_programs(folder: Path | None) -> tuple[Path, Path] | None:
    if folder is None:
        return None
    server, bench = folder / "llama-server", folder / "llama-bench"
    for program in (server, bench):
        if not program.is_file():
            raise BenchError(
                f"There is no {program.name} in {folder}.",
                "Give the folder that llama.cpp's programs were built into with --llama-bin.",
            )
    return server, bench


def _merge(measurements: Measurements, other: Measurements) -> None:
    for program, cases in other.values.items():
        for case, values in cases.items():
            for value in values:
                measurements.add_value(program, case, value)
