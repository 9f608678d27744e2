"""The engine starts again by itself, and what the user does meanwhile must not get in its way."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from helpers.engine_driver import ENDLESS, ask, demo, long_text, picture, reply, reply_cancelled_at
from helpers.faults import Faults
from refsheet_tui.engine import LoadProgress, LocalEngine, PictureProgress, ReplyFinished, TextDelta
from refsheet_tui.engine.fallback import FallbackPlan, SafeModeStore
from refsheet_tui.errors import EngineDiedError, WeightsError

TESTS = Path(__file__).parents[1]
HELLO = ask("Hello")


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Faults:
    return Faults(monkeypatch, tmp_path)


@pytest.fixture
async def impatient_engine(tmp_path: Path) -> AsyncIterator[LocalEngine]:
    engine = LocalEngine(tmp_path / "log", timeout_s=4.0)
    yield engine
    await engine.close()


def kill(engine: LocalEngine) -> None:
    assert engine.pid is not None
    with suppress(ProcessLookupError):  # killed before
        os.kill(engine.pid, signal.SIGKILL)


async def test_who_leaves_while_it_starts_again_finds_it_ready(engine: LocalEngine) -> None:
    kill(engine)
    stream = engine.generate(HELLO, ENDLESS)
    async with aclosing(stream):
        async for event in stream:
            if isinstance(event, LoadProgress):
                break
    assert (await reply(engine, HELLO)).finished.new_tokens > 0


async def test_a_reply_stopped_while_it_starts_again_is_cancelled(engine: LocalEngine) -> None:
    kill(engine)
    last = None
    async for event in engine.generate(HELLO, ENDLESS):
        if isinstance(event, LoadProgress) and last is None:
            await engine.cancel()
        last = event
    assert isinstance(last, ReplyFinished)
    assert last.reason == "cancelled"
    assert (await reply(engine, HELLO)).finished.new_tokens > 0


async def test_deaths_are_counted_although_the_model_is_loaded_anew_after_each(
    impatient_engine: LocalEngine, faults: Faults
) -> None:
    faults.set("read", "SIGABRT", times=99, repack=False)
    for _ in range(2):
        assert (await impatient_engine.load(demo())).safe_mode == ""
        with pytest.raises(EngineDiedError):
            await reply(impatient_engine, HELLO)
    assert (await impatient_engine.load(demo())).safe_mode != ""
    assert (await reply(impatient_engine, HELLO)).finished.new_tokens > 0


async def test_on_the_last_rung_it_starts_again_too(
    impatient_engine: LocalEngine, faults: Faults
) -> None:
    faults.set("load", "SIGILL", times=99, gpu_layers=0)
    info = await impatient_engine.load(demo())
    assert "GPU" in info.safe_mode
    kill(impatient_engine)
    assert (await reply(impatient_engine, HELLO)).finished.new_tokens > 0


async def test_a_file_that_is_no_good_does_not_take_the_place_of_the_model(
    engine: LocalEngine, tmp_path: Path
) -> None:
    (tmp_path / "no.gguf").write_bytes(b"nothing")
    with pytest.raises(WeightsError):
        await engine.load(replace(demo(), model=tmp_path / "no.gguf"))
    assert (await reply(engine, HELLO)).finished.new_tokens > 0
    kill(engine)
    assert (await reply(engine, HELLO)).finished.new_tokens > 0


async def test_a_client_that_was_stopped_does_not_take_the_engine_for_dead(
    tmp_path: Path,
) -> None:
    """After ctrl+z the clock has run on, and the client has received nothing meanwhile."""
    client = subprocess.Popen(
        [sys.executable, str(TESTS / "helpers" / "stopped_client.py"), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])},
    )
    with client:
        assert client.stdout is not None
        assert client.stdout.readline() == "writing\n"
        client.send_signal(signal.SIGSTOP)
        await asyncio.sleep(3.0)  # longer than the client's patience of 2
        client.send_signal(signal.SIGCONT)
        assert client.stdout.readline() == "cancelled\n"


@pytest.mark.parametrize("place", ["look", "read"])
async def test_one_that_is_at_work_for_longer_than_the_patience_is_left_alone(
    impatient_engine: LocalEngine, faults: Faults, place: str
) -> None:
    faults.set(place, "busy")
    await impatient_engine.load(demo())
    assert (await reply(impatient_engine, ask(picture(1), "Hello"))).finished.new_tokens > 0
    assert faults.happened == 1


async def test_who_waits_behind_a_look_that_was_cancelled_is_not_let_down(
    impatient_engine: LocalEngine, faults: Faults
) -> None:
    faults.set("look", "busy")
    await impatient_engine.load(demo())
    pid = impatient_engine.pid
    heard = await reply_cancelled_at(impatient_engine, PictureProgress, ask(picture(1), "Hello"))
    assert heard.finished.reason == "cancelled"
    assert (await reply(impatient_engine, HELLO)).finished.new_tokens > 0
    assert impatient_engine.pid == pid


def test_what_did_not_help_is_not_remembered(tmp_path: Path) -> None:
    modes = SafeModeStore(tmp_path / "safe-mode.json")
    steps = FallbackPlan(demo(), modes)
    while steps.record_crash("load", "SIGILL"):
        pass
    assert steps.description == ""
    assert modes.get(demo()) is None


def test_the_words_of_the_last_rung_are_told_on_a_machine_with_no_gpu_left(tmp_path: Path) -> None:
    steps = FallbackPlan(demo(), SafeModeStore(tmp_path / "safe-mode.json"))
    for _ in range(10):
        steps.record_crash("load", "SIGILL")
    steps.record_load("CPU", gpu_share=1.0)
    assert steps.settings.gpu_layers == 0
    assert "GPU" in steps.description


async def test_a_long_message_is_sent_again_whole(engine: LocalEngine) -> None:
    kill(engine)
    parts = await engine.tokenize(ask(long_text(2000)))
    assert sum(part.positions for part in parts) > 4000


async def test_what_was_written_until_a_death_was_told(engine: LocalEngine) -> None:
    heard = ""
    with pytest.raises(EngineDiedError):
        async for event in engine.generate(HELLO, ENDLESS):
            if isinstance(event, TextDelta):
                heard += event.text
                if engine.pid is not None:
                    kill(engine)
    assert heard
