"""A client for tests to kill. It prints the engine's process id in a given phase.

Arguments: a folder for logs, and `load`, `look`, `read` or `write`.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from helpers.engine_driver import ENDLESS, ask, demo, picture
from refsheet_tui.engine import (
    EngineEvent,
    LoadProgress,
    LocalEngine,
    PictureProgress,
    PromptProgress,
    TextDelta,
)

PHASES: dict[str, type] = {
    "load": LoadProgress,
    "look": PictureProgress,
    "read": PromptProgress,
    "write": TextDelta,
}


async def main() -> None:
    engine = LocalEngine(Path(sys.argv[1]))
    phase = PHASES[sys.argv[2]]

    def tell(event: EngineEvent) -> None:
        if isinstance(event, phase):
            print(engine.pid, flush=True)

    await engine.load(demo(), tell)
    async for event in engine.generate(ask(picture(1), "Hello"), ENDLESS):
        tell(event)
    await asyncio.Event().wait()


asyncio.run(main())
