"""A client for tests to kill. It prints the engine's process id while the engine writes."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from helpers.engine_driver import ENDLESS, ask, demo
from refsheet_tui.engine import LocalEngine, TextDelta


async def main() -> None:
    engine = LocalEngine(Path(sys.argv[1]))
    await engine.load(demo())
    told = False
    while True:
        async for event in engine.generate(ask("Hello"), ENDLESS):
            if isinstance(event, TextDelta) and not told:
                told = True
                print(engine.pid, flush=True)


asyncio.run(main())
