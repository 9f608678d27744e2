"""Estimate how long things take on this machine with these weights, from earlier runs."""

from __future__ import annotations

from pathlib import Path

from refsheet_tui.file_io import JsonFile

# The weight of the newest measurement. Laptops slow down when they are hot or on battery, so the
# newest measurement says the most.
_NEWEST_WEIGHT = 0.5


class DurationEstimates:
    """The seconds that things take, by name (`load`, `picture`, `token`).

    They are saved in one file together with those of other weights.
    """

    def __init__(self, file: Path | None, identity: str) -> None:
        """Read the estimates for `identity`.

        If `file` is None or unreadable, there are none at first.
        """
        self._file = JsonFile(file) if file is not None else None
        self._identity = identity
        self._seconds = self._read_all().get(identity, {})
        self._is_saved = True

    def estimate(self, what: str, count: float = 1.0) -> float | None:
        """Return how many seconds `count` of `what` take; None before the first measurement."""
        one = self._seconds.get(what)
        return None if one is None else one * count

    def add_measurement(self, what: str, seconds: float, count: float = 1.0) -> None:
        """Record that `count` of `what` took so many seconds."""
        one = seconds / count
        before = self._seconds.get(what, one)
        self._seconds[what] = before + _NEWEST_WEIGHT * (one - before)
        self._is_saved = False

    def save(self) -> None:
        """Save the estimates. A failure to write is ignored: it costs the user only an estimate."""
        if self._file is None or self._is_saved:
            return
        self._file.write({**self._read_all(), self._identity: self._seconds})
        self._is_saved = True

    def _read_all(self) -> dict[str, dict[str, float]]:
        if self._file is None:
            return {}
        return {key: _parse_seconds(value) for key, value in self._file.read().items()}


def _parse_seconds(value: object) -> dict[str, float]:
    if not isinstance(value, dict):
        return {}
    return {
        str(name): float(seconds)
        for name, seconds in value.items()
        if isinstance(seconds, int | float) and 0 < seconds < float("inf")
    }
