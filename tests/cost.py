"""What it costs to read a file, in a process that does nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

MIB = 1 << 20
_MEASURED = """
import sys, time
from pathlib import Path
from refsheet_tui.errors import RefsheetError
{imports}
begin = time.process_time()
for _ in range({loops}):
    pass
unit = time.process_time() - begin
begin = time.process_time()
try:
    {read}
except RefsheetError as error:
    assert error.problem and error.remedy
seconds = time.process_time() - begin
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0], seconds / unit)
"""
# The unit of time is an empty loop in the same process, so that a slow computer is no fault: it
# takes about half a second on one that reads everything here in less than two.
_LOOPS = 20_000_000
_MOST_UNITS = 4.0


def assert_cheap(path: Path, imports: str, read: str) -> None:
    """`read` takes `Path(sys.argv[1])`, and is done or refuses within 300 MiB and the processor
    time of 80 million turns of an empty loop."""
    program = _MEASURED.format(imports=imports, read=read, loops=_LOOPS)
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    peak, units = done.stdout.split()
    assert int(peak) * 1024 < 300 * MIB
    assert float(units) < _MOST_UNITS
