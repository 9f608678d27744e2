"""The events of a download, and its speed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from refsheet_tui.weights.catalog import RemoteFile
from refsheet_tui.weights.manifest import ChecksumSource

# The speed is averaged over so many seconds: short enough to notice a stall, long enough to be
# steady.
_WINDOW_S = 10.0


@dataclass(frozen=True)
class QueryingHub:
    """The hub is being asked for the size and the checksum of a file."""

    file: RemoteFile


@dataclass(frozen=True)
class WaitingForLock:
    """Another process is downloading the same file, and this one will use its result."""

    file: RemoteFile


@dataclass(frozen=True)
class ReceivingFile:
    """Bytes of a file have arrived.

    Attributes:
        file: The file.
        done: How many bytes of the file are there.
        total: The size of the file in bytes; 0 if it is unknown.
        overall_done: How many bytes of all files to download are there.
        overall_total: The size of all files to download, in bytes; 0 if it is unknown.
        speed: Bytes a second; None until it is known.
        remaining_s: Seconds until all files are there; None until it is known.
    """

    file: RemoteFile
    done: int
    total: int
    overall_done: int
    overall_total: int
    speed: float | None
    remaining_s: float | None


@dataclass(frozen=True)
class CheckingSum:
    """The checksum of a file is being computed; `done` of `total` bytes have been read."""

    file: RemoteFile
    done: int
    total: int


@dataclass(frozen=True)
class FileReady:
    """A file is complete and verified.

    Attributes:
        file: The file.
        path: Where it is on the disk.
        sha256: Its checksum, in hexadecimal digits.
        source: The source of the expected checksum.
        linked: It is a link to a file in the hub's cache.
    """

    file: RemoteFile
    path: Path
    sha256: str
    source: ChecksumSource
    linked: bool = False


DownloadEvent = QueryingHub | WaitingForLock | ReceivingFile | CheckingSum | FileReady


class TransferRate:
    """Computes how many bytes a second arrive, averaged over the last seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._samples: deque[tuple[float, int]] = deque()

    def update_rate(self, done: int) -> float | None:
        """Record that `done` bytes are there now, and return bytes a second; None until known."""
        now = self._clock()
        if self._samples and done < self._samples[-1][1]:
            self._samples.clear()
        self._samples.append((now, done))
        while len(self._samples) > 2 and now - self._samples[1][0] >= _WINDOW_S:
            self._samples.popleft()
        start_time, start_bytes = self._samples[0]
        return (done - start_bytes) / (now - start_time) if now > start_time else None
