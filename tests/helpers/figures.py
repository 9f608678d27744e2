"""Measured figures with their bounds, for the table at the end of a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Figures:
    """A list of rows (what, measured, bound)."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, what: str, measured: object, bound: str = "") -> None:
        """Add a row. `bound` is empty if the figure is only reported."""
        self.rows.append((what, str(measured), bound))

    def count(self, what: str, right: int, of: int) -> None:
        """Add a row for cases that all must be right."""
        self.add(what, f"{right:,} of {of:,}", "all")

    def lines(self) -> Iterator[str]:
        """Yield the rows as a Markdown table."""
        table = [("what", "measured", "bound"), *self.rows]
        widths = [max(len(row[column]) for row in table) for column in range(3)]
        for number, row in enumerate(table):
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            yield f"| {' | '.join(cells)} |"
            if number == 0:
                yield f"|{'|'.join('-' * (width + 2) for width in widths)}|"
