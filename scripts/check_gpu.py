#!/usr/bin/env python3
"""Check that this computer's GPU computes what its processor computes, and measure how fast.

`scripts/check_gpu.py [MODEL [MMPROJ]]` uses the demo model and, if you name one, another Gemma 3.
It prints Markdown tables and exits with 0 only if every check passes.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gpu_check import engine_checks, speed
from gpu_check.isolation import run_isolated
from gpu_check.output_checks import compare_with_processor, describe_gpus
from gpu_check.report import CheckRow, print_checks, report_progress
from refsheet_tui.paths import demo_mmproj, demo_model


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, nargs="?", help="a Gemma 3 in GGUF format")
    parser.add_argument("mmproj", type=Path, nargs="?", help="its vision projector")
    parser.add_argument("--no-speed", action="store_true", help="don't measure the speed")
    arguments = parser.parse_args()
    for file in filter(None, (arguments.model, arguments.mmproj)):
        if not file.is_file():
            parser.error(f"There is no file {file}.")
    gpus = run_isolated("devices", describe_gpus)
    if isinstance(gpus, CheckRow):
        print_checks("What was checked", [gpus])
        return 1
    if not gpus:
        print("This build of llama.cpp finds no GPU: docs/models.md says how to install another.")
        return 1
    print("\n".join(gpus), flush=True)
    checks = list(_checks(arguments.model, arguments.mmproj))
    print_checks("What was checked", checks)
    if not arguments.no_speed:
        speed.print_speeds()
    return 0 if all(check.passed for check in checks) else 1


def _checks(model: Path | None, mmproj: Path | None) -> Iterator[CheckRow]:
    files = [("demo", demo_model(), demo_mmproj()), *([("model", model, mmproj)] if model else [])]
    for name, file, projector in files:
        report_progress(f"comparing {name} with the processor")
        result = run_isolated(name, compare_with_processor, name, file, projector)
        yield from [result] if isinstance(result, CheckRow) else result
    with tempfile.TemporaryDirectory() as folder:
        for check in engine_checks.CHECKS:
            report_progress(check.__doc__ or "")
            yield asyncio.run(engine_checks.run_check(check, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
