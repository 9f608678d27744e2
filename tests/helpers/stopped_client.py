"""A client for tests to suspend and resume.

It prints when the engine writes, and how the reply ended.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from helpers.engine_driver import ENDLESS, ask, demo
from refsheet_tui.engine import LocalEngine, ReplyFinished, TextDelta


async def main() -> None:
    engine = LocalEngine(Path(sys.argv[1]), timeout_s=2.0)
    await engine.load(demo())
    pieces = 0
    async for event in engine.generate(ask("Hello"), ENDLESS):
        if isinstance(event, TextDelta):
            pieces += 1
            if pieces == 1:
                print("writing", flush=True)
            if pieces == 1000:
                await engine.cancel()
        elif isinstance(event, ReplyFinished):
            print(event.reason, flush=True)
    await engine.close()


asyncio.run(main())
