"""One measurement of everything that is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from refsheet_tui.bench import bench_peer, server_peer, stock_peer
from refsheet_tui.bench.figures import OURS, Figures
from refsheet_tui.bench.memory import bandwidth
from refsheet_tui.bench.ours import Ours, Plan
from refsheet_tui.bench.report import Machine
from refsheet_tui.bench.scene import scenes
from refsheet_tui.bench.server_peer import BenchError
from refsheet_tui.engine import LoadSettings, LocalEngine
from refsheet_tui.engine.parts import model_size

# Where the chat of the bench is when its write speed is measured.
_DEPTH = 512


@dataclass(frozen=True)
class Result:
    """`share` of the memory bandwidth: each token takes all weights through the processor once."""

    figures: Figures
    machine: Machine
    share: float | None


async def run(
    settings: LoadSettings,
    plan: Plan,
    threads: int,
    llama_bin: Path | None,
    say: Callable[[str], None],
) -> Result:
    """Our engine, then the others on the same files. Raises `RefsheetError`."""
    programs = _programs(llama_bin)
    figures = Figures()
    speed = bandwidth(threads)
    engine = LocalEngine()
    info = await engine.load(settings)
    await engine.close()
    with scenes(info.seen_size()) as sheets:
        await Ours(settings, plan, figures, say).measure(sheets)
        if programs is not None:
            server, bench = programs
            say("llama-bench")
            _merge(figures, bench_peer.measure(bench, settings.model, threads, _DEPTH, plan.runs))
            say("llama-server")
            _merge(figures, server_peer.measure(server, settings, threads, plan.runs, sheets))
        say("the handler of llama-cpp-python, one run")
        _merge(figures, stock_peer.measure(settings, threads, next(sheets)))
    written = figures.middle(OURS, "write")
    share = written * model_size(settings.model) / speed if written else None
    return Result(figures, Machine.here(threads, speed), share)


def _programs(folder: Path | None) -> tuple[Path, Path] | None:
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


def _merge(figures: Figures, more: Figures) -> None:
    for program, cases in more.values.items():
        for case, values in cases.items():
            for value in values:
                figures.add(program, case, value)
