"""No text is read twice, and the replies are the same as if it had been.

Every conversation here is held twice: by an engine that went through its turns, and by one that
reads it for the first time.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helpers.engine_driver import (
    GREEDY,
    ask,
    demo,
    long_text,
    model,
    picture,
    reply,
    reply_cancelled_at,
    user,
)
from refsheet_tui.engine import LocalEngine, PromptProgress, TextDelta
from refsheet_tui.prompting import Turn, build_prompt

OPENING = [user(picture(1), "You are the character in the image."), model("Hello, I am Ember!")]


async def cold(tmp_path: Path, turns: Sequence[Turn]) -> str:
    engine = LocalEngine(tmp_path / "cold")
    try:
        await engine.load(demo())
        return (await reply(engine, build_prompt(turns))).text
    finally:
        await engine.close()


async def test_a_second_turn_reads_only_what_is_new(engine: LocalEngine, tmp_path: Path) -> None:
    first = await reply(engine, build_prompt(OPENING[:1]))
    turns = [*OPENING, user("What do you like?")]
    second = await reply(engine, build_prompt(turns))
    assert not second.looks
    assert second.finished.reused_tokens >= first.finished.prompt_tokens
    assert second.readings[0].done == second.finished.reused_tokens
    assert second.text == await cold(tmp_path, turns)


async def test_what_the_model_wrote_need_not_be_read_either(engine: LocalEngine) -> None:
    """The tokens that it chose are those of its text, as long as one of them is all."""
    prompt = ask("Hello")
    said: list[str] = []
    async for event in engine.generate(prompt, GREEDY):
        if isinstance(event, TextDelta):
            said.append(event.text)
    first = await reply(engine, prompt)
    turns = [user("Hello"), model(said[0]), user("And?")]
    second = await reply(engine, build_prompt(turns))
    assert second.finished.reused_tokens > first.finished.prompt_tokens - 1


async def test_again_reads_nothing(engine: LocalEngine, tmp_path: Path) -> None:
    turns = [*OPENING, user("What do you like?")]
    first = await reply(engine, build_prompt(turns))
    again = await reply(engine, build_prompt(turns))
    assert again.finished.reused_tokens == first.finished.prompt_tokens
    assert again.text == first.text == await cold(tmp_path, turns)


async def test_an_edited_turn_is_read_from_the_edit_on(engine: LocalEngine, tmp_path: Path) -> None:
    turns = [*OPENING, user("What do you like?"), model("Fire."), user("Why?")]
    before = await reply(engine, build_prompt(turns))
    turns[2] = user("What do you hate?")
    after = await reply(engine, build_prompt(turns))
    assert 16 < after.finished.reused_tokens < before.finished.prompt_tokens - 5
    assert after.text == await cold(tmp_path, turns)


async def test_an_edit_out_of_the_window_reads_all_again(
    engine: LocalEngine, tmp_path: Path
) -> None:
    """The window layers have forgotten what an early edit would have to see."""
    turns = [*OPENING, user(long_text(300)), model("Fire."), user("Why?")]
    before = await reply(engine, build_prompt(turns))
    assert before.finished.prompt_tokens > 1000
    turns[1] = model("Hello, I am Miso!")
    after = await reply(engine, build_prompt(turns))
    assert not after.looks, "the picture is known all the same"
    assert after.finished.reused_tokens == 0
    assert after.text == await cold(tmp_path, turns)


async def test_a_long_conversation_goes_on_without_reading_it_again(
    engine: LocalEngine, tmp_path: Path
) -> None:
    turns = [*OPENING, user(long_text(300))]
    first = await reply(engine, build_prompt(turns))
    turns += [model("Fire."), user("Why?")]
    second = await reply(engine, build_prompt(turns))
    assert second.finished.reused_tokens >= first.finished.prompt_tokens
    assert second.text == await cold(tmp_path, turns)


async def test_another_picture_in_the_same_place_is_another_prompt(
    engine: LocalEngine, tmp_path: Path
) -> None:
    await reply(engine, ask(picture(1), "Who are you?"))
    turns = [user(picture(2), "Who are you?")]
    heard = await reply(engine, build_prompt(turns))
    assert len(heard.looks) == 1
    assert heard.finished.reused_tokens < 16
    assert heard.text == await cold(tmp_path, turns)


async def test_a_picture_is_looked_at_once(engine: LocalEngine) -> None:
    heard = await reply(engine, ask(picture(1), "twice the same", picture(1)))
    assert len(heard.looks) == 1
    heard = await reply(engine, ask("Another conversation", picture(1), picture(2)))
    assert len(heard.looks) == 1


async def test_what_was_read_before_a_cancel_is_kept(engine: LocalEngine, tmp_path: Path) -> None:
    turns = [user(picture(1), long_text(700))]
    prompt = build_prompt(turns)
    stopped = await reply_cancelled_at(engine, PromptProgress, prompt, GREEDY)
    heard = await reply(engine, prompt)
    known = stopped.readings[-1].done if stopped.readings else 0
    assert heard.finished.reused_tokens >= known
    assert heard.text == await cold(tmp_path, turns)


async def test_a_reply_that_was_stopped_can_be_answered(
    engine: LocalEngine, tmp_path: Path
) -> None:
    await reply_cancelled_at(engine, TextDelta, ask("Hello"))
    turns = [user("Hello"), model("Well"), user("Go on")]
    assert (await reply(engine, build_prompt(turns))).text == await cold(tmp_path, turns)
