"""Measure the memory of another process, and the memory bandwidth of this machine."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import numpy as np

_KIB = 1024
_FLOATS = 1 << 28  # 1 GiB: no cache holds it
_PASSES = 3


def peak_memory(pid: int | None) -> float:
    """Return the largest resident set of a process in bytes; on macOS its present one."""
    if sys.platform == "linux":
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return float(line.split()[1]) * _KIB
    result = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return float(result.stdout or 0) * _KIB


def measure_bandwidth(threads: int) -> float:
    """Return how many bytes a second `threads` threads read together, the best of three passes."""
    data = np.ones(_FLOATS, np.float32)
    parts = np.array_split(data, threads)
    best = 0.0
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(_PASSES):
            begin = monotonic()
            list(pool.map(np.max, parts))
            best = max(best, data.nbytes / (monotonic() - begin))
    return best
