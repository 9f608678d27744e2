"""Measure with `llama-bench` how fast llama.cpp reads and writes when it does nothing else."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from refsheet_tui.bench.llama_server import BenchError
from refsheet_tui.bench.measurements import LLAMA_BENCH, Measurements
from refsheet_tui.bench.refsheet_bench import READ_TOKENS, REPLY_TOKENS


def measure(program: Path, model: Path, threads: int, depth: int, runs: int) -> Measurements:
    """Measure reading a text, and writing behind `depth` tokens. Raises `BenchError`."""
    measurements = Measurements()
    for case, options in (
        ("read", ("-p", str(READ_TOKENS), "-n", "0")),
        ("write", ("-p", "0", "-n", str(REPLY_TOKENS), "-d", str(depth))),
    ):
        command = [
            *(str(program), "-m", str(model), "-t", str(threads), "-fa", "1"),
            *("-r", str(runs), "-o", "json", *options),
        ]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise BenchError("llama-bench failed.", f"Try it: {' '.join(command)}")
        for row in json.loads(result.stdout):
            for speed in row["samples_ts"]:
                measurements.add_value(LLAMA_BENCH, case, float(speed))
    return measurements
