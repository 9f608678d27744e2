"""Reading ahead gives way to every other request."""

from __future__ import annotations

import asyncio

from helpers.engine_driver import GREEDY, ask, long_text, model, picture, reply, user
from refsheet_tui.engine import LocalEngine
from refsheet_tui.prompting import build_prefix, build_prompt

OPENING = [user(picture(1), picture(2), "You are the character in the image.")]


async def test_what_was_read_ahead_is_not_read_again(engine: LocalEngine) -> None:
    turns = [*OPENING, model("Hello!")]
    await engine.prewarm(build_prefix(turns))
    heard = await reply(engine, build_prompt([*turns, user("Who are you?")]))
    assert not heard.looks
    assert heard.finished.prompt_tokens - heard.finished.reused_tokens < 12


async def test_a_request_ends_a_prewarm_and_what_was_done_is_kept(engine: LocalEngine) -> None:
    turns = [user(picture(1), long_text(3000)), model("Hello!")]
    ahead = asyncio.create_task(engine.prewarm(build_prefix(turns)))
    while engine._current_request is None:
        await asyncio.sleep(0)
    heard = await reply(engine, ask("Something else"))
    assert heard.finished.new_tokens > 0
    await ahead


async def test_a_picture_being_looked_at_ahead_is_waited_for_not_begun_again(
    engine: LocalEngine,
) -> None:
    prompt = build_prompt([user(*(picture(number) for number in range(6)))])
    ahead = asyncio.create_task(engine.prewarm(prompt))
    while engine._current_request is None:
        await asyncio.sleep(0)
    heard = await reply(engine, prompt)
    await ahead
    assert heard.finished.new_tokens > 0
    assert len({look.number for look in heard.looks}) == len(heard.looks)


async def test_a_later_prewarm_takes_the_place_of_an_earlier(engine: LocalEngine) -> None:
    prefixes = [build_prefix([user(long_text(1000 + number))]) for number in range(6)]
    await asyncio.gather(*(engine.prewarm(prefix) for prefix in prefixes))
    heard = await reply(engine, build_prompt([user(long_text(1005))]))
    assert heard.finished.reused_tokens > 0.9 * heard.finished.prompt_tokens


async def test_a_prewarm_without_an_engine_is_nothing(bare: LocalEngine) -> None:
    await bare.prewarm(ask("Hello"))


async def test_a_prewarm_that_fails_says_nothing(engine: LocalEngine) -> None:
    await engine.prewarm(ask(long_text(20_000)))
    await engine.prewarm(ask(picture(1, size=64)))
    assert (await reply(engine, ask("Hello"), GREEDY)).finished.new_tokens > 0


async def test_a_prewarm_waits_for_a_reply_that_is_being_written(engine: LocalEngine) -> None:
    writing = asyncio.create_task(reply(engine, ask("Hello")))
    while engine._current_request is None:
        await asyncio.sleep(0)
    await engine.prewarm(build_prefix(OPENING))
    assert writing.done() or (await writing)
    heard = await reply(engine, build_prompt(OPENING))
    assert not heard.looks
