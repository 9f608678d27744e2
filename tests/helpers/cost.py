"""Checking that hostile input takes little memory and time.

Machines differ, so the time is compared with that of a loop in the same process, which takes about
a twentieth of a second on a laptop.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

MIB = 1 << 20
_MOST_LOOPS = 40
_MEASURED = """
import sys, time
from pathlib import Path
from refsheet_tui.errors import RefsheetError
{imports}
begin = time.process_time()
try:
    {read}
except RefsheetError as error:
    assert error.problem and error.remedy
seconds = time.process_time() - begin
begin = time.process_time()
sum(number * number for number in range(1_000_000))
loop = time.process_time() - begin
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0], seconds / loop)
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
    program = _MEASURED.format(imports=imports, read=read)
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    peak, loops = done.stdout.split()
    assert int(peak) * 1024 < 300 * MIB
    assert float(loops) < _MOST_LOOPS
