#!/usr/bin/env python3
"""Measure how much memory models take, and compare it with the estimate from their files.

`scripts/measure_memory.py MODEL[,MMPROJ] … [--context 8192]` prints a Markdown table. Each row is a
process of its own: it looks at a picture if it can, and writes a few words.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
from pathlib import Path

from refsheet_tui.bench import peak_memory
from refsheet_tui.engine import (
    GenerationSettings,
    LoadSettings,
    LocalEngine,
    ModelInfo,
    ModelShape,
    estimate_memory,
    model_size,
    read_model_header,
)
from refsheet_tui.pictures import PictureView, PreparedPicture
from refsheet_tui.prompting import Prompt, Turn, build_prompt

_MIB = 1 << 20
_NEW_TOKENS = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", metavar="MODEL[,MMPROJ]")
    parser.add_argument("--context", type=int, nargs="+", default=[8192])
    arguments = parser.parse_args()
    print("| model | projector | context | estimated MiB | measured MiB | ratio |")
    print("|---|---|---|---|---|---|")
    for pair in arguments.files:
        model, _, mmproj = pair.partition(",")
        for context in arguments.context:
            settings = LoadSettings(Path(model), Path(mmproj) if mmproj else None, context)
            forecast = estimate_bytes(settings) / _MIB
            peak, _ = asyncio.run(measure_peak(settings))
            peak /= _MIB
            sees = "yes" if mmproj else "no"
            print(
                f"| {Path(model).stem} | {sees} | {context} | {forecast:.0f} | {peak:.0f} "
                f"| {forecast / peak:.3f} |"
            )


def estimate_bytes(settings: LoadSettings) -> int:
    """Return the bytes that a model is estimated to take."""
    projector = settings.mmproj.stat().st_size if settings.mmproj else 0
    shape = ModelShape.from_header(read_model_header(settings.model))
    return estimate_memory(shape, model_size(settings.model), projector, settings).total


async def measure_peak(settings: LoadSettings) -> tuple[float, ModelInfo]:
    """Return the bytes that an engine process takes at most, and the model that was loaded."""
    engine = LocalEngine()
    info = await engine.load(settings)
    try:
        async for _ in engine.generate(
            _prompt(info), GenerationSettings(_NEW_TOKENS, sample=False)
        ):
            pass
        return peak_memory(engine.pid), info
    finally:
        await engine.close()


def _prompt(info: ModelInfo) -> Prompt:
    words = "hello " * 100
    if not info.picture_size:
        return build_prompt([Turn("user", (words,))])
    grey = bytes([128]) * (3 * info.picture_size**2)
    picture = PreparedPicture(info.picture_size, grey, hashlib.sha256(grey).hexdigest())
    return build_prompt([Turn("user", (PictureView(picture), words))])


if __name__ == "__main__":
    main()
