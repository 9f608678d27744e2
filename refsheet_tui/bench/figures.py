"""What was measured, and what it is held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

OURS, SERVER, BENCH, STOCK = "refsheet", "llama-server", "llama-bench", "stock handler"


@dataclass
class Figures:
    """Values by program and case: seconds, tokens a second, or bytes."""

    values: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, program: str, case: str, value: float) -> None:
        self.values.setdefault(program, {}).setdefault(case, []).append(value)

    def get(self, program: str, case: str) -> Sequence[float]:
        return self.values.get(program, {}).get(case, ())

    def middle(self, program: str, case: str) -> float | None:
        """The median; None when it was not measured."""
        found = self.get(program, case)
        return median(found) if found else None


@dataclass(frozen=True)
class Target:
    """`case` of ours against `against` of `program`: ours is to be at most `limit` times that, or
    at least where `at_least`; `most_s` is a limit in seconds beside it."""

    title: str
    case: str
    program: str
    against: str
    limit: float
    at_least: bool = False
    most_s: float | None = None

    def ratio(self, figures: Figures) -> float | None:
        ours, theirs = figures.middle(OURS, self.case), figures.middle(self.program, self.against)
        return ours / theirs if ours is not None and theirs else None

    def is_met(self, figures: Figures) -> bool | None:
        ratio, ours = self.ratio(figures), figures.middle(OURS, self.case)
        if ratio is None or ours is None:
            return None
        holds = ratio >= self.limit if self.at_least else ratio <= self.limit
        return holds and (self.most_s is None or ours <= self.most_s)


TARGETS = (
    Target("turn 2, first token", "turn 2", SERVER, "turn 2", 1.0),
    Target("turn 2, first token", "turn 2", STOCK, "turn 2", 1 / 35),
    Target("another reply, first token", "again", SERVER, "again", 1.0),
    Target("edit of the last turn, first token", "edit", SERVER, "edit", 1.0),
    Target("reopened in a new process, first token", "reopen", OURS, "cold", 1 / 40, most_s=1.5),
    Target("changed description, first token", "description", OURS, "cold", 1 / 3),
    Target("cold turn 1, first token", "cold", SERVER, "cold", 1.0),
    Target("cold turn 1, first token", "cold", STOCK, "cold", 1.0),
    Target("write speed", "write", BENCH, "write", 0.97, at_least=True),
    Target("read speed", "read", BENCH, "read", 0.97, at_least=True),
    Target("peak memory", "memory", SERVER, "memory", 0.9),
    Target("first token of the last turn", "last turn", OURS, "second turn", 1.3),
)
