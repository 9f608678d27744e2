"""What the KV cache holds, in the order it was read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class SoftTokens:
    """One picture in the context, known by its content."""

    sha256: str
    positions: int


Unit = int | SoftTokens
"""A token by its id, or a picture. Never split."""


def positions(units: Iterable[Unit]) -> int:
    """How many places in the context the units take."""
    return sum(unit.positions if isinstance(unit, SoftTokens) else 1 for unit in units)


class Ledger:
    """Kept exact: a unit is written here when it is in the KV cache, and not before."""

    def __init__(self) -> None:
        self._units: list[Unit] = []
        self._positions = 0

    @property
    def positions(self) -> int:
        return self._positions

    def common(self, units: Sequence[Unit]) -> int:
        """How many units from the first on are the same."""
        count = 0
        for ours, theirs in zip(self._units, units, strict=False):
            if ours != theirs:
                break
            count += 1
        return count

    def keep(self, count: int) -> None:
        """Forget all but the first `count` units."""
        del self._units[count:]
        self._positions = positions(self._units)

    def extend(self, units: Sequence[Unit]) -> None:
        self._units.extend(units)
        self._positions += positions(units)
