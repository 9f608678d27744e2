"""Chats with characters and a text-only model, which is the demo without its projector."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from helpers.engine_driver import GREEDY, demo
from helpers.library import add_ember
from refsheet_tui.characters.character_store import SavedCharacter
from refsheet_tui.chats import Branch, Conversation, open_conversation
from refsheet_tui.chats.library import Library
from refsheet_tui.engine import (
    LocalEngine,
    ModelInfo,
    PromptProgress,
    ReplyFinished,
    TextDelta,
    Vision,
)
from refsheet_tui.errors import EngineError, UsageError
from refsheet_tui.paths import samples_dir
from refsheet_tui.pictures import PictureView
from refsheet_tui.prompting import Prompt, TextPart, Turn, language, opening_prefix

MISO = samples_dir() / "miso.png"
SEES, TEXT_ONLY = demo(), demo(sees=False)


@pytest.fixture
async def engine() -> AsyncIterator[LocalEngine]:
    engine = LocalEngine()
    yield engine
    await engine.close()


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path)


def talk(
    engine: LocalEngine, info: ModelInfo, library: Library, kept: SavedCharacter
) -> Conversation:
    """Open the last chat with a character, or a new one, for the loaded model."""
    vision = Vision(info, pan_and_scan=True)
    character = library.characters.build_character(kept)
    chat, *_ = library.chats.latest_chats(character=kept.id) or [
        library.chats.create_chat(kept.version)
    ]
    branch = Branch(library.tree, chat.id, library.chats.get_chat(chat.id).leaf)
    return open_conversation(engine, GREEDY, vision, branch, character)


async def reply(chat: Conversation) -> ReplyFinished:
    async with aclosing(chat.reply()) as events:
        (finished,) = [event async for event in events if isinstance(event, ReplyFinished)]
    return finished


def texts(prompt: Prompt) -> str:
    return "".join(part.text for part in prompt.parts if isinstance(part, TextPart))


def pictures(turns: tuple[Turn, ...]) -> int:
    return sum(isinstance(item, PictureView) for turn in turns for item in turn.content)


async def test_everything_but_pictures_is_told(engine: LocalEngine, library: Library) -> None:
    info = await engine.load(TEXT_ONLY)
    kept = library.characters.add_character(
        add_ember(
            library,
            description="{{char}} is a dragon.",
            person="Jane",
            examples="{{char}}: Roar!",
            card={"personality": "Brave.", "scenario": "At the lighthouse."},
        ).profile,
        [samples_dir() / "ember.png", MISO],
    )
    chat = talk(engine, info, library, kept)
    prompt = await chat.prompt()
    assert not prompt.pictures
    assert texts(prompt) == (
        "user\nYou are the following character, use English. Use a conversational, oral tone. "
        "Start without confirmation.\n"
        "Ember is a dragon.\nBrave.\nAt the lighthouse.\nThe person you talk with is called Jane.\n"
        "How you speak:\nEmber: Roar!\nmodel\n"
    )
    counted = sum(part.positions for part in await engine.tokenize(prompt))
    assert (await reply(chat)).prompt_tokens == counted
    assert chat.branch.path[0].text.strip()


async def test_nothing_is_read_twice(engine: LocalEngine, library: Library) -> None:
    info = await engine.load(TEXT_ONLY)
    kept = add_ember(library, description="A brave little dragon.")
    await engine.prewarm(opening_prefix(language("en"), None))
    chat = talk(engine, info, library, kept)
    first = await reply(chat)
    ahead = opening_prefix(language("en"), None)
    assert first.reused_tokens == sum(part.positions for part in await engine.tokenize(ahead))
    chat.add_user_message("What are you?")
    second = await reply(chat)
    assert second.reused_tokens >= first.prompt_tokens
    again = talk(engine, info, library, kept)
    again.add_user_message("And what do you like?")
    third = await reply(again)
    assert third.reused_tokens >= second.prompt_tokens


@pytest.mark.parametrize("begun", [True, False])
async def test_a_chat_goes_on_with_the_other_kind_of_model(
    engine: LocalEngine, library: Library, begun: bool
) -> None:
    """A chat continues with the other model; `begun` is True if it began with the vision model."""
    kept = add_ember(library, description="A brave little dragon.")
    info = await engine.load(SEES if begun else TEXT_ONLY)
    chat = talk(engine, info, library, kept)
    await reply(chat)
    chat.add_user_message("What are you?")
    await reply(chat)
    before = chat.branch.path
    info = await engine.load(TEXT_ONLY if begun else SEES)
    chat = talk(engine, info, library, kept)
    assert chat.branch.path == before
    assert bool(pictures(chat.turns)) is not begun
    chat.add_user_message("And what do you like?")
    assert (await reply(chat)).new_tokens
    assert [message.text for message in chat.branch.path[:3]] == [
        message.text for message in before
    ]


async def test_pictures_of_a_chat_stay_in_it(engine: LocalEngine, library: Library) -> None:
    kept = add_ember(library, description="A brave little dragon.")
    chat = talk(engine, await engine.load(SEES), library, kept)
    await reply(chat)
    chat.add_user_message("Look!", [chat.open_picture(MISO)])
    await reply(chat)
    info = await engine.load(TEXT_ONLY)
    chat = talk(engine, info, library, kept)
    assert not pictures(chat.turns)
    assert chat.turns[2].content == ("Look!",)
    (before,) = chat.branch.path[1].pictures
    edited = chat.edit(chat.branch.path[1], "Who is this?")
    assert edited.pictures == (before,), "the picture goes with what is said in its place"
    assert (await reply(chat)).new_tokens
    chat = talk(engine, await engine.load(SEES), library, kept)
    assert pictures(chat.turns[2:3]) == 1
    library.tree.picture_path(before).unlink()
    chat = talk(engine, await engine.load(TEXT_ONLY), library, kept)
    assert chat.edit(chat.branch.path[1], "Who was this?").pictures == (), "it is gone"


async def test_a_picture_is_not_sent_without_being_seen(
    engine: LocalEngine, library: Library
) -> None:
    info = await engine.load(TEXT_ONLY)
    chat = talk(engine, info, library, add_ember(library, description="A dragon."))
    with pytest.raises(EngineError, match="text-only and can't see pictures"):
        chat.open_picture(MISO)


async def test_a_character_that_nobody_described_is_not_made_up(
    engine: LocalEngine, library: Library
) -> None:
    info = await engine.load(TEXT_ONLY)
    kept = add_ember(library, person="Jane")
    chat = talk(engine, info, library, kept)
    with pytest.raises(UsageError, match="Add a description, or choose a vision model"):
        await reply(chat)
    chat.add_user_message("Hi")
    with pytest.raises(UsageError, match="This character only has a picture"):
        await reply(chat)
    assert [message.text for message in chat.branch.path] == ["Hi"]


async def test_what_a_character_has_said_says_who_it_is(
    engine: LocalEngine, library: Library
) -> None:
    """A greeting or an earlier reply is enough for a text-only model to know the character."""
    info = await engine.load(TEXT_ONLY)
    chat = talk(engine, info, library, add_ember(library, greeting="Roar! I am Ember."))
    chat.branch.add_greetings(("Roar! I am Ember.",))
    chat.add_user_message("Hi")
    await reply(chat)
    assert chat.branch.ends_with_reply
    chat.branch.move_to(chat.branch.path[0].id)
    with pytest.raises(UsageError, match="This character only has a picture"):
        async with aclosing(chat.reply("regenerate")) as events:
            assert not [
                event async for event in events if isinstance(event, PromptProgress | TextDelta)
            ]
    assert [message.text for message in chat.branch.path] == ["Roar! I am Ember."]
    async with aclosing(chat.reply("continue")) as events:
        assert any([isinstance(event, ReplyFinished) async for event in events])
    assert chat.branch.path[0].text.startswith("Roar! I am Ember.")


async def test_the_oldest_turns_leave_and_who_it_is_stays(
    engine: LocalEngine, library: Library
) -> None:
    info = await engine.load(demo(512, sees=False))
    chat = talk(engine, info, library, add_ember(library, description="A brave little dragon."))
    await reply(chat)
    for number in range(12):
        chat.add_user_message(f"Say something about kites, number {number}.")
        await reply(chat)
    assert await chat.oldest_visible() is not None
    chat.add_user_message("And now?")
    prompt = texts(await chat.prompt())
    assert prompt.startswith("user\nYou are the following character")
    assert "A brave little dragon." in prompt and "number 0." not in prompt
