"""A client to be stopped and let go on: says when the engine writes, and how the reply ended."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from helpers.engine_driver import ENDLESS, ask, demo
from refsheet_tui.engine import Finished, LocalEngine, TextDelta


async def main() -> None:
    engine = LocalEngine(Path(sys.argv[1]), patience_s=2.0)
    await engine.load(demo())
    pieces = 0
    async for event in engine.generate(ask("Hello"), ENDLESS):
        if isinstance(event, TextDelta):
            pieces += 1
            if pieces == 1:
                print("writing", flush=True)
            if pieces == 1000:
                await engine.cancel()
        elif isinstance(event, Finished):
            print(event.finish, flush=True)
    await engine.close()


asyncio.run(main())
