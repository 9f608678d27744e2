"""The engine dies in every phase and in every way. The text is kept, and the chat can continue."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from helpers.engine_driver import ENDLESS, GREEDY, ask, demo, long_text, picture, reply
from helpers.faults import Faults
from refsheet_tui.engine import (
    CacheSettings,
    LoadProgress,
    LoadSettings,
    LocalEngine,
    PictureProgress,
    TextDelta,
)
from refsheet_tui.engine.fallback import (
    FallbackPlan,
    SafeMode,
    SafeModeStore,
    fallback_steps,
    safe_mode_file,
)
from refsheet_tui.errors import EngineDiedError, EngineError
from refsheet_tui.i18n import set_language

PROMPT = ask(picture(1), picture(2), long_text(150))
SIGNALS = ["SIGKILL", "SIGSEGV", "SIGILL", "SIGABRT"]
# This is long for the demo on a busy machine, and short for a test.
PATIENCE_S = 4.0


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Faults:
    return Faults(monkeypatch, tmp_path)


@pytest.fixture
async def impatient_engine(tmp_path: Path) -> AsyncIterator[LocalEngine]:
    """Yield an engine with little patience."""
    engine = LocalEngine(tmp_path / "log", timeout_s=PATIENCE_S)
    yield engine
    await engine.close()


@pytest.mark.parametrize("how", [*SIGNALS, "exit", "garbage"])
@pytest.mark.parametrize("place", ["look", "read", "write"])
async def test_a_death_is_told_and_the_next_request_goes_on(
    impatient_engine: LocalEngine, faults: Faults, place: str, how: str
) -> None:
    faults.set(place, how)
    await impatient_engine.load(demo())
    with pytest.raises(EngineDiedError) as caught:
        await reply(impatient_engine, PROMPT)
    if how in SIGNALS:
        assert how in caught.value.problem
    heard = await reply(impatient_engine, PROMPT)
    assert heard.finished.new_tokens > 0
    assert isinstance(heard.events[0], LoadProgress)
    assert faults.happened == 1


@pytest.mark.parametrize("place", ["load", "look", "read", "write"])
async def test_one_that_hangs_is_put_out_of_its_misery(
    impatient_engine: LocalEngine, faults: Faults, place: str
) -> None:
    faults.set(place, "hang")
    if place == "load":
        await impatient_engine.load(demo())
    else:
        await impatient_engine.load(demo())
        with pytest.raises(EngineDiedError, match="no response for"):
            await reply(impatient_engine, PROMPT)
    assert (await reply(impatient_engine, PROMPT)).finished.new_tokens > 0
    assert faults.happened == 1


async def test_one_that_is_stopped_from_outside_is_found_out(impatient_engine: LocalEngine) -> None:
    await impatient_engine.load(demo())
    with pytest.raises(EngineDiedError, match="no response for"):
        async for event in impatient_engine.generate(ask("Hello"), ENDLESS):
            if isinstance(event, TextDelta) and impatient_engine.pid is not None:
                os.kill(impatient_engine.pid, signal.SIGSTOP)
    assert (await reply(impatient_engine, PROMPT)).finished.new_tokens > 0


@pytest.mark.parametrize("how", [*SIGNALS, "exit", "garbage"])
async def test_a_death_at_loading_is_tried_again(
    impatient_engine: LocalEngine, faults: Faults, how: str
) -> None:
    faults.set("load", how)
    info = await impatient_engine.load(demo())
    assert info.safe_mode == ""
    assert faults.happened == 1


async def test_dying_of_repacked_weights_it_loads_without(
    impatient_engine: LocalEngine, faults: Faults, tmp_path: Path
) -> None:
    faults.set("load", "SIGILL", times=99, repack=False)
    info = await impatient_engine.load(demo())
    assert info.safe_mode == "weights are not repacked"
    assert faults.happened == 2
    assert (await reply(impatient_engine, PROMPT)).finished.new_tokens > 0
    other = LocalEngine(tmp_path / "log")
    assert (await other.load(demo())).safe_mode == info.safe_mode, "it is remembered"
    assert faults.happened == 2
    await other.close()


async def test_what_is_remembered_of_a_death_is_english(
    impatient_engine: LocalEngine, faults: Faults
) -> None:
    """It is English in every language of the screens, because commands read it, too."""
    set_language("zh-Hans")
    faults.set("load", "SIGILL", times=99, repack=False)
    await impatient_engine.load(demo())
    (remembered,) = SafeModeStore(safe_mode_file()).active_modes().values()
    assert remembered.how.startswith("The engine stopped: killed by SIGILL.")


async def test_dying_of_flash_attention_in_a_reply_it_learns_to_do_without(
    impatient_engine: LocalEngine, faults: Faults
) -> None:
    faults.set("read", "SIGABRT", times=99, flash_attention=False)
    await impatient_engine.load(demo())
    for _ in range(4):
        with pytest.raises(EngineDiedError):
            await reply(impatient_engine, PROMPT)
    heard = await reply(impatient_engine, PROMPT)
    assert heard.finished.new_tokens > 0
    assert impatient_engine._supervisor.fallback is not None
    assert (
        impatient_engine._supervisor.fallback.description
        == "weights are not repacked, no flash attention"
    )


async def test_when_nothing_helps_that_is_said(
    impatient_engine: LocalEngine, faults: Faults
) -> None:
    faults.set("load", "SIGSEGV", times=99)
    with pytest.raises(EngineDiedError, match="Safer settings didn't help"):
        await impatient_engine.load(demo())
    assert impatient_engine.pid is None


@pytest.mark.parametrize("place", ["look", "read"])
async def test_memory_that_is_not_there_is_one_sentence(
    impatient_engine: LocalEngine, faults: Faults, place: str
) -> None:
    faults.set(place, "oom")
    await impatient_engine.load(demo())
    with pytest.raises(EngineError, match="There isn't enough memory"):
        await reply(impatient_engine, PROMPT)
    assert (await reply(impatient_engine, PROMPT)).finished.new_tokens > 0


async def test_after_a_death_the_chat_is_where_it_was(
    impatient_engine: LocalEngine, faults: Faults, tmp_path: Path
) -> None:
    settings = replace(demo(), cache=CacheSettings(tmp_path / "cache"))
    await impatient_engine.load(settings)
    first = await reply(impatient_engine, PROMPT)
    await impatient_engine.snapshot()
    assert impatient_engine.pid is not None
    os.kill(impatient_engine.pid, signal.SIGKILL)
    again = await reply(impatient_engine, PROMPT)
    assert again.finished.reused_tokens == first.finished.prompt_tokens
    assert again.text == first.text
    assert not any(isinstance(event, PictureProgress) for event in again.events)


async def test_closing_while_it_starts_again_leaves_nothing(
    impatient_engine: LocalEngine, faults: Faults
) -> None:
    await impatient_engine.load(demo())
    faults.set("load", "hang", after=2)
    assert impatient_engine.pid is not None
    os.kill(impatient_engine.pid, signal.SIGKILL)
    with pytest.raises(EngineError, match="has shut down"):
        async for event in impatient_engine.generate(PROMPT, GREEDY):
            assert isinstance(event, LoadProgress)
            await impatient_engine.close()
    assert impatient_engine.pid is None


GPU = replace(demo(), gpu_layers=20)


def test_each_rung_is_safer_than_the_one_before() -> None:
    words = [rung.description for rung in fallback_steps(GPU, has_gpu=True)]
    assert words == [
        "",
        "weights are not repacked",
        "no flash attention",
        "half of the layers on the GPU",
        "a quarter of the layers on the GPU",
        "nothing on the GPU",
    ]
    last = fallback_steps(GPU, has_gpu=True)[-1].settings
    assert (last.repack, last.flash_attention, last.gpu_layers) == (False, False, 0)
    assert len(fallback_steps(GPU, has_gpu=False)) == 3
    assert len(fallback_steps(demo(), has_gpu=True)) == 6
    assert len(fallback_steps(replace(demo(), gpu_layers=0), has_gpu=True)) == 3


def fallback_plan(tmp_path: Path, settings: LoadSettings | None = None) -> FallbackPlan:
    return FallbackPlan(settings or demo(), SafeModeStore(tmp_path / "safe-mode.json"))


def test_only_the_same_place_twice_is_a_step(tmp_path: Path) -> None:
    steps = fallback_plan(tmp_path)
    for place in ("read", "write", "look", "read"):
        assert steps.record_crash(place, "SIGSEGV")
        assert steps.description == ""
    assert steps.record_crash("read", "SIGSEGV")
    assert steps.description


def test_deaths_far_apart_are_no_step(tmp_path: Path) -> None:
    steps = fallback_plan(tmp_path)
    for _ in range(5):
        steps.record_crash("read", "SIGSEGV")
        for _ in range(20):
            steps.record_success()
    assert steps.description == ""


def test_another_file_or_version_begins_at_the_top(tmp_path: Path) -> None:
    steps = fallback_plan(tmp_path)
    for _ in range(2):
        steps.record_crash("read", "SIGSEGV")
    assert fallback_plan(tmp_path).description == steps.description
    other = tmp_path / demo().model.name
    other.write_bytes(b"a model of the same name")
    assert fallback_plan(tmp_path, replace(demo(), model=other)).description == ""


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"x": 3}', json.dumps({"demo": {"rung": "many"}}), "\0"]
)
def test_a_damaged_memory_is_none(tmp_path: Path, content: str) -> None:
    file = tmp_path / "safe-mode.json"
    file.write_text(content)
    modes = SafeModeStore(file)
    assert modes.get(demo()) is None
    modes.save(demo(), SafeMode(1, "load", "SIGILL", "2026-11-21"))
    assert modes.get(demo()) == SafeMode(1, "load", "SIGILL", "2026-11-21")


def test_a_memory_that_cannot_be_written_is_let_go(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    modes = SafeModeStore(tmp_path / "file" / "safe-mode.json")
    modes.save(demo(), SafeMode(1, "load", "SIGILL", "2026-11-21"))
    assert modes.get(demo()) is None
