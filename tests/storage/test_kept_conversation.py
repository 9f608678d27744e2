"""A chat with the real engine, kept as it is held."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from helpers.engine_driver import ENDLESS, GREEDY, PICTURE_SIZE, demo, picture
from refsheet_tui.chats import Conversation
from refsheet_tui.chats.kept import KeptConversation, Shown
from refsheet_tui.chats.library import Library
from refsheet_tui.chats.reminders import Reminders
from refsheet_tui.engine import Event, GenerationSettings, LocalEngine, ModelInfo, TextDelta, Vision
from refsheet_tui.errors import EngineDiedError, EngineError, StorageError
from refsheet_tui.paths import samples_dir
from refsheet_tui.pictures import PictureView, view
from refsheet_tui.prompting import Prompt, language, opening_turn

SEEN = PictureView(picture(3))
VISION = Vision(ModelInfo("demo", True, 8192, PICTURE_SIZE, 16, "CPU"), pan_and_scan=False)


@pytest.fixture
async def engine() -> AsyncIterator[LocalEngine]:
    engine = LocalEngine()
    await engine.load(demo())
    yield engine
    await engine.close()


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path)


def held(
    engine: LocalEngine,
    library: Library,
    chat: int,
    settings: GenerationSettings = GREEDY,
    reminders: Reminders | None = None,
) -> KeptConversation:
    opening = opening_turn(language("en"), SEEN)
    conversation = Conversation(engine, settings, opening, context_size=8192, reminders=reminders)
    return KeptConversation(conversation, library.tree, chat, vision=VISION)


async def written(chat: KeptConversation) -> str:
    text = ""
    async with aclosing(chat.reply()) as events:
        async for event in events:
            text += event.text if isinstance(event, TextDelta) else ""
    return text


async def test_a_chat_goes_on_where_it_was(engine: LocalEngine, library: Library) -> None:
    number = library.chats.begin(None).id
    chat = held(engine, library, number)
    greeting = await written(chat)
    chat.say("What color are your eyes?")
    answer = await written(chat)
    assert [message.text for message in chat.path] == [
        greeting,
        "What color are your eyes?",
        answer,
    ]
    assert [message.finish for message in chat.path][1:] == [None, "end_of_turn"]
    again = held(engine, library, number)
    again.open(library.chats.get(number).leaf)
    assert again.path == chat.path
    assert again.conversation.turns == chat.conversation.turns


async def test_another_reply_that_never_came_leaves_the_last_one(
    engine: LocalEngine, library: Library
) -> None:
    chat = held(engine, library, library.chats.begin(None).id)
    await written(chat)
    chat.say("What are you?")
    await written(chat)
    before = chat.path
    async with aclosing(chat.another()) as events:
        assert not isinstance(await anext(events), TextDelta)
    assert chat.path == before
    async with aclosing(chat.another()) as events:
        async for _ in events:
            pass
    assert chat.path[:-1] == before[:-1] and chat.path[-1].id > before[-1].id
    assert chat.place(chat.path[-1]) == (2, 2)


async def test_a_reply_that_nobody_waits_for_was_stopped_and_not_cut_off(
    engine: LocalEngine, library: Library
) -> None:
    chat = held(engine, library, library.chats.begin(None).id, ENDLESS)
    async with aclosing(chat.reply()) as events:
        async for event in events:
            if isinstance(event, TextDelta) and event.text.strip():
                break
    (said,) = chat.path
    assert said.finish == "cancelled" and said.is_unfinished and not said.was_cut_off


class DeadEngine(LocalEngine):
    """Can't write any more."""

    async def generate(
        self, prompt: Prompt, settings: GenerationSettings
    ) -> AsyncGenerator[Event, None]:
        raise EngineError("It is dead.", "Start another one.")
        yield


async def test_what_fails_before_its_first_word_changes_nothing(library: Library) -> None:
    number = library.chats.begin(None).id
    tree = library.tree
    greeting = tree.add(number, None, "model", "Hi.", finish="end_of_turn")
    question = tree.add(number, greeting.id, "user", "Well?")
    tree.add(number, question.id, "model", "Hm.", finish="end_of_turn")
    chat = held(DeadEngine(), library, number)
    chat.open(greeting.id)
    for replies in (chat.another, chat.go_on):
        with pytest.raises(EngineError):
            await anext(replies())
        assert chat.path == (greeting,), "neither another end nor another way"
    chat.open(library.chats.get(number).leaf)
    before = chat.path

    def full(*_: object, **__: object) -> None:
        raise StorageError("There is no room.", "Make some.")

    tree.add = full  # type: ignore[method-assign,assignment]
    with pytest.raises(StorageError):
        chat.edit(question, "What?")
    assert chat.path == before


async def test_what_the_character_was_told_beside_it_is_kept_where_it_was(
    engine: LocalEngine, library: Library
) -> None:
    """So nothing is read again when the note changes, or when the chat is opened."""
    number = library.chats.begin(None).id
    chat = held(engine, library, number, reminders=Reminders("Be brief."))
    chat.hear("Hello!")
    first = chat.say("Hi")
    chat.hear("Hm.")
    chat.conversation.set_note("Be loud.")
    second = chat.say("Hm?")
    assert (first.asides, second.asides) == (("Be brief.",), ("Be loud.",))
    again = held(engine, library, number)
    again.open(library.chats.get(number).leaf)
    assert await again.prompt() == await chat.prompt()
    assert "[Be brief.]" in str(await again.prompt())
    changed = again.edit(again.path[1], "Hello, hello")
    assert changed.asides == (), "no note holds now"


