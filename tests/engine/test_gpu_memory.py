"""If a GPU's memory runs out, it gets fewer layers and the request continues.

The GPU is a fake, because there is none where tests run. Its refusals are injected into the engine
process, which is real.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from helpers.engine_driver import GREEDY, ask, demo, long_text, picture, reply
from helpers.faults import Faults
from refsheet_tui.engine import LocalEngine, SaferSettings, TextDelta
from refsheet_tui.engine.fallback import FallbackPlan, SafeModeStore
from refsheet_tui.errors import EngineDiedError, GpuMemoryError

PROMPT = ask(picture(1), long_text(150))
HALF, QUARTER, NONE = (
    "half of the layers on the GPU",
    "a quarter of the layers on the GPU",
    "nothing on the GPU",
)


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Faults:
    return Faults(monkeypatch, tmp_path)


@pytest.fixture
async def on_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalEngine]:
    """Yield an engine that believes that its layers are on a GPU."""
    monkeypatch.setattr(FallbackPlan, "record_load", lambda self, device, gpu_share: None)
    engine = LocalEngine(tmp_path / "log")
    yield engine
    await engine.close()


@pytest.mark.parametrize("place", ["look", "read"])
async def test_before_the_first_word_the_request_goes_on_by_itself(
    on_gpu: LocalEngine, faults: Faults, place: str
) -> None:
    faults.set(place, "gpu-memory")
    await on_gpu.load(demo())
    heard = await reply(on_gpu, PROMPT)
    assert [event.description for event in heard.events if isinstance(event, SaferSettings)] == [
        HALF
    ]
    assert heard.finished.new_tokens > 0
    assert faults.happened == 1


async def test_one_that_goes_on_refusing_ends_with_the_processor(
    on_gpu: LocalEngine, faults: Faults
) -> None:
    faults.set("read", "gpu-memory", times=99, gpu_layers=0)
    await on_gpu.load(demo())
    heard = await reply(on_gpu, PROMPT)
    told = [event.description for event in heard.events if isinstance(event, SaferSettings)]
    assert told == [HALF, QUARTER, NONE]
    assert heard.finished.new_tokens > 0


async def test_in_the_middle_of_a_reply_it_is_said_and_the_next_one_goes_on(
    on_gpu: LocalEngine, faults: Faults
) -> None:
    """A reply can't begin again after its first word, so its text stays."""
    faults.set("write", "gpu-memory", after=3)
    await on_gpu.load(demo())
    heard = []
    with pytest.raises(GpuMemoryError, match="memory"):
        async for event in on_gpu.generate(PROMPT, GREEDY):
            heard.append(event)
    assert any(isinstance(event, TextDelta) for event in heard)
    assert on_gpu._supervisor.fallback is not None
    assert on_gpu._supervisor.fallback.description == HALF
    assert (await reply(on_gpu, PROMPT)).finished.new_tokens > 0


async def test_without_a_gpu_it_is_an_error_like_any_other(
    bare: LocalEngine, faults: Faults
) -> None:
    faults.set("read", "gpu-memory")
    await bare.load(replace(demo(), gpu_layers=0))
    with pytest.raises(GpuMemoryError):
        await reply(bare, PROMPT)
    assert (await reply(bare, PROMPT)).finished.new_tokens > 0


def build_fallback_plan(tmp_path: Path) -> FallbackPlan:
    return FallbackPlan(demo(), SafeModeStore(tmp_path / "safe-mode.json"))


@pytest.mark.parametrize(
    "words",
    [
        "CUDA error: out of memory",
        "vk::Device::allocateMemory: ErrorOutOfDeviceMemory",
        "ggml_vulkan: Device memory allocation of size 1073741824 failed.",
        "error: Insufficient Memory (00000008:kIOGPUCommandBufferCallbackErrorOutOfMemory)",
        "cudaErrorMemoryAllocation",
    ],
)
def test_a_driver_that_ends_the_process_is_understood(tmp_path: Path, words: str) -> None:
    steps = build_fallback_plan(tmp_path)
    assert steps.record_crash("read", f"The engine stopped: killed by SIGABRT. {words}")
    assert steps.description == HALF
    assert steps.settings.gpu_share == 0.5


def test_other_deaths_take_nothing_from_the_gpu(tmp_path: Path) -> None:
    steps = build_fallback_plan(tmp_path)
    steps.record_crash("read", "killed by SIGKILL (memory may have run out)")
    assert steps.settings.gpu_share == 1.0


def test_what_the_gpu_refused_is_tried_again_the_next_time(tmp_path: Path) -> None:
    """Other programs had the rest of its memory."""
    steps = build_fallback_plan(tmp_path)
    steps.lower_gpu_share()
    assert build_fallback_plan(tmp_path).settings == demo()


def test_what_was_refused_while_loading_counts(tmp_path: Path) -> None:
    steps = build_fallback_plan(tmp_path)
    steps.record_load("CUDA H200", gpu_share=0.25)
    assert steps.description == QUARTER
    assert steps.lower_gpu_share()
    assert steps.settings == replace(demo(), gpu_layers=0, gpu_share=0.0)
    assert not steps.lower_gpu_share()


async def test_a_death_of_it_before_the_first_word_is_answered_too(
    on_gpu: LocalEngine, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some drivers end the process instead of saying that there is no memory."""
    monkeypatch.setattr(
        FallbackPlan, "handle_gpu_memory_crash", lambda self, how: self.lower_gpu_share()
    )
    faults.set("read", "SIGABRT")
    await on_gpu.load(demo())
    heard = await reply(on_gpu, PROMPT)
    assert [event.description for event in heard.events if isinstance(event, SaferSettings)] == [
        HALF
    ]


async def test_a_death_in_the_middle_of_a_reply_is_said(
    on_gpu: LocalEngine, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        FallbackPlan, "handle_gpu_memory_crash", lambda self, how: self.lower_gpu_share()
    )
    faults.set("write", "SIGABRT", after=3)
    await on_gpu.load(demo())
    with pytest.raises(EngineDiedError):
        await reply(on_gpu, PROMPT)
    assert (await reply(on_gpu, PROMPT)).finished.new_tokens > 0
