#!/usr/bin/env python3
"""Check that this computer's GPU computes what its processor computes, and how fast.

`scripts/check_gpu.py [MODEL [MMPROJ]]` takes the demo model and, where one is given, another Gemma
3. It prints Markdown tables and exits with 0 only if every check passes.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gpu_check import running, speed
from gpu_check.computing import compare_with_processor, describe_gpus
from gpu_check.isolation import isolated
from gpu_check.report import Check, print_checks, say
from refsheet_tui.paths import demo_mmproj, demo_model


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, nargs="?", help="a Gemma 3 in GGUF form")
    parser.add_argument("mmproj", type=Path, nargs="?", help="its vision projector")
    parser.add_argument("--no-speed", action="store_true", help="leave out the speed of 4B shapes")
    arguments = parser.parse_args()
    for file in filter(None, (arguments.model, arguments.mmproj)):
        if not file.is_file():
            parser.error(f"There is no file {file}.")
    gpus = isolated("devices", describe_gpus)
    if isinstance(gpus, Check):
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


def _checks(model: Path | None, mmproj: Path | None) -> Iterator[Check]:
    files = [("demo", demo_model(), demo_mmproj()), *([("model", model, mmproj)] if model else [])]
    for name, file, projector in files:
        say(f"comparing {name} with the processor")
        found = isolated(name, compare_with_processor, name, file, projector)
        yield from [found] if isinstance(found, Check) else found
    with tempfile.TemporaryDirectory() as folder:
        for check in running.CHECKS:
            say(check.__doc__ or "")
            yield asyncio.run(running.run(check, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
