"""A cancel is answered at once in every phase, and the engine is ready for the next request."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from helpers.engine_driver import (
    ENDLESS,
    ask,
    demo,
    long_text,
    picture,
    reply,
    reply_cancelled_at,
)
from refsheet_tui.engine import (
    LoadProgress,
    LocalEngine,
    PictureProgress,
    PromptProgress,
    TextDelta,
)
from refsheet_tui.errors import EngineError


@pytest.mark.parametrize("phase", [PictureProgress, PromptProgress, TextDelta])
async def test_cancel_ends_the_stream(engine: LocalEngine, phase: type) -> None:
    prompt = ask(picture(1), picture(2), long_text(200))
    heard = await reply_cancelled_at(engine, phase, prompt)
    assert heard.finished.reason == "cancelled"
    assert heard.finished.new_tokens < ENDLESS.max_new_tokens
    assert (await reply(engine, ask("Hello"))).finished.reason != "cancelled"


async def test_a_picture_that_was_being_looked_at_is_kept(engine: LocalEngine) -> None:
    prompt = ask(*(picture(number) for number in range(8)))
    await reply_cancelled_at(engine, PictureProgress, prompt)
    # Pictures are encoded one after the other: when this one is, the one before it is finished.
    await reply(engine, ask(picture(8)))
    heard = await reply(engine, prompt)
    assert heard.looks[0].total < 8


async def test_closing_the_stream_cancels(engine: LocalEngine) -> None:
    stream = engine.generate(ask("Hello"), ENDLESS)
    async with aclosing(stream):
        async for event in stream:
            if isinstance(event, TextDelta):
                break
    assert (await reply(engine, ask("Hello"))).finished.new_tokens > 0


async def test_cancelling_the_task_cancels(engine: LocalEngine) -> None:
    begun = asyncio.Event()

    async def listen() -> None:
        async for _ in engine.generate(ask("Hello"), ENDLESS):
            begun.set()

    task = asyncio.create_task(listen())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await reply(engine, ask("Hello"))).finished.new_tokens > 0


async def test_cancel_without_a_request_does_nothing(engine: LocalEngine) -> None:
    await engine.cancel()
    assert (await reply(engine, ask("Hello"))).finished.reason != "cancelled"
    await engine.cancel()
    assert (await reply(engine, ask("Hello"))).finished.reason != "cancelled"


async def test_a_stopped_load_leaves_the_engine_usable(bare: LocalEngine) -> None:
    stopping: list[asyncio.Task[None]] = []

    def stop(_: LoadProgress) -> None:
        stopping.append(asyncio.create_task(bare.cancel()))

    # A load this small may be done before the cancel arrives.
    try:
        await bare.load(demo(), stop)
    except EngineError as error:
        assert error.problem in ("The request was canceled.", "Loading stopped.")
    await asyncio.gather(*stopping)
    await bare.load(demo())
    assert (await reply(bare, ask("Hello"))).finished.new_tokens > 0
