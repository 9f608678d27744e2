"""Characters and their chats with a text-only model: the demo without its projector."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from helpers.engine_driver import GREEDY, demo
from helpers.library import add_ember
from refsheet_tui.characters.library import KeptCharacter
from refsheet_tui.chats import Conversation
from refsheet_tui.chats.kept import KeptConversation
from refsheet_tui.chats.library import Library
from refsheet_tui.engine import Finished, LocalEngine, ModelInfo, Reading, TextDelta, Vision
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
    engine: LocalEngine, info: ModelInfo, library: Library, kept: KeptCharacter
) -> KeptConversation:
    """The last chat with a character as the loaded model knows it, or a new one."""
    vision = Vision(info, pan_and_scan=True)
    character = library.characters.speaking(kept)
    conversation = Conversation.with_character(engine, GREEDY, character, vision, character.note)
    chat, *_ = library.chats.latest(character=kept.id) or [library.chats.begin(kept.version)]
    held = KeptConversation(conversation, library.tree, chat.id, vision=vision)
    held.open(library.chats.get(chat.id).leaf)
    return held


async def reply(chat: KeptConversation) -> Finished:
    async with aclosing(chat.reply()) as events:
        (finished,) = [event async for event in events if isinstance(event, Finished)]
    return finished


def texts(prompt: Prompt) -> str:
    return "".join(part.text for part in prompt.parts if isinstance(part, TextPart))


def pictures(turns: tuple[Turn, ...]) -> int:
    return sum(isinstance(item, PictureView) for turn in turns for item in turn.content)


async def test_everything_but_pictures_is_told(engine: LocalEngine, library: Library) -> None:
    info = await engine.load(TEXT_ONLY)
    kept = library.characters.add(
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
    assert chat.path[0].text.strip()


async def test_nothing_is_read_twice(engine: LocalEngine, library: Library) -> None:
    info = await engine.load(TEXT_ONLY)
    kept = add_ember(library, description="A brave little dragon.")
    await engine.prewarm(opening_prefix(language("en"), None))
    chat = talk(engine, info, library, kept)
    first = await reply(chat)
    ahead = opening_prefix(language("en"), None)
    assert first.reused_tokens == sum(part.positions for part in await engine.tokenize(ahead))
    chat.say("What are you?")
    second = await reply(chat)
    assert second.reused_tokens >= first.prompt_tokens
    again = talk(engine, info, library, kept)
    again.say("And what do you like?")
    third = await reply(again)
    assert third.reused_tokens >= second.prompt_tokens


@pytest.mark.parametrize("begun", [True, False])
async def test_a_chat_goes_on_with_the_other_kind_of_model(
    engine: LocalEngine, library: Library, begun: bool
) -> None:
    """`begun`: with the vision model."""
    kept = add_ember(library, description="A brave little dragon.")
    info = await engine.load(SEES if begun else TEXT_ONLY)
    chat = talk(engine, info, library, kept)
    await reply(chat)
    chat.say("What are you?")
    await reply(chat)
    before = chat.path
    info = await engine.load(TEXT_ONLY if begun else SEES)
    chat = talk(engine, info, library, kept)
    assert chat.path == before
    assert bool(pictures(chat.turns)) is not begun
    chat.say("And what do you like?")
    assert (await reply(chat)).new_tokens
    assert [message.text for message in chat.path[:3]] == [message.text for message in before]


async def test_pictures_of_a_chat_stay_in_it(engine: LocalEngine, library: Library) -> None:
    kept = add_ember(library, description="A brave little dragon.")
    chat = talk(engine, await engine.load(SEES), library, kept)
    await reply(chat)
    chat.say("Look!", [chat.shown(MISO)])
    await reply(chat)
    info = await engine.load(TEXT_ONLY)
    chat = talk(engine, info, library, kept)
    assert not pictures(chat.turns)
    assert chat.turns[2].content == ("Look!",)
    (before,) = chat.path[1].pictures
    edited = chat.edit(chat.path[1], "Who is this?")
    assert edited.pictures == (before,), "the picture goes with what is said in its place"
    assert (await reply(chat)).new_tokens
    chat = talk(engine, await engine.load(SEES), library, kept)
    assert pictures(chat.turns[2:3]) == 1
    library.tree.picture(before).unlink()
    chat = talk(engine, await engine.load(TEXT_ONLY), library, kept)
    assert chat.edit(chat.path[1], "Who was this?").pictures == (), "it is gone"


async def test_a_picture_is_not_sent_without_being_seen(
    engine: LocalEngine, library: Library
) -> None:
    info = await engine.load(TEXT_ONLY)
    chat = talk(engine, info, library, add_ember(library, description="A dragon."))
    with pytest.raises(EngineError, match="text-only and can't see pictures"):
        chat.shown(MISO)


async def test_a_character_that_nobody_described_is_not_made_up(
    engine: LocalEngine, library: Library
) -> None:
    info = await engine.load(TEXT_ONLY)
    kept = add_ember(library, person="Jane")
    chat = talk(engine, info, library, kept)
    with pytest.raises(UsageError, match="Add a description or choose a vision model"):
        await reply(chat)
    chat.say("Hi")
    with pytest.raises(UsageError, match="only a picture"):
        await reply(chat)
    assert [message.text for message in chat.path] == ["Hi"]


async def test_what_a_character_has_said_says_who_it_is(
    engine: LocalEngine, library: Library
) -> None:
    """Its greeting, and what it said while a model saw it; another one can't be made up."""
    info = await engine.load(TEXT_ONLY)
    chat = talk(engine, info, library, add_ember(library, greeting="Roar! I am Ember."))
    chat.greet(("Roar! I am Ember.",))
    chat.say("Hi")
    await reply(chat)
    assert chat.ends_with_reply
    chat.open(chat.path[0].id)
    with pytest.raises(UsageError, match="only a picture"):
        async with aclosing(chat.another()) as events:
            assert not [event async for event in events if isinstance(event, Reading | TextDelta)]
    assert [message.text for message in chat.path] == ["Roar! I am Ember."]
    async with aclosing(chat.go_on()) as events:
        assert any([isinstance(event, Finished) async for event in events])
    assert chat.path[0].text.startswith("Roar! I am Ember.")


async def test_the_oldest_turns_leave_and_who_it_is_stays(
    engine: LocalEngine, library: Library
) -> None:
    info = await engine.load(demo(512, sees=False))
    chat = talk(engine, info, library, add_ember(library, description="A brave little dragon."))
    await reply(chat)
    for number in range(12):
        chat.say(f"Say something about kites, number {number}.")
        await reply(chat)
    assert await chat.oldest_seen() is not None
    chat.say("And now?")
    prompt = texts(await chat.prompt())
    assert prompt.startswith("user\nYou are the following character")
    assert "A brave little dragon." in prompt and "number 0." not in prompt
