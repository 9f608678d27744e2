"""Measurements and the targets that they are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

REFSHEET, LLAMA_SERVER, LLAMA_BENCH, STOCK_HANDLER = (
    "refsheet",
    "llama-server",
    "llama-bench",
    "stock handler",
)


@dataclass
class Measurements:
    """Values by program and case: seconds, tokens a second, or bytes."""

    values: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add_value(self, program: str, case: str, value: float) -> None:
        self.values.setdefault(program, {}).setdefault(case, []).append(value)

    def values_of(self, program: str, case: str) -> Sequence[float]:
        return self.values.get(program, {}).get(case, ())

    def median_of(self, program: str, case: str) -> float | None:
        """Return the median of a case; None if it was not measured."""
        values = self.values_of(program, case)
        return median(values) if values else None


@dataclass(frozen=True)
class BenchTarget:
    """A limit for how a case of RefSheet compares with a case of another program.

    Attributes:
        title: The name of the target in the table.
        case: The case of RefSheet.
        program: The program to compare with.
        against_case: The case of that program.
        limit: RefSheet's value should be at most this many times the other one.
        at_least: True if `limit` is a lower limit.
        max_s: An upper limit for RefSheet's value in seconds, or None.
    """

    title: str
    case: str
    program: str
    against_case: str
    limit: float
    at_least: bool = False
    max_s: float | None = None

    def ratio(self, measurements: Measurements) -> float | None:
        refsheet_value, other_value = (
            measurements.median_of(REFSHEET, self.case),
            measurements.median_of(self.program, self.against_case),
        )
        return refsheet_value / other_value if refsheet_value is not None and other_value else None

    def is_met(self, measurements: Measurements) -> bool | None:
        ratio, refsheet_value = (
            self.ratio(measurements),
            measurements.median_of(REFSHEET, self.case),
        )
        if ratio is None or refsheet_value is None:
            return None
        is_within_limit = ratio >= self.limit if self.at_least else ratio <= self.limit
        return is_within_limit and (self.max_s is None or refsheet_value <= self.max_s)


TARGETS = (
    BenchTarget("turn 2, first token", "turn 2", LLAMA_SERVER, "turn 2", 1.0),
    BenchTarget("turn 2, first token", "turn 2", STOCK_HANDLER, "turn 2", 1 / 35),
    BenchTarget("another reply, first token", "again", LLAMA_SERVER, "again", 1.0),
    BenchTarget("edit of the last turn, first token", "edit", LLAMA_SERVER, "edit", 1.0),
    BenchTarget(
        "reopened in a new process, first token", "reopen", REFSHEET, "cold", 1 / 40, max_s=1.5
    ),
    BenchTarget("changed description, first token", "description", REFSHEET, "cold", 1 / 3),
    BenchTarget("cold turn 1, first token", "cold", LLAMA_SERVER, "cold", 1.0),
    BenchTarget("cold turn 1, first token", "cold", STOCK_HANDLER, "cold", 1.0),
    BenchTarget("write speed", "write", LLAMA_BENCH, "write", 0.97, at_least=True),
    BenchTarget("read speed", "read", LLAMA_BENCH, "read", 0.97, at_least=True),
    BenchTarget("peak memory", "memory", LLAMA_SERVER, "memory", 0.9),
    BenchTarget("first token of the last turn", "last turn", REFSHEET, "second turn", 1.3),
)
