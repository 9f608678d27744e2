"""Use the engine on the GPU as the program does: stop it, kill it, restore what it read.

The docstring of each check is printed, so it must be one line.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic

from gpu_check.report import CheckRow
from refsheet_tui.engine import (
    CPU_DEVICE,
    CacheSettings,
    EngineEvent,
    GenerationSettings,
    LoadProgress,
    LoadSettings,
    LocalEngine,
    PictureProgress,
    PromptProgress,
    ReplyFinished,
    TextDelta,
)
from refsheet_tui.errors import EngineDiedError, RefsheetError, StoppedError
from refsheet_tui.paths import demo_mmproj, demo_model, samples_dir
from refsheet_tui.pictures import view
from refsheet_tui.prompting import Prompt, Turn, build_prompt

_GREEDY = GenerationSettings(max_new_tokens=24, sample=False)
# A temperature so high that the reply is nonsense, and long.
_LONG = GenerationSettings(max_new_tokens=2000, temperature=1e6, top_k=0, top_p=1.0, seed=1)
# A software device compiles its shaders for minutes at its first start.
_TIMEOUT_S = 600.0
# Another thread than the one that computes answers a request to stop.
_MAX_STOP_S = 1.0


async def run_check(
    check: Callable[[LocalEngine, Path], Awaitable[CheckRow]], folder: Path
) -> CheckRow:
    """Run a check. If it raises an error, return a row that says so."""
    engine = LocalEngine(folder / "log", _TIMEOUT_S, folder / "safe-mode.json")
    try:
        return await check(engine, folder)
    except RefsheetError as error:
        return CheckRow("engine", (check.__doc__ or "").rstrip("."), str(error), "", False)
    finally:
        await engine.close()


async def check_device(engine: LocalEngine, folder: Path) -> CheckRow:
    """Check that the program computes on the GPU."""
    info = await engine.load(_settings())
    figure = f"{info.device}, {info.gpu_layers} of {info.layers} layers"
    if info.restrictions:
        figure += f", {info.restrictions}"
    passed = info.device != CPU_DEVICE and not info.restrictions
    return CheckRow("engine", "computes on the GPU", figure, "no restrictions", passed)


async def check_stop_loading(engine: LocalEngine, folder: Path) -> CheckRow:
    """Check that loading can be stopped, unless it ends first."""
    cancel_tasks: list[asyncio.Task[None]] = []

    def stop(_progress: LoadProgress) -> None:
        if not cancel_tasks:
            cancel_tasks.append(asyncio.create_task(engine.cancel()))

    figure = "loaded before the stop came"
    try:
        await engine.load(_settings(), stop)
    except StoppedError:
        figure = "stopped"
    await engine.load(_settings())
    finished, _ = await _generate_reply(engine)
    return CheckRow(
        "engine",
        "stopped at Loading, then loaded again",
        figure,
        "replies",
        finished.new_tokens > 0,
    )


async def check_stop_looking(engine: LocalEngine, folder: Path) -> CheckRow:
    """Check that looking at a picture can be stopped."""
    return await _check_stop(engine, PictureProgress)


async def check_stop_reading(engine: LocalEngine, folder: Path) -> CheckRow:
    """Check that reading can be stopped."""
    return await _check_stop(engine, PromptProgress)


async def check_stop_writing(engine: LocalEngine, folder: Path) -> CheckRow:
    """Check that writing can be stopped."""
    return await _check_stop(engine, TextDelta)


async def check_snapshots(engine: LocalEngine, folder: Path) -> CheckRow:
    """Check that a snapshot of the GPU is restored on the GPU, and refused on the processor."""
    cache = CacheSettings(folder / "cache")
    settings = replace(_settings(), cache=cache)
    await engine.load(settings)
    first_reply, text = await _generate_reply(engine)
    await engine.snapshot()
    await engine.load(replace(settings, gpu_layers=0))
    cpu_reply, _ = await _generate_reply(engine)
    await engine.load(settings)
    restored_reply, same_text = await _generate_reply(engine)
    figure = (
        f"{restored_reply.reused_tokens} of {first_reply.prompt_tokens} tokens restored, "
        f"{cpu_reply.reused_tokens} on the processor"
    )
    passed = restored_reply.reused_tokens > 0 and cpu_reply.reused_tokens == 0 and text == same_text
    return CheckRow("engine", "snapshots", figure, "> 0 and the same text; 0", passed)


async def check_kill(engine: LocalEngine, folder: Path) -> CheckRow:
    """Check that the engine starts again after it was killed while it wrote."""
    await engine.load(_settings())
    with suppress(EngineDiedError):
        async for event in engine.generate(_prompt(), _LONG):
            if isinstance(event, TextDelta) and engine.pid is not None:
                os.kill(engine.pid, signal.SIGKILL)
    start = monotonic()
    reply, _ = await _generate_reply(engine)
    figure = f"replied after {monotonic() - start:.1f} s, {reply.new_tokens} tokens"
    return CheckRow("engine", "killed while it writes", figure, "replies", reply.new_tokens > 0)


CHECKS = (
    check_device,
    check_stop_loading,
    check_stop_looking,
    check_stop_reading,
    check_stop_writing,
    check_snapshots,
    check_kill,
)


async def _check_stop(engine: LocalEngine, kind: type[EngineEvent]) -> CheckRow:
    await engine.load(_settings())
    cancelled_at = 0.0
    finish = "not reached"
    async for event in engine.generate(_prompt(), _LONG):
        if isinstance(event, kind) and not cancelled_at:
            cancelled_at = monotonic()
            await engine.cancel()
        elif isinstance(event, ReplyFinished):
            finish = event.reason
    seconds = monotonic() - cancelled_at
    finished, _ = await _generate_reply(engine)
    passed = finish == "cancelled" and seconds <= _MAX_STOP_S and finished.new_tokens > 0
    description = f"stopped at {kind.__name__}, then asked again"
    return CheckRow(
        "engine", description, f"{finish} after {seconds:.2f} s", f"≤ {_MAX_STOP_S:.0f} s", passed
    )


async def _generate_reply(engine: LocalEngine) -> tuple[ReplyFinished, str]:
    text = ""
    async for event in engine.generate(_prompt(), _GREEDY):
        if isinstance(event, TextDelta):
            text += event.text
        elif isinstance(event, ReplyFinished):
            return event, text
    raise AssertionError("a reply ends with ReplyFinished")


def _settings() -> LoadSettings:
    return LoadSettings(demo_model(), demo_mmproj(), context_size=2048)


def _prompt() -> Prompt:
    picture = view(samples_dir() / "ember.png", 224, False)
    return build_prompt([Turn("user", (picture, "What is in this picture? " * 20))])
