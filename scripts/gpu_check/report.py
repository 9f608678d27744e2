"""Print the results of checks as tables."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class CheckRow:
    """The result of a check, as a row of the table.

    Attributes:
        where: The device, or the part of the program, that was checked.
        check: The property that was checked.
        measured: The figure that was measured.
        bound: The bound that it was compared with.
        passed: True if the check passed.
    """

    where: str
    check: str
    measured: str
    bound: str
    passed: bool


def report_progress(progress: str) -> None:
    """Print on standard error what is done now."""
    print(f"{progress.strip().rstrip('.')} …", file=sys.stderr, flush=True)


def print_checks(title: str, checks: Sequence[CheckRow]) -> None:
    print_table(
        title,
        ("where", "what", "figure", "bound", ""),
        [
            (
                each.where,
                each.check,
                each.measured,
                each.bound,
                "passed" if each.passed else "FAILED",
            )
            for each in checks
        ],
    )


def print_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    print(f"\n### {title}\n")
    print(f"| {' | '.join(heads)} |")
    print("|---" * len(heads) + "|")
    for row in rows:
        print(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |")
    sys.stdout.flush()
