"""Check that llama.cpp works on this machine: `python -m refsheet_tui.engine.selfcheck`.

The demo model looks at one picture and writes one sentence. Exits with 0 when it did, with 3 when
the engine broke (another build of llama.cpp may work), with 1 for anything else. An engine that
needs safer settings counts as broken: another build may run at full speed.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import tempfile
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.engine.events import ReplyFinished
from refsheet_tui.engine.local import LocalEngine
from refsheet_tui.engine.settings import GenerationSettings, LoadSettings
from refsheet_tui.errors import EngineError, RefsheetError
from refsheet_tui.pictures import PictureView, PreparedPicture
from refsheet_tui.prompting import Turn, build_prompt

OK, FAILED, ENGINE_BROKEN = 0, 1, 3


def main() -> int:
    """Check the engine, and return the exit code of the process."""
    try:
        asyncio.run(_check_in_empty_state())
    except EngineError as error:
        print(error, file=sys.stderr)
        return ENGINE_BROKEN
    except RefsheetError as error:
        print(error, file=sys.stderr)
        return FAILED
    return OK


async def _check_in_empty_state() -> None:
    with tempfile.TemporaryDirectory() as folder:
        # Safe modes of another build don't count here, and this build's don't count for another.
        await _generate_with(LocalEngine(safe_mode_file=Path(folder) / "safe-mode.json"))


async def _generate_with(engine: LocalEngine) -> None:
    try:
        model = await engine.load(
            LoadSettings(paths.demo_model(), paths.demo_mmproj(), context_size=512)
        )
        # A vision tower that runs on the processor is slower, and right.
        if model.safe_mode or model.gpu_fault == "text":
            raise EngineError(
                f"The usual settings failed; the engine needs safer ones: {model.restrictions}.",
                "Try another build of llama.cpp.",
            )
        picture = PictureView(_grey_square(model.picture_size))
        prompt = build_prompt([Turn("user", (picture, "Hello!"))])
        settings = GenerationSettings(max_new_tokens=16, sample=False)
        async for event in engine.generate(prompt, settings):
            if isinstance(event, ReplyFinished):
                return
    finally:
        await engine.close()


def _grey_square(size: int) -> PreparedPicture:
    rgb = bytes([128]) * (3 * size * size)
    return PreparedPicture(size, rgb, hashlib.sha256(rgb).hexdigest())


if __name__ == "__main__":
    sys.exit(main())
