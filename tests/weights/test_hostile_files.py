"""Hostile model files give one sentence, without a crash, a hang, or much memory."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from helpers.small_models import verify_files
from refsheet_tui.paths import demo_model
from refsheet_tui.untrusted import one_line

MIB, GIB = 1 << 20, 1 << 30
HEAD = demo_model().read_bytes()[:60_000]
PLACES = st.integers(0, len(HEAD) - 9)


def announced(*, tensors: int = 0, pairs: int = 0) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, tensors, pairs)


def text(length: int) -> bytes:
    return struct.pack("<Q", length)


KEY = text(1) + b"k"
ARRAY, STRING, BYTE = 9, 8, 0
HUGE = 2**62
BOMBS = {
    "tensors": announced(tensors=HUGE),
    "pairs": announced(pairs=HUGE),
    "key": announced(pairs=1) + text(HUGE),
    "string": announced(pairs=1) + KEY + struct.pack("<I", STRING) + text(HUGE),
    "long string": announced(pairs=1) + KEY + struct.pack("<I", STRING) + text(2 * GIB),
    "strings": announced(pairs=1) + KEY + struct.pack("<IIQ", ARRAY, STRING, HUGE),
    "many strings": announced(pairs=1) + KEY + struct.pack("<IIQ", ARRAY, STRING, 1 << 28),
    "bytes": announced(pairs=1) + KEY + struct.pack("<IIQ", ARRAY, BYTE, HUGE),
    "nested": announced(pairs=1) + KEY + struct.pack("<IIQ", ARRAY, ARRAY, 1000),
    "dimensions": announced(tensors=1) + KEY + struct.pack("<I", 2**31),
    "shape": announced(tensors=1) + KEY + struct.pack("<IQQIQ", 2, HUGE, HUGE, 0, 0),
    "offset": announced(tensors=1) + KEY + struct.pack("<IQIQ", 1, 1, 0, 2**64 - 1),
    "type": announced(tensors=1) + KEY + struct.pack("<IQIQ", 1, 32, 4_000_000_000, 0),
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_announces_too_much_is_not_believed(tmp_path: Path, name: str) -> None:
    """The files are 3 GiB large and sparse, so that the lengths in them could be true."""
    path = tmp_path / "bomb.gguf"
    path.write_bytes(BOMBS[name])
    os.truncate(path, 3 * GIB)
    report = verify_files(path, quick=True)
    assert not report.is_good
    assert all(check.finding.message and check.finding.remedy for check in report.failures)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(PLACES, st.binary(min_size=1, max_size=8)), max_size=6),
    st.integers(0, len(HEAD)),
)
def test_any_head_gets_a_report(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, bytes]], length: int
) -> None:
    data = bytearray(HEAD)
    for place, new in changes:
        data[place : place + len(new)] = new
    path = tmp_path_factory.mktemp("head") / "head.gguf"
    path.write_bytes(data[:length])
    os.truncate(path, demo_model().stat().st_size)
    for check in verify_files(path, quick=True).checks:
        assert check.finding.message
        assert check.finding.message == one_line(check.finding.message)


# Prints the peak memory of a process that verifies a file, in KiB. `getrusage` can't be used,
# because its peak begins with the size of the parent process.
VERIFY = """
import sys
from pathlib import Path
from refsheet_tui.weights.local_file import LocalFile
from refsheet_tui.weights.verify import Verification
file = LocalFile.outside_store(Path(sys.argv[1]))
report = Verification([file], None, lambda path, count: None).run()
status = Path("/proc/self/status").read_text()
print(report.is_good, status.partition("VmHWM:")[2].split()[0])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="macOS has neither /dev/shm nor /proc")
def test_a_file_of_5_gb_takes_no_memory(root: Path) -> None:
    """The file is sparse and in memory, where reading a hole takes almost no time."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        path = Path(folder) / "large.gguf"
        path.write_bytes(demo_model().read_bytes())
        os.truncate(path, 5_000_000_000)
        done = subprocess.run(
            [sys.executable, "-c", VERIFY, path],
            capture_output=True,
            text=True,
            cwd=root,
            check=True,
        )
    is_good, peak = done.stdout.split()
    assert is_good == "True"
    assert int(peak) * 1024 < 150 * MIB
