"""The real engine, made to say lines of the person's."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from helpers.engine_driver import demo, picture
from refsheet_tui.chats import Conversation
from refsheet_tui.engine import Finished, GenerationSettings, LocalEngine, TextDelta
from refsheet_tui.pictures import PictureView
from refsheet_tui.prompting import language, opening_turn

# So hot that every token is as likely as any other: hundreds of them, line breaks among them.
WILD = GenerationSettings(
    max_new_tokens=3000, temperature=1e6, top_k=0, top_p=1.0, min_p=0.0, seed=2741
)


@pytest.fixture
async def engine() -> AsyncIterator[LocalEngine]:
    engine = LocalEngine()
    await engine.load(demo())
    yield engine
    await engine.close()


async def written(chat: Conversation) -> tuple[str, Finished]:
    text, finished = "", None
    async for event in chat.reply():
        if isinstance(event, TextDelta):
            text += event.text
        elif isinstance(event, Finished):
            finished = event
    assert finished is not None
    return text, finished


def chat(engine: LocalEngine, person: str) -> Conversation:
    opening = opening_turn(language("en"), PictureView(picture(3)))
    return Conversation(engine, WILD, opening, context_size=8192, person=person)


async def test_a_reply_ends_before_a_line_of_the_persons(engine: LocalEngine) -> None:
    whole, usual = await written(chat(engine, ""))
    lines = [line for line in whole.splitlines()[1:] if ":" in line or "：" in line]
    names = [line.lstrip(" *_").replace("：", ":").partition(":")[0] for line in lines]
    name = next(each for each in names if each.strip() and each == each.strip())
    left, finished = await written(chat(engine, name))
    assert whole.startswith(left) and len(left) < len(whole)
    assert whole[len(left) :].lstrip(" \n*_").startswith(name)
    assert finished.finish == "end_of_turn"
    assert finished.new_tokens < usual.new_tokens
    # The engine is free again, and goes on behind what was left.
    again = chat(engine, name)
    again.hear(left)
    again.say("Go on.")
    assert (await written(again))[1].new_tokens > 0
