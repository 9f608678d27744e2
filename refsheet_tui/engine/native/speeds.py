"""How long things take on this machine with these weights, learnt from earlier times."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path

# The weight of the newest measurement. Laptops slow down when they are hot or on battery: what
# was measured last tells most.
_NEWEST = 0.5


class Speeds:
    """Seconds by name (`load`, `picture`, `token`), kept in a file together with those of other
    weights."""

    def __init__(self, file: Path | None, identity: str) -> None:
        """`file` None, or one that can't be read: nothing is known from earlier runs."""
        self._file = file
        self._identity = identity
        self._known = self._all().get(identity, {})
        self._is_saved = True

    def expected(self, what: str, count: float = 1.0) -> float | None:
        """Seconds that `count` of it take; None before the first."""
        one = self._known.get(what)
        return None if one is None else one * count

    def learn(self, what: str, seconds: float, count: float = 1.0) -> None:
        """`count` of it took so long."""
        one = seconds / count
        before = self._known.get(what, one)
        self._known[what] = before + _NEWEST * (one - before)
        self._is_saved = False

    def save(self) -> None:
        """A file that can't be written is let go: it costs a person nothing but an estimate."""
        if self._file is None or self._is_saved:
            return
        everything = {**self._all(), self._identity: self._known}
        unfinished = self._file.with_name(f"{self._file.name}-{os.getpid()}.part")
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished.write_text(json.dumps(everything), encoding="utf-8")
            unfinished.replace(self._file)
        except OSError as error:
            print(f"learnt speeds can't be kept: {error}", file=sys.stderr)
        self._is_saved = True

    def _all(self) -> dict[str, dict[str, float]]:
        if self._file is None:
            return {}
        with suppress(OSError, ValueError):
            found = json.loads(self._file.read_text(encoding="utf-8"))
            if isinstance(found, dict):
                return {key: _numbers(value) for key, value in found.items()}
        return {}


def _numbers(value: object) -> dict[str, float]:
    if not isinstance(value, dict):
        return {}
    return {
        str(name): float(seconds)
        for name, seconds in value.items()
        if isinstance(seconds, int | float) and 0 < seconds < float("inf")
    }
