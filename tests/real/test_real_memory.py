"""The estimates of memory and speed agree with what is measured."""

from __future__ import annotations

import os

from helpers.figures import Figures
from helpers.talks import QUESTIONS, prompt_of, user
from measure_memory import estimate_bytes, measure_peak
from refsheet_tui.engine import GenerationSettings, LoadSettings, LocalEngine, ReplyFinished
from refsheet_tui.engine.file_checks import CheckedFiles
from refsheet_tui.engine.memory import ModelShape
from refsheet_tui.engine.split_files import model_size
from refsheet_tui.weights.fit import estimate_fit
from refsheet_tui.weights.measuring import measure_machine

_MIB = 1 << 20
# The pages of the allocator and the size of the libraries differ from system to system.
_MEMORY_WITHIN = 0.1
_WRITTEN = 100


async def test_memory(load_settings: LoadSettings, figures: Figures) -> None:
    forecast = estimate_bytes(load_settings)
    peak, info = await measure_peak(load_settings)
    what = f"memory forecast over peak ({peak / _MIB:,.0f} MiB)"
    ratio = f"{forecast / peak:.3f}"
    if info.device != "CPU" or info.is_demo:
        # A GPU's memory is not the process's. The demo's vision tower is smaller than all others.
        figures.add(what, ratio, "only reported for a GPU and for the demo")
        return
    figures.add(what, ratio, f"{1 - _MEMORY_WITHIN:.2f} to {1 + _MEMORY_WITHIN:.2f}")
    assert abs(forecast / peak - 1) <= _MEMORY_WITHIN


async def test_speed_is_reported(
    load_settings: LoadSettings, files: CheckedFiles, figures: Figures
) -> None:
    """A time proves nothing on a machine that does other things, so the ratio is only reported."""
    machine = measure_machine(remeasure=True).machine
    model = model_size(load_settings.model)
    projector = load_settings.mmproj.stat().st_size if load_settings.mmproj else 0
    forecast = estimate_fit(
        ModelShape.from_header(files.model_header), model, projector, load_settings, machine
    ).tokens_per_s
    engine = LocalEngine()
    await engine.load(load_settings)
    try:
        settings = GenerationSettings(_WRITTEN, temperature=1e6, top_k=0, top_p=1.0, seed=3)
        prompt = prompt_of([user(" ".join(QUESTIONS))])
        finished = [event async for event in engine.generate(prompt, settings)][-1]
    finally:
        await engine.close()
    assert isinstance(finished, ReplyFinished)
    cost = finished.timings
    read = finished.prompt_tokens / cost.read_s
    figures.add(f"reading, tokens a second ({os.cpu_count()} processors)", f"{read:.0f}")
    figures.add("writing, tokens a second", f"{cost.write_tps:.1f}")
    if forecast is not None:
        figures.add("writing speed forecast over measured", f"{forecast / cost.write_tps:.2f}")
