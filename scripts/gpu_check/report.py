"""What a check found, as a table."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """`where` is what computed, `what` the property, `figure` what was measured, `bound` what it
    was compared with."""

    where: str
    what: str
    figure: str
    bound: str
    passed: bool


def say(progress: str) -> None:
    """Tell on standard error what takes a while now."""
    print(f"{progress.strip().rstrip('.')} …", file=sys.stderr, flush=True)


def print_checks(title: str, checks: Sequence[Check]) -> None:
    print_table(
        title,
        ("where", "what", "figure", "bound", ""),
        [
            (each.where, each.what, each.figure, each.bound, "passed" if each.passed else "FAILED")
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
