"""What looking at a file brings to light."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Verdict(Enum):
    """`NOTED` is good, with something to know about it."""

    GOOD = "good"
    NOTED = "noted"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """`remedy` is empty for what is not bad."""

    words: str
    verdict: Verdict = Verdict.GOOD
    remedy: str = ""


@dataclass(frozen=True)
class Check:
    """One question about a file, and its answer."""

    file: Path
    name: str
    finding: Finding


@dataclass(frozen=True)
class Report:
    """All answers, in the order in which the questions were asked."""

    checks: tuple[Check, ...]

    @property
    def is_good(self) -> bool:
        return not self.bad

    @property
    def bad(self) -> tuple[Check, ...]:
        return tuple(each for each in self.checks if each.finding.verdict is Verdict.BAD)
