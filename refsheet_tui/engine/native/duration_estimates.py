"""Estimate how long things take on this machine with these weights, from earlier runs."""

from __future__ import annotations

from pathlib import Path

from refsheet_tui.file_io import JsonFile

# The weight of the newest measurement. Laptops slow down when they are hot or on battery, so the
# newest measurement says the most.
_NEWEST_WEIGHT = 0.5


class DurationEstimates:
    """The seconds that an operation takes, by name (`load`, `picture`, `token`).

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

    def estimate(self, name: str, count: float = 1.0) -> float | None:
        """Return how many seconds `count` operations called `name` take.

        Returns None before the first measurement.
        """
        seconds_each = self._seconds.get(name)
        return None if seconds_each is None else seconds_each * count

    def add_measurement(self, name: str, seconds: float, count: float = 1.0) -> None:
        """Record that `count` operations called `name` took so many seconds."""
        seconds_each = seconds / count
        previous = self._seconds.get(name, seconds_each)
        self._seconds[name] = previous + _NEWEST_WEIGHT * (seconds_each - previous)
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
