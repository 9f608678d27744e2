"""Random weights have the sizes of the real ones, and run."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import pytest

from make_synthetic_model import SHAPES, TensorSpec, projector_tensors, text_tensors, write_text
from refsheet_tui.engine import (
    GenerationSettings,
    LoadSettings,
    LocalEngine,
    ReplyFinished,
    TextDelta,
)
from refsheet_tui.prompting import Turn, build_prompt


def size(tensors: list[TensorSpec]) -> int:
    """Return the size in bytes."""
    return sum(
        int(np.prod(gguf.quant_shape_to_byte_shape(each.shape, each.kind))) for each in tensors
    )


@pytest.mark.parametrize(
    ("name", "published"),
    [("4b", 2_526_080_992), ("12b", 7_131_017_792), ("27b", 15_908_791_488)],
)
def test_text_is_as_large_as_the_published_file(name: str, published: int) -> None:
    assert size(list(text_tensors(SHAPES[name]))) == pytest.approx(published, rel=0.01)


@pytest.mark.parametrize(
    ("name", "published"), [("4b", 851_251_104), ("12b", 854_200_224), ("27b", 857_739_168)]
)
def test_the_projector_is_as_large_as_the_published_file(name: str, published: int) -> None:
    assert size(list(projector_tensors(SHAPES[name].width))) == pytest.approx(published, rel=0.01)


async def test_it_runs_and_reads_back_what_it_wrote(tmp_path: Path) -> None:
    file = tmp_path / "random.gguf"
    write_text("270m", file)
    engine = LocalEngine(tmp_path / "log")
    try:
        await engine.load(LoadSettings(file, context_size=512, threads=1))
        prompt = build_prompt([Turn("user", ("Hello there!",))])
        settings = GenerationSettings(max_new_tokens=8, sample=False)
        events = [event async for event in engine.generate(prompt, settings)]
        text = "".join(event.text for event in events if isinstance(event, TextDelta))
        assert isinstance(events[-1], ReplyFinished) and events[-1].new_tokens == 8
        parts = await engine.tokenize(build_prompt([Turn("user", (text,))]))
        assert sum(len(part.tokens) for part in parts if text in part.text) >= len(text) > 0
    finally:
        await engine.close()
        file.unlink()