async def test_what_is_said_is_on_the_disk_before_it_is_answered(
    engine: LocalEngine, library: Library, tmp_path: Path
) -> None:
    number = library.chats.begin(None).id
    held(engine, library, number).say("Hello")
    other = Library.open(tmp_path)
    assert [message.text for message in other.tree.path(other.chats.get(number).leaf or 0)] == [
        "Hello"
    ]


async def test_a_reply_is_on_the_disk_while_it_streams(
    engine: LocalEngine, library: Library, tmp_path: Path
) -> None:
    """At least every second; the clock is played."""
    number = library.chats.begin(None).id
    now = [100.0]
    opening = opening_turn(language("en"), SEEN)
    conversation = Conversation(engine, ENDLESS, opening, context_size=8192)
    chat = KeptConversation(conversation, library.tree, number, vision=VISION, clock=lambda: now[0])
    other = Library.open(tmp_path)
    text = ""
    async with aclosing(chat.reply()) as events:
        async for event in events:
            if not isinstance(event, TextDelta):
                continue
            text += event.text
            leaf = other.chats.get(number).leaf
            if leaf is not None and now[0] > 105:
                kept = other.tree.get(leaf)
                assert kept.finish == "open" and kept.is_unfinished
                assert len(text) - len(kept.text) < 200
                break
            now[0] += 0.4
    assert chat.path[-1].text == text


async def test_a_reply_of_a_dying_engine_is_kept_as_far_as_it_came(
    engine: LocalEngine, library: Library
) -> None:
    number = library.chats.begin(None).id
    chat = held(engine, library, number, ENDLESS)
    text = ""
    with pytest.raises(EngineDiedError):
        async for event in chat.reply():
            text += event.text if isinstance(event, TextDelta) else ""
            if len(text) > 50 and engine.pid is not None:
                os.kill(engine.pid, signal.SIGKILL)
    assert chat.path[-1].text.startswith(text[:50])
    assert chat.path[-1].is_unfinished


async def test_a_stopped_reply_says_that_it_was_stopped(
    engine: LocalEngine, library: Library
) -> None:
    chat = held(engine, library, library.chats.begin(None).id, ENDLESS)
    stops = []
    async for event in chat.reply():
        if isinstance(event, TextDelta):
            stops.append(asyncio.ensure_future(engine.cancel()))
    await asyncio.gather(*stops)
    assert chat.path[-1].finish == "cancelled"


async def test_another_reply_is_beside_the_first(engine: LocalEngine, library: Library) -> None:
    chat = held(engine, library, library.chats.begin(None).id)
    await written(chat)
    first = chat.path[-1]
    chat.forget_reply()
    assert not chat.path
    await written(chat)
    assert library.tree.siblings(first) == (first.id, chat.path[-1].id)
    chat.go_to(first)
    assert chat.path == (first,)


async def test_what_was_said_can_be_said_otherwise(engine: LocalEngine, library: Library) -> None:
    chat = held(engine, library, library.chats.begin(None).id)
    await written(chat)
    question = chat.say("Who are you?")
    await written(chat)
    chat.edit(question, "What are you?")
    assert [message.text for message in chat.path][1:] == ["What are you?"]
    await written(chat)
    changed = chat.edit(chat.path[-1], "A dragon, of course.")
    assert chat.conversation.turns[-1].content == ("A dragon, of course.",)
    chat.delete(changed)
    assert chat.undelete()
    assert chat.path[-1].text == changed.text


async def test_pictures_are_seen_again(engine: LocalEngine, library: Library) -> None:
    number = library.chats.begin(None).id
    chat = held(engine, library, number)
    await written(chat)
    path = samples_dir() / "miso.png"
    chat.say("Look!", [Shown(path, view(path, 224, False))])
    again = held(engine, library, number)
    again.open(chat.path[-1].id)
    assert again.conversation.turns == chat.conversation.turns


async def test_a_picture_that_is_gone_leaves_the_words(
    engine: LocalEngine, library: Library
) -> None:
    number = library.chats.begin(None).id
    chat = held(engine, library, number)
    await written(chat)
    path = samples_dir() / "miso.png"
    said = chat.say("Look!", [Shown(path, view(path, 224, False))])
    library.tree.picture(said.pictures[0]).unlink()
    chat.open(said.id)
    assert chat.turns[-1].content == ("Look!",)


async def test_a_reply_that_was_cut_off_goes_on_as_if_it_had_not_been(
    engine: LocalEngine, library: Library
) -> None:
    long = GenerationSettings(max_new_tokens=200, sample=False)
    whole = await written(held(engine, library, library.chats.begin(None).id, long))
    number = library.chats.begin(None).id
    few = GenerationSettings(max_new_tokens=6, sample=False)
    begun = await written(held(engine, library, number, few))
    assert whole.startswith(begun) and len(begun) < len(whole)
    again = held(engine, library, number, long)
    again.open(library.chats.get(number).leaf)
    assert again.path[-1].is_unfinished
    async with aclosing(again.go_on()) as events:
        async for _ in events:
            pass
    (message,) = again.path
    assert message.text == whole and not message.is_unfinished
    assert library.tree.get(message.id) == message
    assert again.turns[-1].content == (whole,)
