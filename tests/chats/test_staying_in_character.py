"""Replies of the real engine in which it begins to speak for the user."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from helpers.conversations import demo_vision, unsaved_branch
from helpers.engine_driver import demo, picture
from refsheet_tui.chats import Conversation
from refsheet_tui.engine import GenerationSettings, LocalEngine, ReplyFinished, TextDelta
from refsheet_tui.pictures import PictureView
from refsheet_tui.prompting import language, opening_turn

# The temperature is so high that all tokens are equally likely, including line breaks.
WILD = GenerationSettings(
    max_new_tokens=3000, temperature=1e6, top_k=0, top_p=1.0, min_p=0.0, seed=2741
)


@pytest.fixture
async def engine() -> AsyncIterator[LocalEngine]:
    engine = LocalEngine()
    await engine.load(demo())
    yield engine
    await engine.close()


async def write_reply(chat: Conversation) -> tuple[str, ReplyFinished]:
    text, finished = "", None
    async for event in chat.reply():
        if isinstance(event, TextDelta):
            text += event.text
        elif isinstance(event, ReplyFinished):
            finished = event
    assert finished is not None
    return text, finished


def chat(engine: LocalEngine, user_name: str) -> Conversation:
    opening = opening_turn(language("en"), PictureView(picture(3)))
    branch = unsaved_branch()
    return Conversation(engine, WILD, demo_vision(), branch, opening, user_name=user_name)


async def test_a_reply_ends_before_a_line_of_the_persons(engine: LocalEngine) -> None:
    whole, usual = await write_reply(chat(engine, ""))
    lines = [line for line in whole.splitlines()[1:] if ":" in line or "：" in line]
    names = [line.lstrip(" *_").replace("：", ":").partition(":")[0] for line in lines]
    name = next(each for each in names if each.strip() and each == each.strip())
    left, finished = await write_reply(chat(engine, name))
    assert whole.startswith(left) and len(left) < len(whole)
    assert whole[len(left) :].lstrip(" \n*_").startswith(name)
    assert finished.reason == "end_of_turn"
    assert finished.new_tokens < usual.new_tokens
    # The engine is free again, and can continue after the text that stayed.
    again = chat(engine, name)
    again.branch.add_reply(left)
    again.add_user_message("Go on.")
    assert (await write_reply(again))[1].new_tokens > 0
