"""The real process with the real demo model does what the `Engine` protocol promises."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from helpers.engine_driver import (
    ENDLESS,
    GREEDY,
    PICTURE_SIZE,
    ask,
    demo,
    long_text,
    model,
    picture,
    reply,
    user,
)
from refsheet_tui.engine import (
    LoadProgress,
    LocalEngine,
    PictureProgress,
    PromptProgress,
    ReplyFinished,
    TextDelta,
)
from refsheet_tui.errors import EngineError, PromptTooLongError
from refsheet_tui.i18n import set_language
from refsheet_tui.prompting import build_prompt


async def test_loading_reports_progress_and_what_was_loaded(bare: LocalEngine) -> None:
    progress: list[LoadProgress] = []
    info = await bare.load(demo(context_size=1000), progress.append)
    fractions = [each.fraction for each in progress]
    assert fractions == sorted(fractions)
    assert fractions[0] < 0.2 and fractions[-1] == 1.0
    assert info.is_demo and info.name and info.sees_pictures
    assert info.context_size == 1000
    assert info.picture_size == PICTURE_SIZE and info.picture_tokens == 16


async def test_a_context_is_never_longer_than_the_model_was_trained_for(bare: LocalEngine) -> None:
    info = await bare.load(demo(context_size=10_000_000))
    assert info.context_size <= 131_072


async def test_without_a_projector_there_are_no_pictures(bare: LocalEngine) -> None:
    info = await bare.load(demo(sees=False))
    assert not info.sees_pictures and info.picture_tokens == 0
    with pytest.raises(EngineError, match="can't see pictures"):
        await reply(bare, ask(picture(1), "Hello"))
    assert (await reply(bare, ask("Hello"))).finished.new_tokens > 0


async def test_events_come_in_the_order_a_person_lives_through(engine: LocalEngine) -> None:
    heard = await reply(engine, ask(picture(1), "Who are you?", picture(2)))
    kinds = [type(event) for event in heard.events]
    order = [PictureProgress, PromptProgress, TextDelta, ReplyFinished]
    assert kinds == sorted(kinds, key=order.index)
    assert [(look.number, look.total) for look in heard.looks] == [(1, 2), (2, 2)]


async def test_the_numbers_add_up(engine: LocalEngine) -> None:
    prompt = ask(picture(1), "Who are you?")
    parts = await engine.tokenize(prompt)
    heard = await reply(engine, prompt)
    end = heard.finished
    assert end.prompt_tokens == sum(part.positions for part in parts)
    assert end.reused_tokens == 0
    assert 0 < end.new_tokens <= GREEDY.max_new_tokens
    assert heard.readings[0] == PromptProgress(0, end.prompt_tokens, 0)
    assert heard.readings[-1] == PromptProgress(end.prompt_tokens, end.prompt_tokens, 0)
    times = end.timings
    assert min(times.load_s, times.encode_s, times.read_s) > 0
    assert times.first_token_s >= times.encode_s + times.read_s


async def test_greedy_says_the_same_every_time(engine: LocalEngine, bare: LocalEngine) -> None:
    first = await reply(engine, ask("Tell me a story"))
    settings = replace(GREEDY, sample=True, temperature=0.0, seed=None)
    assert (await reply(engine, ask("Tell me a story"), settings)).text == first.text


async def test_a_seed_says_the_same_every_time(bare: LocalEngine) -> None:
    settings = replace(ENDLESS, max_new_tokens=30)
    texts = []
    for seed in (7, 7, 8):
        await bare.load(demo())
        texts.append((await reply(bare, ask("Hello"), replace(settings, seed=seed))).text)
    assert texts[0] == texts[1] != texts[2]


async def test_without_a_seed_every_reply_is_another(engine: LocalEngine) -> None:
    settings = replace(ENDLESS, max_new_tokens=30, seed=None)
    assert (await reply(engine, ask("Hello"), settings)).text != (
        await reply(engine, ask("Hello"), settings)
    ).text


async def test_a_reply_ends_where_it_was_limited(engine: LocalEngine) -> None:
    end = (await reply(engine, ask("Hello"), replace(ENDLESS, max_new_tokens=5))).finished
    assert (end.reason, end.new_tokens) == ("max_tokens", 5)


async def test_a_reply_ends_where_the_context_does(bare: LocalEngine) -> None:
    await bare.load(demo(context_size=60))
    end = (await reply(bare, ask("Hello"), ENDLESS)).finished
    assert end.reason == "max_tokens"
    # The last token is written without being read again.
    assert end.prompt_tokens + end.new_tokens == 61


async def test_a_reply_ends_with_the_turn(engine: LocalEngine) -> None:
    # Every token is as likely as every other, so an end token comes within this many.
    settings = replace(ENDLESS, max_new_tokens=8000)
    end = (await reply(engine, ask("Hello"), settings)).finished
    assert end.reason == "end_of_turn"


async def test_a_prompt_that_is_too_long_is_refused_with_numbers(bare: LocalEngine) -> None:
    await bare.load(demo(context_size=300))
    with pytest.raises(
        PromptTooLongError, match=r"\d{4} tokens long, but the context only holds 300"
    ):
        await reply(bare, ask(picture(1), long_text(1000)))
    heard = await reply(bare, ask(picture(1), "Hello"))
    assert heard.looks == [PictureProgress(1, 1)], "nothing was looked at before the refusal"


async def test_a_picture_of_another_size_is_refused(engine: LocalEngine) -> None:
    with pytest.raises(EngineError, match=r"prepared at 32 pixels.*this model needs 224"):
        await reply(engine, ask(picture(1, size=32), "Hello"))


async def test_before_loading_nothing_is_generated(bare: LocalEngine) -> None:
    with pytest.raises(EngineError, match="No model is loaded"):
        await reply(bare, ask("Hello"))


async def test_a_second_request_waits_for_the_first(engine: LocalEngine) -> None:
    settings = replace(ENDLESS, max_new_tokens=50)
    heard = await asyncio.gather(
        reply(engine, ask("One"), settings), reply(engine, ask("Two"), settings)
    )
    assert [each.finished.new_tokens for each in heard] == [50, 50]


async def test_another_model_takes_the_place_of_the_first(engine: LocalEngine) -> None:
    pid = engine.pid
    info = await engine.load(demo(context_size=512, sees=False))
    assert info.context_size == 512
    assert engine.pid == pid
    assert (await reply(engine, ask("Hello"))).finished.reused_tokens == 0


async def test_paths_are_those_of_the_client(
    bare: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = demo(sees=False)
    monkeypatch.chdir(settings.model.parent)
    info = await bare.load(replace(settings, model=Path(settings.model.name)))
    assert info.is_demo


async def test_system_text_and_turns_are_read(engine: LocalEngine) -> None:
    turns = [user("Hello"), model("Hi!"), user("And now?")]
    heard = await reply(engine, build_prompt(turns, "Be brief."))
    assert heard.finished.prompt_tokens > 10


async def test_it_says_in_the_person_s_language_what_is_wrong(bare: LocalEngine) -> None:
    """The errors that the engine process finds are translated, too."""
    set_language("zh-Hans")
    await bare.load(demo(context_size=300))
    with pytest.raises(PromptTooLongError, match="而上下文只能容纳 300 个"):
        await reply(bare, ask(long_text(1000)))
