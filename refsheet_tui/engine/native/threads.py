"""Choose how many threads to compute with: one for each fast core that this process may use.

Slow cores and second hyperthreads make llama.cpp slower, because each step waits for the last.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_CPUS = Path("/sys/devices/system/cpu")
_INTEL_FAST = Path("/sys/devices/cpu_core/cpus")  # exists where there are P and E cores
_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # "200000 100000": two cores' worth of time
# A middle core of a phone-like CPU reaches about 0.8 of the fastest, a small one less than half.
_FAST_CORE_SHARE = 0.6


def performance_cores() -> int:
    """Return the number of fast cores that this process may use, at least 1."""
    count = _mac_cores() if sys.platform == "darwin" else _linux_cores()
    return max(1, count or os.cpu_count() or 1)


def _mac_cores() -> int:
    for name in ("hw.perflevel0.physicalcpu", "hw.physicalcpu"):
        result = subprocess.run(["sysctl", "-n", name], capture_output=True, text=True, check=False)
        if result.stdout.strip().isdigit():
            return int(result.stdout)
    return 0


def _linux_cores() -> int:
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    intel_fast = _parse_cpu_list(_read(_INTEL_FAST))
    fast = (usable & intel_fast) or _fastest_cores(usable)
    # Hyperthreads of one core name the same siblings.
    cores = {_read(_CPUS / f"cpu{cpu}/topology/thread_siblings_list") or cpu for cpu in fast}
    return min(len(cores), _cgroup_cores() or len(cores))


def _fastest_cores(cpus: set[int]) -> set[int]:
    for measure in ("cpu_capacity", "cpufreq/cpuinfo_max_freq"):
        speeds = {cpu: _read(_CPUS / f"cpu{cpu}" / measure) for cpu in cpus}
        if speeds and all(speed.isdigit() for speed in speeds.values()):
            limit = _FAST_CORE_SHARE * max(int(speed) for speed in speeds.values())
            return {cpu for cpu, speed in speeds.items() if int(speed) >= limit}
    return cpus


def _cgroup_cores() -> int:
    limit, _, period = _read(_QUOTA).partition(" ")
    if limit.isdigit() and period.isdigit():
        return max(1, round(int(limit) / int(period)))
    return 0


def _parse_cpu_list(text: str) -> set[int]:
    """Return the numbers of a kernel list such as `0-7,16`."""
    cpus: set[int] = set()
    for span in filter(None, text.split(",")):
        first, _, last = span.partition("-")
        cpus.update(range(int(first), int(last or first) + 1))
    return cpus


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
