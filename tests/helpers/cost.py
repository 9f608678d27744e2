"""Checking that hostile input takes little memory and time.

Machines differ, so the time is compared with that of a loop in the same process, which takes about
a twentieth of a second on a laptop.
"""

from __future__ import annotations

import atexit
import functools
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

MIB = 1 << 20
_MOST_LOOPS = 40
# One process imports what is measured, and a fork of it reads each file: the import takes longer
# than most of the files.
_MEASURING = """
import json, os, sys, time, traceback
from pathlib import Path
from refsheet_tui.errors import RefsheetError
{imports}

def measure(path, read):
    sys.argv = ["", path]
    begin = time.process_time()
    try:
        exec(read)
    except RefsheetError as error:
        assert error.problem and error.remedy
    seconds = time.process_time() - begin
    begin = time.process_time()
    sum(number * number for number in range(1_000_000))
    loop = time.process_time() - begin
    peak = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
    print(peak, seconds / loop, flush=True)

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        try:
            measure(*json.loads(line))
        except BaseException:
            print("failed", json.dumps(traceback.format_exc()), flush=True)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status:
        print("failed", json.dumps(f"ended with status {{status}}"), flush=True)
"""


def assert_fast(work: Callable[[], object]) -> None:
    """Check that `work` takes little CPU time."""
    begin = time.process_time()
    work()
    seconds = time.process_time() - begin
    begin = time.process_time()
    sum(number * number for number in range(1_000_000))
    assert seconds < _MOST_LOOPS * (time.process_time() - begin)


def assert_cheap(path: Path, imports: str, read: str) -> None:
    """Check that reading a file, or refusing it, takes less than 300 MiB and little CPU time.

    Args:
        path: The file.
        imports: A statement with the imports that `read` needs.
        read: A statement that reads the file `Path(sys.argv[1])`.
    """
    process = _measuring_process(imports)
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps([str(path), read]) + "\n")
    process.stdin.flush()
    peak, _, loops = process.stdout.readline().strip().partition(" ")
    assert peak.isdigit(), loops
    assert int(peak) * 1024 < 300 * MIB
    assert float(loops) < _MOST_LOOPS


@functools.cache
def _measuring_process(imports: str) -> subprocess.Popen[str]:
    program = _MEASURING.format(imports=imports)
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(process.communicate)
    return process
