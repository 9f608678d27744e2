"""The engine process may end at any moment, and nothing of the client's may end with it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.engine_driver import ENDLESS, ask, demo, long_text, reply
from refsheet_tui.engine import LoadProgress, LocalEngine, TextDelta, process
from refsheet_tui.errors import EngineDiedError, EngineError, RefsheetError

pytestmark = pytest.mark.cold_start

TESTS = Path(__file__).parents[1]


def is_gone(pid: int) -> bool:
    """Return whether a process has ended, even if its parent has not waited for it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] in "ZX"


async def until_gone(pid: int) -> None:
    while not is_gone(pid):
        await asyncio.sleep(0.01)


async def end_at_first_word(engine: LocalEngine, number: signal.Signals) -> EngineDiedError:
    with pytest.raises(EngineDiedError) as caught:
        async for event in engine.generate(ask("Hello"), ENDLESS):
            if isinstance(event, TextDelta) and engine.pid is not None:
                os.kill(engine.pid, number)
    return caught.value


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
async def test_a_crash_while_writing_says_what_happened(
    engine: LocalEngine, number: signal.Signals
) -> None:
    error = await end_at_first_word(engine, number)
    assert number.name in error.problem
    assert error.remedy == "Try again."
    assert engine.pid is None
    assert (await reply(engine, ask("Hello"))).finished.new_tokens > 0


async def test_a_crash_between_requests_is_not_even_told(engine: LocalEngine) -> None:
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGKILL)
    heard = await reply(engine, ask("Hello"))
    assert heard.finished.new_tokens > 0
    assert any(isinstance(event, LoadProgress) for event in heard.events)


async def test_a_crash_is_survived_by_every_request(engine: LocalEngine) -> None:
    for request in (
        lambda: engine.tokenize(ask("Hello")),
        lambda: engine.prewarm(ask("Hello")),
        lambda: engine.snapshot(),
    ):
        assert engine.pid is not None
        os.kill(engine.pid, signal.SIGKILL)
        await request()
    assert engine.pid is not None


async def test_close_does_not_wait_for_a_busy_model(engine: LocalEngine) -> None:
    pid = engine.pid
    assert pid is not None
    with pytest.raises(EngineError, match="has shut down") as caught:
        async for event in engine.generate(ask("Hello"), ENDLESS):
            if isinstance(event, TextDelta):
                await engine.close()
    assert not isinstance(caught.value, EngineDiedError)
    assert is_gone(pid)


async def test_close_ends_even_a_process_that_does_not_answer(engine: LocalEngine) -> None:
    pid = engine.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    await engine.close()
    assert is_gone(pid)


async def test_close_is_safe_at_any_time(bare: LocalEngine) -> None:
    await bare.close()
    await bare.load(demo())
    await bare.close()
    await bare.close()
    await bare.load(demo())


async def test_nothing_is_left_behind(engine: LocalEngine, tmp_path: Path) -> None:
    await reply(engine, ask("Hello"))
    channel = engine._supervisor.channel
    assert channel is not None
    folder = Path(channel.process._folder.name)
    assert folder.exists()
    await engine.close()
    assert not folder.exists()


async def test_the_engine_process_ends_with_its_client(tmp_path: Path) -> None:
    client = subprocess.Popen(
        [sys.executable, str(TESTS / "helpers" / "busy_client.py"), str(tmp_path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])},
    )
    with client:
        assert client.stdout is not None
        pid = int(client.stdout.readline())
        client.kill()
    await until_gone(pid)


@pytest.mark.parametrize("words", ["chatter", "broken_json", "unknown_type", "no_newline"])
async def test_nonsense_on_the_pipe_is_the_end_of_the_process(
    bare: LocalEngine, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    monkeypatch.setenv("NONSENSE", words)
    monkeypatch.setattr(process, "_MODULE", "helpers.nonsense_child")
    with pytest.raises(EngineDiedError, match="invalid message received"):
        await bare.load(demo())
    assert bare.pid is None
    monkeypatch.undo()
    await bare.load(demo())


async def test_the_last_words_are_told_without_control_characters(
    bare: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    monkeypatch.setenv("NONSENSE", "last_words")
    monkeypatch.setattr(process, "_MODULE", "helpers.nonsense_child")
    with pytest.raises(EngineDiedError) as caught:
        await bare.load(demo())
    assert "exited with status 3" in caught.value.problem
    assert "GGML_ASSERT(red) failed" in caught.value.problem
    logs = Path(bare._log_folder or "").glob("*.log")
    assert any(str(log) in caught.value.problem for log in logs)


async def test_a_folder_that_cannot_be_written_takes_no_log(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    engine = LocalEngine(tmp_path / "file" / "log")
    try:
        await engine.load(demo())
        channel = engine._supervisor.channel
        assert channel is not None
        log = channel.process.log
        assert log.exists()
    finally:
        await engine.close()
    log.unlink()


async def test_a_long_message_passes(engine: LocalEngine) -> None:
    text = long_text(40_000)
    parts = await engine.tokenize(ask(text))
    assert sum(part.positions for part in parts) > 80_000


async def test_every_error_is_one_of_ours(engine: LocalEngine) -> None:
    with pytest.raises(RefsheetError):
        await reply(engine, ask(long_text(10_000)))


async def test_close_while_the_process_is_starting(bare: LocalEngine) -> None:
    loading = asyncio.create_task(bare.load(demo()))
    await asyncio.sleep(0)  # the task has asked for a process, which is not forked yet
    await bare.close()
    with pytest.raises(EngineError, match="has shut down"):
        await loading
    assert bare.pid is None
