"""What a download tells while it runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from refsheet_tui.weights.catalog import RemoteFile
from refsheet_tui.weights.record import Source

# Seconds over which speed is averaged: short enough to notice a stall, long enough to be calm.
_WINDOW_S = 10.0


@dataclass(frozen=True)
class Asking:
    """The hub is asked for sizes and sums."""

    file: RemoteFile


@dataclass(frozen=True)
class Waiting:
    """Another program downloads the same file; its result will be shared."""

    file: RemoteFile


@dataclass(frozen=True)
class Receiving:
    """`done` of `total` bytes are there, of this file and of all; `total` 0 is unknown. `speed` in
    bytes a second and `left_s` in seconds are None until known."""

    file: RemoteFile
    done: int
    total: int
    all_done: int
    all_total: int
    speed: float | None
    left_s: float | None


@dataclass(frozen=True)
class Checking:
    """The sum of what has arrived, or was there, is being computed."""

    file: RemoteFile
    done: int
    total: int


@dataclass(frozen=True)
class Ready:
    """Whole and true. `linked`: from the hub's cache; `source`: whose word its sum is."""

    file: RemoteFile
    path: Path
    sha256: str
    source: Source
    linked: bool = False


DownloadEvent = Asking | Waiting | Receiving | Checking | Ready


class Speed:
    """Bytes a second over the last seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()

    def reached(self, done: int) -> float | None:
        """`done` bytes are there now; None as long as nothing can be said."""
        now = self._clock()
        if self._seen and done < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[1][0] >= _WINDOW_S:
            self._seen.popleft()
        began, before = self._seen[0]
        return (done - before) / (now - began) if now > began else None
