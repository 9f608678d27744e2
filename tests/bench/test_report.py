"""Ratios, targets and the table, on figures that are made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from refsheet_tui.bench.llama_server import BenchError
from refsheet_tui.bench.measurements import (
    LLAMA_BENCH,
    LLAMA_SERVER,
    REFSHEET,
    TARGETS,
    BenchTarget,
    Measurements,
)
from refsheet_tui.bench.report import BenchMachine, build_json, format_table
from refsheet_tui.bench.run import _find_programs
from refsheet_tui.engine import LoadSettings
from refsheet_tui.paths import demo_model

MACHINE = BenchMachine("a processor", 2, 50 * (1 << 30), "0.3.36")


def made_up() -> Measurements:
    figures = Measurements()
    for seconds in (0.5, 0.4, 0.9):
        figures.add_value(REFSHEET, "turn 2", seconds)
    figures.add_value(LLAMA_SERVER, "turn 2", 1.0)
    figures.add_value(REFSHEET, "write", 95.0)
    figures.add_value(LLAMA_BENCH, "write", 100.0)
    figures.add_value(REFSHEET, "cold", 50.0)
    figures.add_value(REFSHEET, "reopen", 1.2)
    figures.add_value(REFSHEET, "load", 3.0)
    return figures


def of(title: str, program: str) -> BenchTarget:
    return next(each for each in TARGETS if (each.title, each.program) == (title, program))


def test_ratios_are_of_medians() -> None:
    assert of("turn 2, first token", LLAMA_SERVER).ratio(made_up()) == 0.5


@pytest.mark.parametrize(
    ("title", "program", "met"),
    [
        ("turn 2, first token", LLAMA_SERVER, True),
        ("write speed", LLAMA_BENCH, False),
        ("reopened in a new process, first token", REFSHEET, True),
        ("peak memory", LLAMA_SERVER, None),
    ],
)
def test_a_target_is_met_missed_or_not_measured(title: str, program: str, met: bool | None) -> None:
    assert of(title, program).is_met(made_up()) is met


def test_a_limit_in_seconds_counts_too() -> None:
    figures = made_up()
    figures.values[REFSHEET]["cold"] = [500.0]
    figures.values[REFSHEET]["reopen"] = [1.6]
    assert of("reopened in a new process, first token", REFSHEET).is_met(figures) is False


def test_the_table_shows_what_was_measured_and_nothing_else() -> None:
    shown = "\n".join(format_table(made_up(), MACHINE, LoadSettings(demo_model()), 0.5))
    assert "| turn 2, first token | 0.50 s [0.40 – 0.90] | llama-server | 1.00 s " in shown
    assert "| 0.50× | ≤ 1.00× | met |" in shown
    assert "| 0.95× | ≥ 0.97× | missed |" in shown
    assert "| 1/42 | ≤ 1/40 and ≤ 1.5 s | met |" in shown
    assert "| model load | 3.00 s |" in shown
    assert "50%" in shown
    assert "peak memory" not in shown


def test_the_document_holds_every_value() -> None:
    found = build_json(made_up(), MACHINE, LoadSettings(demo_model()), None)
    assert found["values"] == made_up().values


def test_missing_programs_are_named(tmp_path: Path) -> None:
    assert _find_programs(None) is None
    with pytest.raises(BenchError, match="no llama-server"):
        _find_programs(tmp_path)
    for name in ("llama-server", "llama-bench"):
        (tmp_path / name).touch()
    assert _find_programs(tmp_path) == (tmp_path / "llama-server", tmp_path / "llama-bench")
