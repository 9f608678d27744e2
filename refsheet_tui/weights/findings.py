"""The results of verifying model files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class CheckResult(Enum):
    """The result of one check; `NOTED` is good, with a remark for the user."""

    GOOD = "good"
    NOTED = "noted"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """A result and its explanation; `remedy` is empty unless the result is `BAD`."""

    message: str
    result: CheckResult = CheckResult.GOOD
    remedy: str = ""


@dataclass(frozen=True)
class Check:
    """One check of a file, and what it found."""

    file: Path
    name: str
    finding: Finding


@dataclass(frozen=True)
class VerificationReport:
    """All checks of a model, in the order in which they were made."""

    checks: tuple[Check, ...]

    @property
    def is_good(self) -> bool:
        """True if no check failed."""
        return not self.failures

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(each for each in self.checks if each.finding.result is CheckResult.BAD)
